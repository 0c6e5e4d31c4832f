"""Find engines by name or address: those that ship, and those that other packages bring.

A library remembers the name of its engine, or its address when it is on other machines. Nothing is
imported of an engine that is not named. A package brings one by an entry point of the group
``gongwen.engines``, whose object is an :class:`EngineFactory`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..nlp.errors import EngineUnavailable, UnknownNameError
from .engine import Engine
from .searcher import Searcher, Source

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "gongwen.engines"
"""Group of entry points by which packages bring engines."""
DEFAULT = "whoosh"
"""Engine of a library that names none."""
LARGE_LIBRARY, FOR_LARGE = 300_000, "tantivy"
"""Sentences beyond which another engine is worth a try, and its name: rare words, strings and
changes then cost it a third of what they cost the default, common words more."""
TIMEOUT_SECONDS = 10.0
"""Seconds that an engine may wait for another machine, unless it is told otherwise."""
_FOLDER = "index"
_OF_ENGINE = "engine-"
"""Beginning of the name of the folder of an engine that is not the default."""


class EngineFactory(Protocol):
    """Opens and removes the index of a library in one kind of engine."""

    def open(
        self,
        location: Path,
        owner: str,
        *,
        staged: bool = False,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Engine:
        """Open the index of a library, an empty one when there is none.

        Args:
            location: folder for what the engine keeps in the library; it need not be there.
            owner: identifier of the library, by which an engine on another machine knows its
                index; the index of another library is rejected.
            staged: begin a new index beside the present one, which it replaces when
                :meth:`~gongwen.index.engine.Engine.publish` is called.
            timeout: seconds after which a method that waits gives up.

        Raises:
            IndexLostError: the index is damaged, or another library's.
            EngineUnavailable: the engine does not answer, or is not installed.
        """

    def drop(self, location: Path, owner: str) -> None:
        """Remove the index of a library; it is no error when there is none.

        Raises:
            EngineUnavailable: the engine does not answer.
        """


@dataclass(frozen=True, slots=True)
class LocalFactory:
    """Opens engines whose index is files in the library's folder.

    Attributes:
        name: the name of the engine.
        module: the module of its class.
        made: the class, called with the folder, the owner and ``staged``.
        package: the package that it needs and gongwen does not, ``""`` for none.
    """

    name: str
    module: str
    made: str
    package: str = ""

    def open(
        self,
        location: Path,
        owner: str,
        *,
        staged: bool = False,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Engine:
        """Open the index in a folder; nothing waits, so ``timeout`` is not used."""
        try:
            made: Callable[..., Engine] = getattr(import_module(self.module), self.made)
        except ImportError as error:
            if not self.package:
                raise
            raise EngineUnavailable(
                f"the engine {self.name} is not installed: pip install {self.package}"
            ) from error
        return made(location, owner, staged=staged)

    def drop(self, location: Path, owner: str) -> None:
        """Remove the files, but not those of other engines in folders of their own."""
        with suppress(OSError):
            for path in location.iterdir():
                if path.name.startswith(_OF_ENGINE):
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        path.unlink()
            location.rmdir()  # unless something is left


WHOOSH = LocalFactory("whoosh", "gongwen.index.whoosh_engine", "WhooshEngine")
TANTIVY = LocalFactory("tantivy", "gongwen.index.tantivy_engine", "TantivyEngine", "tantivy")
SHIPPED: dict[str, EngineFactory] = {one.name: one for one in (WHOOSH, TANTIVY)}
"""The engines that ship; entry points are read for other names only, as that takes a while."""


def factory(name: str) -> EngineFactory:
    """Return the factory of the engine of this name or address.

    Raises:
        UnknownNameError: no package brings such an engine; the message lists those there are.
        EngineUnavailable: its package cannot be imported.
        LibraryError: an address that cannot be read; the message says what to give.

    Example:
        >>> factory("whoosh").name
        'whoosh'
    """
    if name in SHIPPED:
        return SHIPPED[name]
    if is_address(name):
        from .opensearch_factory import OpenSearchFactory  # late: few libraries are on a cluster

        return OpenSearchFactory.of(name)
    for point in _entry_points():
        if point.name == name:
            try:
                made: EngineFactory = point.load()
            except ImportError as error:
                raise EngineUnavailable(
                    f"the engine {name} cannot be loaded ({error}); see to its package"
                ) from error
            return made
    raise UnknownNameError("engine", name, (), f"there are {', '.join(names())}")


def is_address(name: str) -> bool:
    """Return whether this is the address of an engine on other machines.

    Example:
        >>> is_address("opensearch://10.0.0.7:9200/reports"), is_address("whoosh")
        (True, False)
    """
    return "://" in name


def is_same_index(one: str, other: str) -> bool:
    """Return whether two addresses may be those of one index, which other nodes hold now.

    Example:
        >>> is_same_index("opensearch://10.0.0.7/reports", "opensearch://10.0.0.8:9201/reports")
        True
    """
    if not (is_address(one) and is_address(other)):
        return False
    from .opensearch_address import Address  # late: few libraries are on a cluster

    return Address.read(one).name == Address.read(other).name


def names() -> list[str]:
    """Return the names of all engines, those that ship first."""
    return list(dict.fromkeys([*SHIPPED, *sorted(point.name for point in _entry_points())]))


def _entry_points() -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points  # late: the engines that ship are known

    return entry_points(group=GROUP)


def location(folder: Path, name: str) -> Path:
    """Return where an engine keeps its files in the folder of a library.

    Example:
        >>> location(Path("library"), "tantivy").as_posix()
        'library/index/engine-tantivy'
    """
    index = folder / _FOLDER
    if is_address(name):
        name = name.partition(":")[0].partition("+")[0]
    return index if name == DEFAULT else index / f"{_OF_ENGINE}{name}"


def searcher_of(engine: Engine, source: Callable[[], Source]) -> Searcher:
    """Return what answers searches over an engine: itself if it can, otherwise the shared one.

    Args:
        engine: the engine.
        source: gives the texts and reports that the engine does not keep.
    """
    if isinstance(engine, Searcher):
        return engine
    from .shared_searcher import SharedSearcher  # late: the default engine does without

    return SharedSearcher(engine, source())
