"""The train command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import LibraryOption, default_library
from .output import note, print_table, table


def train(
    context: typer.Context,
    labels: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[LABELS]...", help="JSONL files of your own, used beside the shipped labels."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write topics.npz and its model card to this folder instead."
        ),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Train the topic classifier on the shipped labels and yours, and say how good it is.

    The model goes into the library, which tags with it from then on. A label is one line of JSON:
    {"text": "全年办理行政复议案件4件。", "topic": "行政复议"}.

    Example: gongwen train 我的标注.jsonl
    """
    from ..library import MODEL_FILE, Library
    from ..nlp.taxonomy import Taxonomy
    from ..training import train_model

    taxonomy = Taxonomy.shipped()
    if output is None:
        output = library or context.obj or default_library()
        Library(output).close()
    trained = train_model(labels or (), taxonomy)
    output.mkdir(parents=True, exist_ok=True)
    trained.classifier.save(output / MODEL_FILE, data=trained.facts)
    (output / "README.md").write_text(trained.card, "utf-8")
    out = table("Topic", "主题", "Precision", "Recall", "F1", "Sentences 句")
    for s in trained.evaluation.topics:
        figures = (f"{value:.3f}" for value in (s.precision, s.recall, s.f1))
        out.add_row(s.topic, taxonomy.topics.zh(s.topic), *figures, str(s.support))
    print_table(out)
    for name, e in (("cross-validation", trained.evaluation), ("check set", trained.check)):
        print(
            f"{name}: macro-F1 {e.macro_f1:.3f}, accuracy {e.accuracy:.3f},"
            f" calibration error {e.ece:.3f}, {e.sentences} sentences"
        )
    note(f"wrote {output / MODEL_FILE}")
