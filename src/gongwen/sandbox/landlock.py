"""Landlock (Linux 5.13): restrict which files a process and its children may open.

There is no wrapper in the C library, so the three system calls are made directly. They have the
same numbers on every architecture. See ``landlock(7)`` and the kernel's ``landlock.h``.
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
_ASK_FOR_VERSION = 1
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << n for n in range(4))
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEV
"""Rights that a rule for a single file may give; the others are about what is in a folder."""
_FIRST_RIGHTS = (1 << 13) - 1
"""Rights over files that the first version of Landlock knows."""
_LATER_RIGHTS = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
"""Those that came with later versions."""
_BIND_AND_CONNECT_TCP = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
_NET_SINCE, _SCOPES_SINCE = 4, 6

READ = READ_FILE | READ_DIR
WRITE = _FIRST_RIGHTS & ~(EXECUTE | READ) | _REFER | _TRUNCATE

_Rule = tuple[Iterable[Path], int]


def version() -> int:
    """Return the version of Landlock in this kernel, 0 where it has none or it is turned off."""
    return max(0, _call(_CREATE_RULESET, None, 0, _ASK_FOR_VERSION))


def restrict(rules: Iterable[_Rule]) -> int:
    """Take all access to files from this process but what the rules give, for good.

    TCP, and signals and abstract sockets to processes outside, are taken as well where the kernel
    can do that. Only the calling thread is restricted, and what it starts afterwards: call it
    before there are others.

    Args:
        rules: paths with the rights to what is beneath them; those that do not exist are skipped.

    Returns:
        The version that is in force, 0 for none.
    """
    have = version()
    if not have:
        return 0
    handled = _FIRST_RIGHTS
    for since, right in _LATER_RIGHTS.items():
        handled |= right if have >= since else 0
    fields = [handled]
    if have >= _NET_SINCE:
        fields.append(_BIND_AND_CONNECT_TCP)
    if have >= _SCOPES_SINCE:
        fields.append(_ABSTRACT_SOCKETS_AND_SIGNALS)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return 0
    try:
        for paths, rights in rules:
            for path in paths:
                _allow(ruleset, path, rights & handled)
        return have if _call(_RESTRICT_SELF, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_FILES
        if rights:
            rule = struct.pack("=Qi", rights, handle)
            _call(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(handle)


def _call(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call; return what it returns, or minus the number of the error."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    as_words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *as_words))
    return result if result >= 0 else -(ctypes.get_errno() or errno.EINVAL)
