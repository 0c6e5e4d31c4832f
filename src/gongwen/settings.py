"""The settings of a library: its synonyms, and the probability below which a topic is unsure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .nlp.errors import GongwenError, LibraryError, QueryError, SeedError
from .nlp.validation import probability

if TYPE_CHECKING:
    from .nlp.seeds import Synonyms


SYNONYMS_FILE = "synonyms.toml"


def synonyms_of(folder: Path) -> Synonyms:
    """Return the synonyms that ship with those of the library in ``folder``.

    Raises:
        ReadError: its file cannot be read.
        SeedError: an entry is bad; names the file and line.
    """
    from .nlp.seeds import load_synonyms, shipped

    own = folder / SYNONYMS_FILE
    try:
        return load_synonyms([shipped(SYNONYMS_FILE), *([own] if own.exists() else [])])
    except SeedError as error:
        raise SeedError(own, error.line, f"{error.problem}; mend or remove this file") from None


def least_probability(stored: str | None) -> float:
    """Return the stored probability below which a topic is ``unsure``, 0 to 1.

    Raises:
        LibraryError: it is no probability, as an older version may have kept it.
    """
    try:
        return probability("min_probability", float(stored or 0))
    except ValueError:
        raise LibraryError(
            "min_probability of the library is not between 0 and 1;"
            " set it anew with gongwen add --min-probability"
        ) from None


def checked_probability(value: float) -> float:
    """Return a probability that is to be kept, 0 to 1.

    Raises:
        QueryError: it is none.
    """
    try:
        return probability("min_probability", value)
    except ValueError as error:
        raise QueryError(str(error)) from None


def problems(folder: Path, stored: str | None) -> Iterator[str]:
    """Yield what is wrong with the settings of a library.

    Args:
        folder: the library's folder.
        stored: the probability as the store keeps it.
    """
    try:
        synonyms_of(folder)
    except GongwenError as error:
        yield str(error)
    try:
        least_probability(stored)
    except LibraryError as error:
        yield str(error)
