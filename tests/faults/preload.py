"""The preload library: built with the machine's C compiler, armed through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Action(IntEnum):
    """What happens at a call; the numbers are those of ``shim.c``."""

    nothing = 0
    full = 1  # no space, and none at any later call that needs some
    eio = 2  # this call alone fails
    eacces = 3
    short = 4  # half of it is written, then the disk is full
    kill = 5  # before the call
    torn = 6  # half of it is written, then kill
    interrupt = 7  # Ctrl-C


_DATA = (Action.full, Action.eio, Action.short, Action.kill, Action.torn, Action.interrupt)
_ACTIONS = {
    **dict.fromkeys(("write", "pwrite", "writev", "sendfile", "fwrite"), _DATA),
    **dict.fromkeys(("fsync", "fdatasync"), (Action.eio, Action.full)),
    **dict.fromkeys(("open", "mkdir", "link", "rename"), (Action.full, Action.eacces)),
    **dict.fromkeys(("unlink", "rmdir", "chmod"), (Action.eacces,)),
    **dict.fromkeys(("ftruncate", "fallocate", "fclose"), (Action.full, Action.eio)),
    "mmap": (Action.full,),
    "openread": (Action.eio, Action.eacces),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a command made: its number from 1, its name, and the file."""

    number: int
    name: str
    grows: bool
    path: str

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can happen to it."""
        if self.name == "openread":
            return _ACTIONS[self.name]
        return tuple(dict.fromkeys((*_ACTIONS[self.name], Action.kill, Action.interrupt)))


def unavailable() -> str:
    """Return why calls cannot be made to fail here, ``""`` when they can."""
    if not sys.platform.startswith("linux"):
        return "the preload library is for Linux"
    if not shutil.which("cc"):
        return "there is no C compiler (cc)"
    return ""


def build(folder: Path) -> Path:
    """Build the library in ``folder`` and return its path."""
    built = folder / "faults.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", str(built), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return built


class Faults:
    """The library in this process, which was started with it."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.faults_disarm.restype = ctypes.c_long

    def arm(self, folder: Path, call: int, action: Action, trace: int = -1) -> None:
        """Let ``action`` happen at the call of that number below ``folder``.

        Args:
            folder: calls that concern files below it are counted from now on.
            call: number of the call, 0 for none.
            action: what happens there.
            trace: descriptor that a line on every call is written to.
        """
        arguments = (str(folder).encode(), ctypes.c_long(call), int(action), trace)
        self._library.faults_arm(*arguments)

    def disarm(self) -> int:
        """Let all calls pass; return how many were counted."""
        return int(self._library.faults_disarm())


def read_trace(path: Path) -> list[Call]:
    """Return the calls that were traced to ``path``."""
    calls = []
    for line in path.read_text("utf-8", "replace").splitlines():
        number, name, grows, _, file = line.split("\t", 4)
        calls.append(Call(int(number), name, grows == "1", file))
    return calls
