"""Confine a process: what it may still do afterwards; this cannot be taken back.

Everything is applied in the child process itself, at its start: before it has a second thread, and
before it is given a byte of any file. What a system does not offer is left out, and
:class:`Confinement` says what is in force.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from . import landlock, seccomp

_SYSTEM = tuple(
    map(
        Path,
        "/lib /lib32 /lib64 /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/share /usr/local/lib"
        " /usr/local/lib64 /usr/local/share /nix/store /gnu/store /etc/ld.so.cache /etc/ld.so.conf"
        " /etc/ld.so.conf.d /etc/localtime /etc/fonts /etc/libreoffice /var/cache/fontconfig"
        " /dev/null /dev/zero /dev/urandom /dev/random".split(),
    )
)
"""What programs and libraries are made of; no one's documents lie there."""
_OF_OFFICE = tuple(
    map(
        Path,
        "/opt /snap /var/lib/libreoffice /etc/locale.alias /etc/passwd /etc/group"
        " /etc/nsswitch.conf /var/spool/libreoffice".split(),
    )
)
_LOADERS = ("lib", "lib64", "usr/lib", "usr/lib64")
_PROGRAM_FOLDERS = ("/bin", "/usr/bin", "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/opt", "/snap")
_SET_PDEATHSIG, _SET_NO_NEW_PRIVS = 1, 38  # of prctl
_MOST_FILES = 512


@dataclass(frozen=True, slots=True)
class Profile:
    """What a child process needs.

    Attributes:
        scratch: the one folder that it may write to.
        readable: folders and files that it may read, besides the system's libraries.
        memory_bytes: data that it may have in memory.
        file_bytes: size of the largest file that it may write.
        program: another program that it may start, ``None`` for none.
    """

    scratch: Path
    readable: tuple[Path, ...] = ()
    memory_bytes: int = 2 << 30
    file_bytes: int = 64 << 20
    program: Path | None = None


@dataclass(frozen=True, slots=True)
class Confinement:
    """What is in force in a process.

    Attributes:
        limits: memory, size of files, open files and core dumps are limited.
        no_new_privs: no program that it starts can get more rights than it has.
        landlock: version of the rules for files, 0 for none; 4 or more refuses TCP as well.
        seccomp: system calls are filtered; no sockets of any kind.
    """

    limits: bool = False
    no_new_privs: bool = False
    landlock: int = 0
    seccomp: bool = False

    def names(self) -> list[str]:
        """Return what is in force by names, such as ``["limits", "landlock-7"]``."""
        named = {
            "limits": self.limits,
            "no-new-privs": self.no_new_privs,
            f"landlock-{self.landlock}": self.landlock,
            "seccomp": self.seccomp,
        }
        return [name for name, there in named.items() if there]


_in_force = Confinement()
"""Of this process; the system does not tell all of it."""


def in_force() -> Confinement:
    """Return what this process is confined by."""
    return _in_force


def confine(profile: Profile) -> Confinement:
    """Confine this process to ``profile`` as far as the system allows, and say how far.

    It has to be the only thread of the process, or others stay as they are.
    """
    global _in_force
    _in_force = Confinement(limits=_limit(profile))
    with suppress(OSError, AttributeError):  # a C library without these calls
        if end_with_caller():
            privileges = _prctl(_SET_NO_NEW_PRIVS, 1)
            rules = landlock.restrict(_rules(profile)) if privileges else 0
            filtered = privileges and seccomp.restrict(programs=profile.program is not None)
            _in_force = replace(
                _in_force, no_new_privs=privileges, landlock=rules, seccomp=filtered
            )
    return _in_force


def end_with_caller() -> bool:
    """Let this process be ended when its caller ends, however; say whether this is Linux."""
    return sys.platform == "linux" and _prctl(_SET_PDEATHSIG, signal.SIGKILL)


def _rules(profile: Profile) -> Iterable[tuple[Iterable[Path], int]]:
    yield (*_SYSTEM, *profile.readable), landlock.READ
    yield (profile.scratch,), landlock.READ | landlock.WRITE
    yield (Path("/dev/null"),), landlock.WRITE_FILE
    if profile.program:
        yield (*_OF_OFFICE, profile.program.parent), landlock.READ
        yield _executable(profile.program), landlock.EXECUTE | landlock.READ


def _executable(program: Path) -> Iterable[Path]:
    """Return what must be executed to start ``program``: itself and the loader of libraries.

    A script may need any program of the system.
    """
    with suppress(OSError), program.open("rb") as file:
        if file.read(4) == b"\x7fELF":
            loaders = (p for folder in _LOADERS for p in Path("/", folder).glob("ld-*.so*"))
            return (program, *loaders)
    return (program.parent, *map(Path, _PROGRAM_FOLDERS))


def limit_cpu(seconds: float) -> None:
    """Let this process use so much more processor time, where the system can say so.

    Its caller measures the time that passes; this ends a process whose caller is gone.
    """
    with suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        most = int(used.ru_utime + used.ru_stime + seconds) + 1
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _limit(profile: Profile) -> bool:
    try:
        import resource
    except ImportError:  # Windows
        return False
    limits = (
        (resource.RLIMIT_CORE, 0),
        # Data, not address space: libraries map far more than they use.
        (resource.RLIMIT_DATA, profile.memory_bytes),
        (resource.RLIMIT_FSIZE, profile.file_bytes),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
    )
    for which, most in limits:
        with suppress(ValueError, OSError):
            _, hard = resource.getrlimit(which)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (most, most))
    return True


def _prctl(option: int, value: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    rest = (ctypes.c_ulong(0),) * 3
    return bool(libc.prctl(option, ctypes.c_ulong(value), *rest) == 0)
