"""Start a Python child process that runs only our code, and restrict it permanently.

The interpreter is isolated (``-I -S``): the current folder, ``PYTHON*`` variables,
``sitecustomize`` and ``.pth`` files have no effect. It receives the absolute paths of the package
that its caller runs and of the packages that it needs.

The restrictions are applied by the child process itself when it starts: before it has a second
thread, and before it receives a byte of any file. Restrictions that a system does not support are
skipped; :class:`Confinement` records those in force.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..checkout import folders
from . import linux

_SYSTEM_PATHS = tuple(
    map(
        Path,
        "/lib /lib32 /lib64 /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/share /usr/local/lib"
        " /usr/local/lib64 /usr/local/share /nix/store /gnu/store /etc/ld.so.cache /etc/ld.so.conf"
        " /etc/ld.so.conf.d /etc/localtime /etc/fonts /etc/libreoffice /var/cache/fontconfig"
        " /dev/null /dev/zero /dev/urandom /dev/random".split(),
    )
)
"""Paths with programs, libraries and their data, and no documents of users."""
_OFFICE_PATHS = tuple(
    map(
        Path,
        "/opt /snap /var/lib/libreoffice /etc/locale.alias /etc/passwd /etc/group"
        " /etc/nsswitch.conf /var/spool/libreoffice".split(),
    )
)
"""Paths that LibreOffice reads besides."""
_LOADER_FOLDERS = ("lib", "lib64", "usr/lib", "usr/lib64")
_PROGRAM_FOLDERS = ("/bin", "/usr/bin", "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/opt", "/snap")
# Options of prctl(2).
_SET_PDEATHSIG, _SET_NO_NEW_PRIVS = 1, 38
_MAX_OPEN_FILES = 512


@dataclass(frozen=True, slots=True)
class Profile:
    """The rights and limits of a child process.

    Attributes:
        scratch: the only folder that it may write to.
        readable: folders and files that it may read, besides the system's libraries.
        memory_bytes: largest size of its data in memory.
        file_bytes: largest size of a file that it may write.
        program: another program that it may start, ``None`` for none.
    """

    scratch: Path
    readable: tuple[Path, ...] = ()
    memory_bytes: int = 2 << 30
    file_bytes: int = 64 << 20
    program: Path | None = None


@dataclass(frozen=True, slots=True)
class Confinement:
    """The restrictions in force in a process.

    Attributes:
        limits: memory, size of files, open files and core dumps are limited.
        no_new_privs: programs that it starts cannot gain more rights than it has.
        landlock: version of Landlock that restricts files, 0 for none; 4 or more also refuses TCP.
        seccomp: system calls are filtered; sockets of every kind are refused.
    """

    limits: bool = False
    no_new_privs: bool = False
    landlock: int = 0
    seccomp: bool = False

    def names(self) -> list[str]:
        """Return the names of the restrictions in force.

        Example:
            >>> Confinement(limits=True, landlock=7).names()
            ['limits', 'landlock-7']
        """
        flags = {
            "limits": self.limits,
            "no-new-privs": self.no_new_privs,
            f"landlock-{self.landlock}": self.landlock,
            "seccomp": self.seccomp,
        }
        return [name for name, there in flags.items() if there]


_in_force = Confinement()
"""The restrictions of this process, recorded since the system does not report all of them."""


def in_force() -> Confinement:
    """Return the restrictions in force in this process."""
    return _in_force


def confine(profile: Profile) -> Confinement:
    """Confine this process to ``profile`` as far as the system allows; return what is in force.

    The process must have only one thread, since other threads would stay unrestricted.
    """
    global _in_force
    _in_force = Confinement(limits=_limit_resources(profile))
    with suppress(OSError, AttributeError):  # a C library without these calls
        if end_with_caller():
            privileges = _prctl(_SET_NO_NEW_PRIVS, 1)
            rules = linux.restrict_files(_rules(profile)) if privileges else 0
            filtered = privileges and linux.restrict_calls(programs=profile.program is not None)
            _in_force = replace(
                _in_force, no_new_privs=privileges, landlock=rules, seccomp=filtered
            )
    return _in_force


def end_with_caller() -> bool:
    """Have this process killed when its parent ends; return whether this is possible (Linux)."""
    return sys.platform == "linux" and _prctl(_SET_PDEATHSIG, signal.SIGKILL)


def _rules(profile: Profile) -> Iterable[tuple[Iterable[Path], int]]:
    """Yield the rules for Landlock: paths, and the rights to everything beneath them."""
    yield (*_SYSTEM_PATHS, *profile.readable), linux.READ
    yield (profile.scratch,), linux.READ | linux.WRITE
    yield (Path("/dev/null"),), linux.WRITE_FILE
    if profile.program:
        yield (*_OFFICE_PATHS, profile.program.parent), linux.READ
        yield _executable_paths(profile.program), linux.EXECUTE | linux.READ


def _executable_paths(program: Path) -> Iterable[Path]:
    """Return the files that must be executable to start ``program``.

    For a binary these are the program and the dynamic loader. A script may need any program of
    the system.
    """
    with suppress(OSError), program.open("rb") as file:
        if file.read(4) == b"\x7fELF":
            loaders = (p for folder in _LOADER_FOLDERS for p in Path("/", folder).glob("ld-*.so*"))
            return (program, *loaders)
    return (program.parent, *map(Path, _PROGRAM_FOLDERS))


def limit_cpu(seconds: float) -> None:
    """Limit the processor time that this process may still use, where the system supports it.

    The caller measures elapsed time; this limit ends a process whose caller is gone.

    Args:
        seconds: processor time from now on; rounded down, and one second added.
    """
    with suppress(ImportError, ValueError, OSError):
        import resource  # late: does not exist on Windows

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        most = int(used.ru_utime + used.ru_stime + seconds) + 1
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _limit_resources(profile: Profile) -> bool:
    """Set the limits on memory and files; return whether the system supports limits."""
    try:
        import resource  # late: does not exist on Windows
    except ImportError:
        return False
    limits = (
        (resource.RLIMIT_CORE, 0),
        # The limit is on data, not address space: libraries map far more memory than they use.
        (resource.RLIMIT_DATA, profile.memory_bytes),
        (resource.RLIMIT_FSIZE, profile.file_bytes),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
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


_PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
_INSTALL_FOLDER_NAMES = ("site-packages", "dist-packages")
"""Names of the folders into which packages are installed, on all systems."""
_BOOTSTRAP = """\
import sys
from importlib.util import module_from_spec, spec_from_file_location
name, package, module, count, *rest = sys.argv[1:]
sys.path += rest[: int(count)]
spec = spec_from_file_location(
    name, package + "/__init__.py", submodule_search_locations=[package]
)
sys.modules[name] = made = module_from_spec(spec)
spec.loader.exec_module(made)
from importlib import import_module
import_module(module).main(*rest[int(count) :])
"""
"""The program of the child: it loads our package by its path and calls ``main`` of a module."""
_KEPT_VARIABLES = ("LANG", "LC_ALL", "LC_CTYPE", "HOME", "XDG_CACHE_HOME", "TZ")
_KEPT_NUMERIC_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    "OPENBLAS_CORETYPE", "MKL_CBWR", "NPY_DISABLE_CPU_FEATURES",
)  # fmt: skip
"""How many threads NumPy uses, and which instructions, so that all processes round alike."""
_KEPT_ON_WINDOWS = ("SYSTEMROOT", "SYSTEMDRIVE", "LOCALAPPDATA", "USERPROFILE")
_KEPT_PATH_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line that calls ``main(*arguments)`` of a module of this package.

    Example:
        ``command("ingest.worker", "/tmp/scratch")`` ->
        ``["/usr/bin/python3", "-I", "-S", ..., "gongwen.ingest.worker", ..., "/tmp/scratch"]``
    """
    name = __name__.partition(".")[0]
    folders = [str(folder) for folder in package_folders()]
    start = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _BOOTSTRAP, name, str(_PACKAGE_FOLDER)]
    return [*start, f"{name}.{module}", str(len(folders)), *folders, *arguments]


