"""What is known of a report: from its text, its file, and what a person said, in this order."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from .extracting import figures_of_stored
from .nlp.cleaning import clean_line
from .nlp.document import parse_document
from .nlp.filename import from_name, said_value, with_said
from .nlp.likeness import sketch
from .nlp.records import Document

if TYPE_CHECKING:
    from .results import Report
    from .store import Store

BY_HAND = "by hand"
_BY_FILE = "file"


def described(
    document: Document,
    stem: str,
    by_file: Mapping[str, str],
    by_hand: Mapping[str, str] | None = None,
) -> Document:
    """Return ``document`` with what it does not say of itself.

    Args:
        document: what the text says.
        stem: the name of the file, without folder and suffix.
        by_file: what the file says outside of the text, such as the columns of a table.
        by_hand: what a person said of it.
    """
    document = with_said(document, by_file, how=_BY_FILE) if by_file else document
    document = from_name(document, stem)
    return with_said(document, by_hand, how=BY_HAND) if by_hand else document


def describe(store: Store, report: Report, said: Mapping[str, str]) -> None:
    """Keep what a person says of a report; ``""`` takes back what was said before.

    Raises:
        QueryError: there is no such field, or a value that cannot be read.
    """
    for name, value in said.items():
        said_value(name, value)
    hand = store.sources.said(report.id) | {name: clean_line(said[name]) for name in said}
    hand = {name: value for name, value in hand.items() if value}
    document = parse_document(store.text(report.id))
    stem, stated = PurePath(report.source).stem, store.sources.stated(report.id)
    document = described(document, stem, stated, hand)
    # Of the sentences as they are stored, which an older gongwen may have split.
    sentences = store.sentences_of(report.id)
    figures = figures_of_stored(document.text, sentences, document.year, document.kind)
    store.describe(report.id, document, hand, figures)


def describe_old_reports(db: sqlite3.Connection) -> None:
    """Fill in, inside a transaction, what the first version of the tables did not keep.

    What it did keep stays: it may be cited somewhere.
    """
    rows = db.execute("SELECT id, text, source, region, year, kind FROM reports").fetchall()
    for report, text, source, region, year, kind in rows:
        d = described(parse_document(text), PurePath(source).stem, {})
        same = (d.region, str(d.year), d.kind) == (region, year, kind)
        db.execute(
            "UPDATE reports SET province = ?, city = ?, county = ?, adcode = ?, level = ?,"
            " agency = ?, date = ?, address = ?, how = ? WHERE id = ?",
            (*((d.province, d.city, d.county, d.adcode, d.level) if same else ("",) * 5),
             d.agency, d.date, d.address, json.dumps(dict(d.how), ensure_ascii=False), report),
        )  # fmt: skip
        hashes = {int(h) for h in sketch(d)}
        number = db.execute(
            "INSERT INTO sketches (size, report) VALUES (?, ?)", (len(hashes), report)
        ).lastrowid
        db.executemany("INSERT INTO shingles VALUES (?, ?)", ((h, number) for h in hashes))
