"""Read the text files that users may edit; what is wrong is said with file and line."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .errors import ReadError, SeedError

_LARGEST = 32 << 20
"""Bytes; of sentences, a hundred thousand."""


def read_seed(path: Path | Traversable) -> str:
    """Return the text of a file.

    Raises:
        ReadError: it is missing, too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data: bytes = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ReadError(f"{path}: larger than {_LARGEST >> 20} MB; split it first")
        return io.TextIOWrapper(io.BytesIO(data), "utf-8-sig").read()
    except (FileNotFoundError, IsADirectoryError):
        raise ReadError(f"{path}: no such file") from None
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise ReadError(f"{path}: not UTF-8; save it as UTF-8 first") from None


def numbered_lines(source: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither blank nor comments, with their 1-based numbers."""
    # Not splitlines: U+2028 and its like may stand inside a string of JSON.
    for number, line in enumerate(source.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.removesuffix("\r")


def read_toml(path: Path | Traversable) -> tuple[dict[str, Any], str]:
    """Return what a TOML file holds, and its text.

    Raises:
        ReadError: it is missing or not UTF-8.
        SeedError: it is not TOML.
    """
    source = read_seed(path)
    return parse_toml(source, path.name), source


def parse_toml(source: str, file: object) -> dict[str, Any]:
    """Return what TOML holds.

    Args:
        source: the text.
        file: what messages call it.

    Raises:
        SeedError: it is not TOML.
    """
    try:
        return tomllib.loads(source)
    except (
        ValueError,
        RecursionError,
        OverflowError,
    ) as error:  # also of numbers that are too long
        line = re.search(r"line (\d+)", str(error))
        at_end = len(source.splitlines())
        problem = f"not TOML ({' '.join(str(error).split())})"
        raise SeedError(file, int(line[1]) if line else at_end, problem) from None
