"""Read the text files that users may edit; what is wrong is said with file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .errors import ReadError, SeedError


def read_seed(path: Path | Traversable) -> str:
    """Return the text of a file.

    Raises:
        ReadError: it is missing or not UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise ReadError(f"{path}: no such file") from None
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
    try:
        return tomllib.loads(source), source
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        at_end = len(source.splitlines())
        raise SeedError(
            path.name, int(line[1]) if line else at_end, f"not TOML ({error})"
        ) from None
