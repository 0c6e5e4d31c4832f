"""Restrict what a process and its children may do, with Landlock and seccomp (Linux).

Landlock (5.13 and later) restricts which files may be opened. The C library has no wrapper, so its
three system calls are made directly; their numbers are the same on every architecture. See
``landlock(7)`` and the kernel's ``landlock.h``.

The seccomp filter refuses what Landlock does not cover: sockets of every family, other programs,
signals to and memory of other processes, owners and modes of files, and parts of the kernel that
reading documents does not need. It is a list of refused calls, so that a new version of Python or
of a library does not fail because of an unforeseen call.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import stat
import struct
import sys
from collections.abc import Iterable, Iterator
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


def landlock_version() -> int:
    """Return the version of Landlock in this kernel, 0 where it is missing or disabled."""
    return max(0, _call(_CREATE_RULESET, None, 0, _GET_VERSION_FLAG))


def restrict_files(rules: Iterable[_Rule]) -> int:
    """Permanently deny this process all access to files except what the rules grant.

    TCP, and signals and abstract sockets to processes outside, are denied as well where the kernel
    supports it. Only the calling thread and the threads and processes that it starts afterwards
    are restricted, so it must be called before other threads exist.

    Args:
        rules: paths with the rights to everything beneath them; missing paths are skipped.

    Returns:
        The version of Landlock in force, 0 for none.

    Example:
        ``restrict_files([([Path("/usr/lib")], READ), ([Path("/tmp/x")], READ | WRITE)])`` -> ``7``
    """
    supported = landlock_version()
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


# -- system calls ----------------------------------------------------------------------------------

# Arguments of prctl(2).
_SET_SECCOMP, _FILTER = 22, 2
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FIRST_X32_CALL = 0x40000000
_CLONE_THREAD = 0x00010000

# Instructions of the kernel's filter machine (BPF), offsets of the data about a call, and results.
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT = 0x15, 0x35, 0x45
_CALL_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_ALLOW_CALL = 0x7FFF0000
_REFUSE_CALL = 0x00050000

_ABSENT = -1
_ALWAYS_REFUSED = {
    # name: number on x86_64, on aarch64
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "process_madvise": (440, 440), "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "setsid": (112, 157), "setpgid": (109, 154),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "quotactl": (179, 60), "acct": (163, 89), "syslog": (103, 116),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162),
    "shmget": (29, 194), "shmat": (30, 196), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "chown": (92, _ABSENT), "lchown": (94, _ABSENT), "fchown": (93, 55), "fchownat": (260, 54),
    "truncate": (76, 45),
}  # fmt: skip
"""Calls that are always refused."""
_REFUSED_WITHOUT_PROGRAMS = {
    "bind": (49, 200), "connect": (42, 203),
    "chmod": (90, _ABSENT), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, _ABSENT), "vfork": (58, _ABSENT),
    "fchmod": (91, 52), "utime": (132, _ABSENT), "utimes": (235, _ABSENT),
    "futimesat": (261, _ABSENT), "utimensat": (280, 88),
}  # fmt: skip
"""Calls that are refused besides when no other program may be started."""
_SOCKET, _CONNECT = (41, 198), (42, 203)
_PRETENDED_TO_SUCCEED = {
    "bind": (49, 200), "listen": (50, 201),
    "chmod": (90, _ABSENT), "fchmodat": (268, 53), "fchmodat2": (452, 452),
}  # fmt: skip
"""Calls that LibreOffice requires: they do nothing and report success."""
_UNIX, _STREAM, _TYPE_MASK = 1, 1, 0xF
_CLONE, _CLONE3 = (56, 220), (435, 435)
_SIGNAL_CALLS = {"kill": (62, 129), "tgkill": (234, 131)}
"""Calls that send signals, allowed only to the process itself, as ``abort`` does."""
_PRLIMIT = (302, 261)
"""``prlimit64``, allowed only for the process itself (0)."""


def restrict_calls(programs: bool) -> bool:
    """Install the filter in this process permanently, and return whether that was possible.

    ``PR_SET_NO_NEW_PRIVS`` must have been set. Only the calling thread and the threads and
    processes that it starts afterwards are restricted.

    Args:
        programs: whether other programs may be started, and signals sent to them.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES or sys.maxsize < 1 << 32:
        return False
    code = b"".join(_program(_ARCHITECTURES[machine], machine == "aarch64", programs))
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    program = Program(len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    return bool(
        libc.prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program), zero, zero) == 0
    )


