"""What no command may print on standard error, whatever fails: tracebacks, warnings of ours."""

from __future__ import annotations

import re
from pathlib import Path

import gongwen

_OURS = Path(gongwen.__file__).parent
_NOISE = re.compile(r"Traceback|internal error|Exception ignored|Warning:")
_WARNING = re.compile(r"^(?P<file>.+?):\d+: (?P<kind>\w*Warning): .*\n?(?:^  .*\n?)?", re.MULTILINE)
"""A warning as Python prints it, with the line of source below."""
_FORETOLD = ("FutureWarning", "DeprecationWarning", "PendingDeprecationWarning")
"""Of what a package will change one day; says nothing of what went wrong now."""


def noise(err: str) -> str:
    """Return the line of ``err`` that must not be there, ``""`` when there is none.

    Warnings of other packages, and those that only foretell a change of one, may be there: which
    are printed depends on the versions that are installed.
    """
    left = _WARNING.sub(lambda warning: warning[0] if _is_ours(warning) else "", err)
    return next((line for line in left.splitlines() if _NOISE.search(line)), "")


def _is_ours(warning: re.Match[str]) -> bool:
    return warning["kind"] not in _FORETOLD and Path(warning["file"]).is_relative_to(_OURS)
