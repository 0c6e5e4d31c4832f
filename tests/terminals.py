"""Shells in a terminal, as people use them, with a ``gongwen`` that notes how it was called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import wait_until

termios: Any = pytest.importorskip("termios")  # not on Windows
_STARTS = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal that a shell is started in its own, so that it is an interactive one."""
_PROMPT, _MORE = b"ready> ", b"more> "
_PROMPTS = {
    "bash": (".bashrc", "PS1='ready> ' PS2='more> '\n"),
    "zsh": (".zshrc", "PS1='ready> ' PS2='more> '\n"),
    "fish": (".config/fish/config.fish", "function fish_prompt\n    printf 'ready> '\nend\n"),
}
"""File and lines that set the prompt of each shell."""


def shell_path(name: str) -> str:
    """Return where a shell is; the test is skipped where it is not, or there are no terminals."""
    found = shutil.which(name)
    if found is None or os.name == "nt":
        pytest.skip(f"{name} is not installed; apt-get install {name}")
    return found


def noting_program(folder: Path) -> Path:
    """Write a ``gongwen`` that completes as the real one, and else notes its arguments.

    Args:
        folder: made; has the program.

    Returns:
        The file that the arguments are written to, each with a zero byte behind it.
    """
    folder.mkdir(parents=True)
    noted = folder / "noted"
    program = folder / "gongwen"
    program.write_text(
        "#!/bin/sh\n"
        f'if [ -n "$_GONGWEN_COMPLETE" ]; then exec "{sys.executable}" -m gongwen; fi\n'
        f'printf "%s\\0" "$@" > "{noted}.new"\n'
        f'mv "{noted}.new" "{noted}"\n',
        "utf-8",
    )
    program.chmod(0o755)
    return noted


def noted_arguments(noted: Path) -> list[str]:
    """Return the arguments that the program of :func:`noting_program` was called with."""
    return noted.read_text("utf-8").split("\0")[:-1]


class Terminal:
    """A shell that waits for what is typed.

    Args:
        name: bash, zsh or fish.
        folder: an empty folder for the home of the user and the program.
        environment: further environment variables.
        before: is given the environment and sets up the home, before the shell starts.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        environment: dict[str, str],
        before: Callable[[dict[str, str]], None],
    ) -> None:
        path = shell_path(name)
        self.name = name
        self._noted = noting_program(folder / "bin")
        self.home = folder / "home"
        self.home.mkdir()
        self.environment = {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "SHELL": path,
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "GONGWEN_CONFIG": str(folder / "config"),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        } | environment
        before(self.environment)
        startup, prompt = _PROMPTS[name]
        file = self.home / startup
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as opened:
            opened.write(prompt)
        self._shown = bytearray()
        self._controls, terminal = os.openpty()
        termios.tcsetwinsize(terminal, (50, 120))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _STARTS, path, "-i"],
            stdin=terminal, stdout=terminal, stderr=terminal, cwd=self.home, env=self.environment,
        )  # fmt: skip
        os.close(terminal)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        wait_until(lambda: _PROMPT in self._shown)

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self._controls, 1 << 16)
            except OSError:  # the shell has ended
                return
            if not part:
                return
            self._shown += part

    def shown(self, since: int = 0) -> str:
        """Return what the terminal has shown, from a number of bytes on."""
        return bytes(self._shown[since:]).decode("utf-8", "replace")

    def type(self, keys: str) -> int:
        """Send keys, and return how many bytes had been shown before."""
        before = len(self._shown)
        os.write(self._controls, keys.encode())
        return before

    def run(self, keys: str) -> list[str] | str:
        """Type a line and Return.

        Returns:
            The arguments with which the shell called ``gongwen``, or what is shown when it waits
            for a quote that closes.
        """
        self._noted.unlink(missing_ok=True)
        before = self.type(keys + "\r")
        wait_until(lambda: self._noted.exists() or _MORE in self._shown[before:])
        if not self._noted.exists():
            self.cancel()
            return self.shown(before)
        return noted_arguments(self._noted)

    def wait_for(self, since: int, *texts: str) -> None:
        """Wait until all texts have been shown, from a number of bytes on."""
        wait_until(lambda: all(one in self.shown(since) for one in texts))

    def cancel(self) -> None:
        """Give up the line that is typed, and wait for the next prompt."""
        self.wait_for(self.type("\x03"), _PROMPT.decode())

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        os.close(self._controls)