def package_folders() -> list[Path]:
    """Return the folders of installed packages that this process uses, never the current folder."""
    current = Path.cwd() if _has_current_folder() else None
    folders = [
        Path(p).resolve()
        for p in sys.path
        if Path(p).name in _INSTALL_FOLDER_NAMES and _is_absolute(p)
    ]
    # In a bundle there is no such folder: use those that contain the loaded packages.
    for loaded in ("numpy", "jieba"):
        if file := getattr(sys.modules.get(loaded), "__file__", None):
            folders.append(Path(file).resolve().parents[1])
    return [folder for folder in dict.fromkeys(folders) if folder != current]


def readable_folders() -> list[Path]:
    """Return the paths that a child process must read: Python, this package, and other packages."""
    python = [Path(prefix) / "lib" for prefix in (sys.base_prefix, sys.base_exec_prefix)]
    standard = [Path(os.__file__).parent, Path(sys.executable)]
    libraries = os.get_exec_path({"PATH": environment().get("LD_LIBRARY_PATH", "")})
    extra = [Path(folder) for folder in libraries if _is_absolute(folder)]
    return [*python, *standard, _PACKAGE_FOLDER, *folders(), *package_folders(), *extra]


def environment() -> dict[str, str]:
    """Return the environment variables of a child process, see :func:`filter_environment`."""
    return filter_environment(os.environ)


def filter_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a child process is given, with relative paths removed.

    Example:
        >>> filter_environment({"LANG": "C", "PYTHONPATH": "/x", "PATH": ".:/bin"})  # on Linux
        {'LANG': 'C', 'PATH': '/bin'}
    """
    names = (
        *_KEPT_VARIABLES,
        *_KEPT_NUMERIC_VARIABLES,
        *(_KEPT_ON_WINDOWS if os.name == "nt" else ()),
    )
    kept = {name: variables[name] for name in names if variables.get(name)}
    for name in _KEPT_PATH_VARIABLES:
        folders = variables.get(name, "").split(os.pathsep)
        if absolute := [folder for folder in folders if _is_absolute(folder)]:
            kept[name] = os.pathsep.join(absolute)
    return kept


def path_folders() -> list[Path]:
    """Return the absolute folders of the search path for programs."""
    return [Path(folder) for folder in os.get_exec_path() if _is_absolute(folder)]


def _is_absolute(path: str) -> bool:
    return Path(path).is_absolute()


def _has_current_folder() -> bool:
    try:
        Path.cwd()
    except OSError:  # the current folder was removed
        return False
    return True
