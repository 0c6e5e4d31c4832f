"""Start a child process of Python so that it runs our code and no one else's.

The interpreter is isolated (``-I -S``): no current folder, no ``PYTHON*`` variable, no
``sitecustomize``, no ``.pth`` file. It is told by absolute paths where the package is that its
caller runs, and where the packages lie that it needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..checkout import folders

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = ("site-packages", "dist-packages")
"""How folders are called into which packages are installed, on all systems."""
_START = """\
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
_KEPT = ("LANG", "LC_ALL", "LC_CTYPE", "HOME", "XDG_CACHE_HOME", "TZ")
_KEPT_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_KEPT_ON_WINDOWS = ("SYSTEMROOT", "SYSTEMDRIVE", "LOCALAPPDATA", "USERPROFILE")
_KEPT_PATHS = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that calls ``main(*arguments)`` of a module of this package."""
    name = __name__.partition(".")[0]
    folders = [str(folder) for folder in package_folders()]
    start = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, name, str(_PACKAGE)]
    return [*start, f"{name}.{module}", str(len(folders)), *folders, *arguments]


def package_folders() -> list[Path]:
    """Return where the packages lie that this process uses; never the current folder."""
    here = Path.cwd() if _has_folder() else None
    folders = [Path(p).resolve() for p in sys.path if Path(p).name in _INSTALLED and _absolute(p)]
    # Where there is no such folder, as in a bundle: beside the packages that are loaded.
    for loaded in ("numpy", "jieba"):
        if file := getattr(sys.modules.get(loaded), "__file__", None):
            folders.append(Path(file).resolve().parents[1])
    return [folder for folder in dict.fromkeys(folders) if folder != here]


def readable_folders() -> list[Path]:
    """Return what a child process must read to run: Python, this package, and the others."""
    python = [Path(prefix) / "lib" for prefix in (sys.base_prefix, sys.base_exec_prefix)]
    standard = [Path(os.__file__).parent, Path(sys.executable)]
    libraries = os.get_exec_path({"PATH": environment().get("LD_LIBRARY_PATH", "")})
    extra = [Path(folder) for folder in libraries if _absolute(folder)]
    return [*python, *standard, _PACKAGE, *folders(), *package_folders(), *extra]


def environment() -> dict[str, str]:
    """Return what a child process needs of the environment: no code, and no relative path."""
    return kept_of(os.environ)


def kept_of(variables: Mapping[str, str]) -> dict[str, str]:
    """Return those of ``variables`` that a child process is given, with absolute paths alone."""
    names = (*_KEPT, *_KEPT_THREADS, *(_KEPT_ON_WINDOWS if os.name == "nt" else ()))
    kept = {name: variables[name] for name in names if variables.get(name)}
    for name in _KEPT_PATHS:
        folders = variables.get(name, "").split(os.pathsep)
        if absolute := [folder for folder in folders if _absolute(folder)]:
            kept[name] = os.pathsep.join(absolute)
    return kept


def path_folders() -> list[Path]:
    """Return the folders of the path in which programs are looked for; no relative one."""
    return [Path(folder) for folder in os.get_exec_path() if _absolute(folder)]


def _absolute(path: str) -> bool:
    return Path(path).is_absolute()


def _has_folder() -> bool:
    try:
        Path.cwd()
    except OSError:  # it was removed
        return False
    return True
