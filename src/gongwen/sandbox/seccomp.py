"""A seccomp filter (Linux): restrict which system calls a process and its children may make.

Landlock says which files may be opened; this filter takes what Landlock does not cover: sockets of
every family, other programs, signals to and memory of other processes, owners and modes of files,
and parts of the kernel that a reader of documents has no use for. It is a list of what is refused,
so that a new version of Python or of a library does not fail for a call that nobody thought of.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator

_SET_SECCOMP, _FILTER = 22, 2  # of prctl
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FIRST_X32_CALL = 0x40000000
_CLONE_THREAD = 0x00010000

# Instructions of the kernel's filter machine, and where they find what is asked.
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT = 0x15, 0x35, 0x45
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_ALLOWED = 0x7FFF0000
_REFUSED = 0x00050000

_ABSENT = -1
_ALWAYS = {
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
_WITHOUT_PROGRAMS = {
    "bind": (49, 200), "connect": (42, 203),
    "chmod": (90, _ABSENT), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, _ABSENT), "vfork": (58, _ABSENT),
    "fchmod": (91, 52), "utime": (132, _ABSENT), "utimes": (235, _ABSENT),
    "futimesat": (261, _ABSENT), "utimensat": (280, 88),
}  # fmt: skip
"""What is refused besides when no other program is needed."""
_SOCKET, _CONNECT = (41, 198), (42, 203)
_PRETENDED = {
    "bind": (49, 200), "listen": (50, 201),
    "chmod": (90, _ABSENT), "fchmodat": (268, 53), "fchmodat2": (452, 452),
}  # fmt: skip
"""What LibreOffice insists on: it is told that it was done."""
_UNIX, _STREAM, _TYPE_MASK = 1, 1, 0xF
_CLONE, _CLONE3 = (56, 220), (435, 435)
_OF_SELF_ONLY = {"kill": (62, 129), "tgkill": (234, 131)}
"""Signals that a process may send to itself, as ``abort`` does."""
_LIMITS_OF = (302, 261)
"""``prlimit64``, which may speak of this process (0) alone."""


def restrict(programs: bool) -> bool:
    """Refuse calls to this process for good, and say whether that was possible.

    Privileges must have been given up (``PR_SET_NO_NEW_PRIVS``). Only the calling thread is
    restricted, and what it starts afterwards.

    Args:
        programs: other programs may be started, and signals sent to them.
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
    """Yield the instructions of the filter; ``column`` says which numbers the calls have."""
    yield _step(_LOAD, _ARCHITECTURE)
    yield _step(_IF_EQUAL, architecture, 1, 0)
    yield _refuse(errno.EPERM)  # calls of another architecture, as those of 32 bits, are none
    yield _step(_LOAD, _NUMBER)
    yield _step(_IF_AT_LEAST, _FIRST_X32_CALL, 0, 1)
    yield _refuse(errno.ENOSYS)
    calls = [*_ALWAYS.values(), *(() if programs else _WITHOUT_PROGRAMS.values())]
    for numbers in calls:
        if numbers[column] != _ABSENT:
            yield _step(_IF_EQUAL, numbers[column], 0, 1)
            yield _refuse(errno.EPERM)
    if programs:
        # LibreOffice does not start unless it can listen for others of its kind on a socket in
        # /tmp. It is told that it does, and has none.
        yield _step(_IF_EQUAL, _CONNECT[column], 0, 1)
        yield _refuse(errno.ECONNREFUSED)
        for numbers in _PRETENDED.values():
            if numbers[column] != _ABSENT:
                yield _step(_IF_EQUAL, numbers[column], 0, 1)
                yield _refuse(0)
        yield _step(_IF_EQUAL, _SOCKET[column], 0, 6)
        yield _step(_LOAD, _FIRST_ARGUMENT)
        yield _step(_IF_EQUAL, _UNIX, 0, 3)
        yield _step(_LOAD, _SECOND_ARGUMENT)
        yield _step(_AND, _TYPE_MASK)
        yield _step(_IF_EQUAL, _STREAM, 1, 0)
        yield _refuse(errno.EPERM)
        yield _step(_LOAD, _NUMBER)
    else:
        yield _step(_IF_EQUAL, _SOCKET[column], 0, 1)
        yield _refuse(errno.EPERM)
        # The flags of clone3 cannot be seen; without it the C library uses clone.
        yield _step(_IF_EQUAL, _CLONE3[column], 0, 1)
        yield _refuse(errno.ENOSYS)
        yield from _unless(_CLONE[column], _step(_IF_ANY_BIT, _CLONE_THREAD, 1, 0))
        for numbers in _OF_SELF_ONLY.values():
            yield from _unless(numbers[column], _step(_IF_EQUAL, os.getpid(), 1, 0))
        yield from _unless(_LIMITS_OF[column], _step(_IF_EQUAL, 0, 1, 0))
    yield _step(_RETURN, _ALLOWED)


def _unless(number: int, first_argument_is_right: bytes) -> Iterator[bytes]:
    """Refuse a call but when the check of its first argument skips an instruction."""
    yield _step(_IF_EQUAL, number, 0, 4)
    yield _step(_LOAD, _FIRST_ARGUMENT)  # its lower half: both machines are little-endian
    yield first_argument_is_right
    yield _refuse(errno.EPERM)
    yield _step(_RETURN, _ALLOWED)


def _refuse(error: int) -> bytes:
    return _step(_RETURN, _REFUSED | error)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, value)
