"""Build the command and environment of a Python child process that runs only our code.

The interpreter is isolated (``-I -S``): the current folder, ``PYTHON*`` variables,
``sitecustomize`` and ``.pth`` files have no effect. It receives the absolute paths of the package
that its caller runs and of the packages that it needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..checkout import folders

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
_KEPT_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
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
        *_KEPT_THREAD_VARIABLES,
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