def _program(architecture: int, column: int, programs: bool) -> Iterator[bytes]:
    """Yield the instructions of the filter.

    Args:
        architecture: the kernel's constant for the architecture (``AUDIT_ARCH_*``).
        column: index of the architecture in the tables of call numbers.
        programs: see :func:`restrict_calls`.
    """
    yield _instruction(_LOAD, _ARCHITECTURE)
    yield _instruction(_IF_EQUAL, architecture, 1, 0)
    yield _refuse(errno.EPERM)  # calls of another architecture, such as 32-bit calls
    yield _instruction(_LOAD, _CALL_NUMBER)
    yield _instruction(_IF_AT_LEAST, _FIRST_X32_CALL, 0, 1)
    yield _refuse(errno.ENOSYS)
    calls = [*_ALWAYS_REFUSED.values(), *(() if programs else _REFUSED_WITHOUT_PROGRAMS.values())]
    for numbers in calls:
        if numbers[column] != _ABSENT:
            yield _instruction(_IF_EQUAL, numbers[column], 0, 1)
            yield _refuse(errno.EPERM)
    if programs:
        # LibreOffice does not start unless it can listen for other instances on a socket in /tmp:
        # it may create Unix stream sockets, and bind and listen report success without effect.
        yield _instruction(_IF_EQUAL, _CONNECT[column], 0, 1)
        yield _refuse(errno.ECONNREFUSED)
        for numbers in _PRETENDED_TO_SUCCEED.values():
            if numbers[column] != _ABSENT:
                yield _instruction(_IF_EQUAL, numbers[column], 0, 1)
                yield _refuse(0)
        yield _instruction(_IF_EQUAL, _SOCKET[column], 0, 6)
        yield _instruction(_LOAD, _FIRST_ARGUMENT)
        yield _instruction(_IF_EQUAL, _UNIX, 0, 3)
        yield _instruction(_LOAD, _SECOND_ARGUMENT)
        yield _instruction(_AND, _TYPE_MASK)
        yield _instruction(_IF_EQUAL, _STREAM, 1, 0)
        yield _refuse(errno.EPERM)
        yield _instruction(_LOAD, _CALL_NUMBER)
    else:
        yield _instruction(_IF_EQUAL, _SOCKET[column], 0, 1)
        yield _refuse(errno.EPERM)
        # A filter cannot read the flags of clone3; without it the C library uses clone.
        yield _instruction(_IF_EQUAL, _CLONE3[column], 0, 1)
        yield _refuse(errno.ENOSYS)
        yield from _refuse_unless(_CLONE[column], _instruction(_IF_ANY_BIT, _CLONE_THREAD, 1, 0))
        for numbers in _SIGNAL_CALLS.values():
            yield from _refuse_unless(numbers[column], _instruction(_IF_EQUAL, os.getpid(), 1, 0))
        yield from _refuse_unless(_PRLIMIT[column], _instruction(_IF_EQUAL, 0, 1, 0))
    yield _instruction(_RETURN, _ALLOW_CALL)


def _refuse_unless(number: int, check: bytes) -> Iterator[bytes]:
    """Yield instructions that refuse a call unless its first argument passes a check.

    Args:
        number: the number of the call.
        check: an instruction that skips the next one if the check passes.
    """
    yield _instruction(_IF_EQUAL, number, 0, 4)
    # The lower half of the argument is loaded, since both architectures are little-endian.
    yield _instruction(_LOAD, _FIRST_ARGUMENT)
    yield check
    yield _refuse(errno.EPERM)
    yield _instruction(_RETURN, _ALLOW_CALL)


def _refuse(error: int) -> bytes:
    return _instruction(_RETURN, _REFUSE_CALL | error)


def _instruction(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, value)
