"""Let a checkout without symbolic links find the folders nlp, index, models and seeds.

In a checkout these four folders stand at the top of the project, and ``src/gongwen`` holds
symbolic links to them. Git writes such a link as a small text file where links are switched off,
which is the default on Windows, and a source archive has none. There ``import gongwen`` calls
:func:`find_folders`. An installed package contains the folders themselves and needs none of this.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

FOLDERS = ("nlp", "index", "models", "seeds")
"""The folders at the top of the project that are parts of the package."""
_PACKAGE = Path(__file__).resolve().parent
_PROJECT = _PACKAGE.parents[1]
"""The root folder of the project, in a checkout."""


def folders() -> list[Path]:
    """Return the real folders nlp, index, models and seeds, as absolute paths without links."""
    inside = [_PACKAGE / name for name in FOLDERS]
    return [path.resolve() if path.is_dir() else _PROJECT / path.name for path in inside]


def find_folders() -> None:
    """Add a finder, so that ``import gongwen.nlp`` finds the folder at the top of the project.

    The folders are looked up now, because a worker process loses the right to list the top of the
    project before it imports from them.
    """
    package = __name__.rpartition(".")[0]
    names = [f"{package}.{folder}" for folder in FOLDERS]
    specs = {name: PathFinder.find_spec(name, [str(_PROJECT)]) for name in names}
    sys.meta_path.append(_Finder(specs))


class _Finder:
    """A finder of the import system for a fixed set of modules.

    Args:
        specs: the spec of each module by its full name; ``None`` when it was not found.
    """

    def __init__(self, specs: Mapping[str, ModuleSpec | None]) -> None:
        self._specs = specs

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module of the set, ``None`` for any other module."""
        return self._specs.get(fullname)
