"""The suggest command: sentences to label next, to look at or to fill in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..nlp.errors import GongwenError
from .options import LibraryOption, open_library
from .output import csv_text, jsonl_text, note, print_table, table, target_file, write

_COLUMNS = ("text", "topic", "also", "guess", "probability", "second", "heading", "report", "n")
_OPEN = "未定"
"""What stands for a topic in JSONL, where an empty one would be an error."""


class SuggestFormat(StrEnum):
    """Output of suggest."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"


def suggest(
    context: typer.Context,
    count: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many.")] = 20,
    topic: Annotated[
        str, typer.Option("--topic", "-t", help="Only what may be of this topic.")
    ] = "",
    format: Annotated[
        SuggestFormat | None, typer.Option(help="Output; by the name of the file, else a table.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Suggest the sentences that are worth labelling next: where the model is least certain.

    Fill in the column topic (in XLSX from a list), leave empty what you do not want to decide,
    and train on the file. No two sentences are near-duplicates.

    Example: gongwen suggest -n 50 -o 待标注.xlsx && gongwen train 待标注.xlsx
    """
    if format is None:
        named = output.suffix[1:].lower() if output else ""
        format = SuggestFormat(named) if named in list(SuggestFormat) else SuggestFormat.table
    if output and format is SuggestFormat.table:
        raise typer.BadParameter("a table is not written; name a .xlsx, .csv or .jsonl file")
    if format is SuggestFormat.xlsx and output is None:
        raise typer.BadParameter("xlsx needs a file: -o 待标注.xlsx", param_hint="--format")
    if output is not None and target_file(output).exists():
        raise GongwenError(f"{output}: there is such a file, labels perhaps; give another name")
    with open_library(context, library) as opened:
        found = opened.teaching.suggest(count, topic)
        topics = opened.taxonomy.topics
    if not found:
        may = f" that may be of {topic}" if topic else ""
        note(f"nothing to suggest: there is no sentence{may} without a label")
        return
    rows = [
        one.to_dict() | {"guess": topics.zh(one.guess), "second": topics.zh(one.second)}
        for one in found
    ]
    if format is SuggestFormat.table:
        out = table("Guess 判为", "P", "Sentence 句子")
        for row in rows:
            place = f"{row['report']}:{row['n']}"
            text = " ".join(str(row["text"]).split())
            guess = f"{row['guess']}\n或 {row['second']}"
            out.add_row(guess, f"{row['probability']:.2f}", f"{text}\n{place}")
        print_table(out)
    elif format is SuggestFormat.jsonl:
        write(jsonl_text([row | {"topic": _OPEN} for row in rows]), output)
    elif format is SuggestFormat.csv:
        write(csv_text(rows, _COLUMNS), output)
    elif output is not None:
        from ..sheets import write_sheet

        write_sheet(output, rows, _COLUMNS, {"topic": [label.zh for label in topics]})
    if output is not None:
        note(f"wrote {len(found)} sentences to {output}; fill in topic and gongwen train {output}")
