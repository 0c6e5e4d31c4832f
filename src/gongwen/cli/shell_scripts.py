"""The scripts that let a shell ask for suggestions, and putting them where the shell finds them.

``gongwen --show-completion zsh`` prints one, ``gongwen --install-completion`` writes it into the
startup file of the shell, between two marks, so that it can be replaced and taken out. The scripts
are ASCII, since Windows PowerShell reads its startup file in the encoding of the system.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ..catalog import _
from ..nlp.atomic_write import make_folder, write_whole
from ..nlp.errors import GongwenError, ReadError, quoted
from .spelling import SHELLS

_BEGIN, _END = "# >>> gongwen completion >>>", "# <<< gongwen completion <<<"
"""What stands around the script in a startup file."""
_BLOCK = re.compile(rb"(?ms)^# >>> gongwen completion >>>.*?^# <<< gongwen completion <<<[^\n]*\n?")
_LARGEST = 10 << 20
"""Bytes of a startup file."""

_BASH = """\
_gongwen_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(_GONGWEN_COMPLETE=complete_bash _GONGWEN_WORDS="${COMP_LINE:0:$COMP_POINT}" \\
        "$1" 2>/dev/null)
}
complete -o bashdefault -o default -F _gongwen_completion gongwen
"""

_ZSH = """\
#compdef gongwen
_gongwen() {
    local -a values shown
    local value about before
    before="${(F)${(@Q)words[1,CURRENT-1]}}"
    while IFS=$'\\t' read -r value about; do
        values+=("$value")
        shown+=("$value${about:+  $about}")
    done < <(_GONGWEN_COMPLETE=complete_zsh _GONGWEN_WORDS="$before" \\
        _GONGWEN_CURRENT="${(Q)PREFIX}" command gongwen 2>/dev/null)
    if (( ${#values} )); then
        compadd -l -d shown -a values
    else
        _files
    fi
}
if (( ! ${+functions[compdef]} )); then
    autoload -Uz compinit && compinit -i
fi
compdef _gongwen gongwen
"""

_FISH = """\
function __gongwen_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -lx _GONGWEN_COMPLETE complete_fish
    set -lx _GONGWEN_WORDS (string join \\n -- $before | string collect)
    set -lx _GONGWEN_CURRENT (string unescape -- "$current"; or echo "$current")
    set -l found (command gongwen 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete --command gongwen --no-files --arguments '(__gongwen_complete)'
"""

_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName gongwen -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
                $_.Value
            } else {
                $_.Extent.Text
            }
        })
    $encoding = [Console]::OutputEncoding
    [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
    $env:_GONGWEN_COMPLETE = 'complete_powershell'
    $env:_GONGWEN_WORDS = $words -join "`n"
    $env:_GONGWEN_CURRENT = $wordToComplete.Trim("'", '"')
    try {
        gongwen 2>$null | ForEach-Object {
            $inserted, $shown, $about = $_ -split "`t", 3
            [System.Management.Automation.CompletionResult]::new(
                $inserted, $shown, 'ParameterValue', $about)
        }
    } finally {
        [Console]::OutputEncoding = $encoding
        Remove-Item -ErrorAction SilentlyContinue -Path `
            'Env:_GONGWEN_COMPLETE', 'Env:_GONGWEN_WORDS', 'Env:_GONGWEN_CURRENT'
    }
}
"""
_SCRIPTS: Mapping[str, str] = {
    "bash": _BASH,
    "zsh": _ZSH,
    "fish": _FISH,
    "powershell": _POWERSHELL,
}


def script(shell: str) -> str:
    """Return the script of a shell.

    Args:
        shell: one of :data:`~gongwen.cli.spelling.SHELLS`.
    """
    return _SCRIPTS[shell]


def this_shell(named: str, environment: Mapping[str, str]) -> str:
    """Return the shell that is named, or that the user has.

    Args:
        named: its name, ``auto`` for the user's own.
        environment: the environment variables, of which ``SHELL`` names it.

    Raises:
        GongwenError: it is none of those that there are scripts for.

    Example:
        >>> this_shell("auto", {"SHELL": "/usr/bin/zsh"}), this_shell("pwsh", {})
        ('zsh', 'powershell')
    """
    found = named
    if named == "auto":
        found = Path(environment.get("SHELL", "")).stem
        if not found and os.name == "nt":
            found = "powershell"
    found = "powershell" if found == "pwsh" else found
    if found in SHELLS:
        return found
    shells = ", ".join(SHELLS)
    if named == "auto":
        raise GongwenError(
            _("which shell is yours is not known; name one of {shells}").format(shells=shells)
        )
    message = _("there is no completion for {shell}; there is one for {shells}")
    raise GongwenError(message.format(shell=quoted(named), shells=shells))


def install(shell: str, environment: Mapping[str, str]) -> Path:
    """Put the script of a shell where it finds it, and return the file.

    Other lines of a startup file stay as they are; an older script is replaced.

    Args:
        shell: one of :data:`~gongwen.cli.spelling.SHELLS`.
        environment: the environment variables.

    Raises:
        GongwenError: PowerShell is not found, or does not say where its startup file is.
        ReadError: the startup file cannot be read.
        WriteError: it cannot be written.
    """
    file = _startup_file(shell, environment)
    with contextlib.suppress(OSError):
        file = file.resolve()  # a link to where a user keeps such files is not replaced
    before = _content(file)
    lines = b"\r\n" if b"\r\n" in before else b"\n"
    block = f"{_BEGIN}\n{script(shell)}{_END}\n".encode("ascii").replace(b"\n", lines)
    if shell == "fish":
        after = block
    elif _BLOCK.search(before):
        after = _BLOCK.sub(lambda _found: block, before, count=1)
    else:
        gap = b"" if not before or before.endswith(b"\n") else lines
        after = before + gap + (lines if before else b"") + block
    make_folder(file.parent)
    write_whole(file, after)
    return file


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except FileNotFoundError:
        return b""
    except OSError as error:
        message = _("{file}: cannot be read ({reason})")
        raise ReadError(message.format(file=file, reason=error.strerror or error)) from None
    if len(content) > _LARGEST:
        raise ReadError(_("{file}: too large for a startup file").format(file=file))
    return content


def _startup_file(shell: str, environment: Mapping[str, str]) -> Path:
    if shell == "powershell":
        return _profile()
    home = Path(environment.get("HOME") or Path.home())
    if shell == "bash":
        return home / ".bashrc"
    if shell == "zsh":
        return Path(environment.get("ZDOTDIR") or home) / ".zshrc"
    config = environment.get("XDG_CONFIG_HOME") or home / ".config"
    return Path(config) / "fish" / "completions" / "gongwen.fish"


def _profile() -> Path:
    """Return the startup file of PowerShell, which alone knows where it is."""
    program = shutil.which("pwsh") or shutil.which("powershell")
    if program is None:
        raise GongwenError(_("PowerShell is not found; is it installed?"))
    ask = "[Console]::OutputEncoding = [Text.Encoding]::UTF8; $PROFILE.CurrentUserAllHosts"
    try:
        done = subprocess.run(
            [program, "-NoProfile", "-NonInteractive", "-Command", ask],
            capture_output=True, check=True, encoding="utf-8", timeout=60,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.SubprocessError):
        done = None
    path = done.stdout.strip().lstrip("\ufeff") if done else ""
    if not path:
        raise GongwenError(
            _("PowerShell does not say where its startup file is; put the script there yourself")
        )
    return Path(path)
