"""Find nlp, index, models and seeds where the links to them are missing.

In a checkout these four folders stand at the top of the project, and ``src/gongwen`` holds
symbolic links to them. Git writes such a link as a small text file where links are switched off,
which is the default on Windows, and a source archive has none. There ``import gongwen`` calls
:func:`find_folders`. An installed package holds the folders themselves and does without.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

FOLDERS = ("nlp", "index", "models", "seeds")
_PACKAGE = Path(__file__).resolve().parent
_TOP = _PACKAGE.parents[1]
"""The top of the project, in a checkout."""


def folders() -> list[Path]:
    """Return where nlp, index, models and seeds really are, as absolute paths without links."""
    inside = [_PACKAGE / name for name in FOLDERS]
    return [path.resolve() if path.is_dir() else _TOP / path.name for path in inside]


def find_folders() -> None:
    """Let ``import gongwen.nlp`` and so on find the folders at the top of the project.

    They are looked up now, because a process that reads files from strangers soon loses the right
    to list the top of the project.
    """
    package = __name__.rpartition(".")[0]
    names = [f"{package}.{folder}" for folder in FOLDERS]
    sys.meta_path.append(_Finder({name: PathFinder.find_spec(name, [str(_TOP)]) for name in names}))


class _Finder:
    """Finds a few modules, whose places are known.

    Args:
        specs: the place of each module by its full name; ``None`` when it was not found.
    """

    def __init__(self, specs: Mapping[str, ModuleSpec | None]) -> None:
        self._specs = specs

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the place of the module, ``None`` for all other modules."""
        return self._specs.get(fullname)
