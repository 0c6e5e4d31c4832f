"""Restrict which files a process and its children may open, with Landlock (Linux 5.13 and later).

The C library has no wrapper, so the three system calls are made directly. Their numbers are the
same on every architecture. See ``landlock(7)`` and the kernel's ``landlock.h``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << n for n in range(4))
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_RIGHTS_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEV
"""Rights that a rule for a single file may grant; the others apply to the contents of a folder."""
_FIRST_RIGHTS = (1 << 13) - 1
"""Rights over files in the first version of Landlock."""
_LATER_RIGHTS = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
"""Rights over files that later versions added, by version."""
_TCP_RIGHTS = 0b11
_SCOPES = 0b11
_NET_SINCE, _SCOPES_SINCE = 4, 6

READ = READ_FILE | READ_DIR
WRITE = _FIRST_RIGHTS & ~(EXECUTE | READ) | _REFER | _TRUNCATE

_Rule = tuple[Iterable[Path], int]


def version() -> int:
    """Return the version of Landlock in this kernel, 0 where it is missing or disabled."""
    return max(0, _call(_CREATE_RULESET, None, 0, _GET_VERSION_FLAG))


def restrict(rules: Iterable[_Rule]) -> int:
    """Permanently deny this process all access to files except what the rules grant.

    TCP, and signals and abstract sockets to processes outside, are denied as well where the kernel
    supports it. Only the calling thread and the threads and processes that it starts afterwards
    are restricted, so it must be called before other threads exist.

    Args:
        rules: paths with the rights to everything beneath them; missing paths are skipped.

    Returns:
        The version of Landlock in force, 0 for none.

    Example:
        ``restrict([([Path("/usr/lib")], READ), ([Path("/tmp/x")], READ | WRITE)])`` -> ``7``
    """
    supported = version()
    if not supported:
        return 0
    handled = _FIRST_RIGHTS
    for added_in, right in _LATER_RIGHTS.items():
        handled |= right if supported >= added_in else 0
    fields = [handled]
    if supported >= _NET_SINCE:
        fields.append(_TCP_RIGHTS)
    if supported >= _SCOPES_SINCE:
        fields.append(_SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return 0
    try:
        for paths, rights in rules:
            for path in paths:
                _allow(ruleset, path, rights & handled)
        return supported if _call(_RESTRICT_SELF, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Add a rule for a path to a ruleset, unless the path does not exist."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _RIGHTS_OF_FILES
        if rights:
            rule = struct.pack("=Qi", rights, handle)
            _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(handle)


def _call(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call; return its result, or the negative error number."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    as_words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *as_words))
    return result if result >= 0 else -(ctypes.get_errno() or errno.EINVAL)
