"""The commands tag and split, which need no library."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _
from ..nlp.errors import ReadError
from .options import LibraryOption, default_library, not_nan
from .output import (
    fold_cell,
    marked,
    piped,
    plain,
    print_json,
    print_jsonl,
    print_table,
    table,
)

if TYPE_CHECKING:
    from ..nlp.topics.features import Explanation
    from ..nlp.topics.taxonomy import Taxonomy


_NAME_WIDTH = 22
"""Columns of the name of a topic beside a sentence."""
_MAX_PARTS = 8
"""Parts listed below a sentence; all parts are coloured in it."""


class TagFormat(StrEnum):
    """Output formats of tag."""

    table = "table"
    json = "json"
    jsonl = "jsonl"


class SplitFormat(StrEnum):
    """Output formats of split."""

    jsonl = "jsonl"
    json = "json"


def tag(
    context: typer.Context,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Sentences.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Tag the lines of this file.")] = None,
    min_probability: Annotated[
        float, typer.Option(min=0, max=1, callback=not_nan, help="Below it a topic is unsure.")
    ] = 0.0,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Show which parts spoke for the three likeliest topics."),
    ] = False,
    format: Annotated[TagFormat, typer.Option(help="Output.")] = TagFormat.table,
    library: LibraryOption = None,
) -> None:
    """Tag sentences with their topics: from the arguments, a file, or standard input, one a line.

    The library's own model is used when it has one, else the shipped one.

    Example: gongwen tag 全年办理行政复议案件4件。
    """
    # late: other commands need neither
    from ..storage.models import ModelStore
    from ..training.tag_texts import tag_texts

    lines = [text for text in texts or () if text.strip()] + (
        _lines(_read(file)) if file or not texts else []
    )
    if not lines:
        raise ReadError("nothing to tag; give sentences, a --file, or standard input, one a line")
    folder = library or context.obj or default_library()
    models = ModelStore(folder / "models")
    classifier = models.load()
    rows = tag_texts(classifier, lines, min_probability)
    explanations = [classifier.explain(line) for line in lines] if explain else []
    if format is not TagFormat.table:
        for row, explanation in zip(rows, explanations, strict=False):
            row["explanation"] = [topic.to_dict() for topic in explanation]
        if format is TagFormat.json:
            print_json({"sentences": rows})
        else:
            print_jsonl(rows)
        return
    taxonomy = models.taxonomy()
    out = table(_("Topic"), "P", _("Also"), _("Role"), _("Sentence"))
    for row in rows:
        names = (fold_cell(taxonomy.topics.zh(slug), _NAME_WIDTH) for slug in row["also"])
        also = ("、" if piped() else "\n").join(names)
        role = taxonomy.roles.zh(row["role"])
        out.add_row(
            fold_cell(taxonomy.topics.zh(row["topic"]), _NAME_WIDTH),
            f"{row['probability']:.2f}",
            also,
            role,
            row["text"],
        )
    print_table(out)
    for line, explanation in zip(lines, explanations, strict=False):
        _print_explanation(line, explanation, taxonomy)


def _print_explanation(line: str, explanation: list[Explanation], taxonomy: Taxonomy) -> None:
    """Print a sentence once for each topic, with parts for it in green and against it in red."""
    out = table(_("Topic"), "P", _("Score"), _("Spoke for + and against -"))
    for score in explanation:
        weights = [f"{part.text} {part.weight:+.2f}" for part in score.parts]
        text = marked(
            line, ((p.start, p.end, "green" if p.weight > 0 else "red") for p in score.parts)
        )
        name = taxonomy.topics.zh(score.topic)
        text.append_text(plain("\n" + "  ".join(weights[:_MAX_PARTS]), "dim"))
        out.add_row(name, f"{score.probability:.2f}", f"{score.score:+.2f}", text)
        out.add_section()
    print_table(out)


def split(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Standard input by default.")
    ] = None,
    format: Annotated[SplitFormat, typer.Option(help="Output.")] = SplitFormat.jsonl,
) -> None:
    """Print the sentences of a text with their place and role, one JSON object a line.

    Example: gongwen split seeds/reports/wugong-2020.txt
    """
    from ..training.tag_texts import split_text  # late: the rules of the parser are heavy

    rows = split_text(_read(file))
    if format is SplitFormat.json:
        print_json({"sentences": rows})
    else:
        print_jsonl(rows)


def _read(file: Path | None) -> str:
    """Return the text of a file, or of standard input for ``None`` and ``-``."""
    # late: a search must not load the worker processes
    from ..ingest.worker_pool import bytes_text, file_text

    if file is not None and str(file) != "-":
        return file_text(file)
    if sys.stdin.isatty():
        raise typer.BadParameter("give text, a file, or something on standard input")
    data = sys.stdin.buffer.read()
    return bytes_text(data, "standard input") if data.strip() else ""


def _lines(text: str) -> list[str]:
    """Return the lines of a text that are not empty, without surrounding spaces."""
    return [line.strip() for line in text.splitlines() if line.strip()]
