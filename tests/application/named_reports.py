"""A library whose reports have names that mean something to a shell."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import gongwen


def library_with(names: Iterable[str], folder: Path) -> Path:
    """Make a library with the report ``wugong-2020`` and the same under further ids.

    Args:
        names: the further ids.
        folder: an empty folder, of which the library is a part.

    Returns:
        The folder of the library.
    """
    text = "武功县2020年工作总结\n办理行政复议案件4件，推进依法行政工作。\n"
    (folder / "wugong-2020.txt").write_text(text, "utf-8")
    with gongwen.open(folder / "library") as opened:
        opened.add(folder / "wugong-2020.txt")
    columns = "title, region, year, kind, source, sha256, added, text"
    with closing(sqlite3.connect(folder / "library" / "library.db")) as db, db:
        for name in names:
            db.execute(
                f"INSERT INTO reports (id, {columns}) SELECT ?, {columns} FROM reports LIMIT 1",
                (name,),
            )
    return folder / "library"
