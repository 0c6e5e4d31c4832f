"""The model card: what a classifier was trained on and how good it is, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .classifier import TopicClassifier
from .evaluation import Evaluation
from .labels import LabelledSentence
from .taxonomy import Taxonomy


def model_card(
    classifier: TopicClassifier,
    labels: Sequence[LabelledSentence],
    evaluation: Evaluation,
    check: Evaluation,
    taxonomy: Taxonomy,
    sources: Sequence[str],
) -> str:
    """Return the card of ``classifier``, which was fitted on ``labels`` from the files ``sources``.

    ``evaluation`` is by cross-validation, ``check`` on sentences that are never trained on.
    """
    roles = Counter(label.role for label in labels if label.role)
    groups = Counter(label.group for label in labels)
    hard = sum(label.hard for label in labels)
    rows = "\n".join(
        f"| {s.topic} | {taxonomy.topics.zh(s.topic)} | {s.precision:.3f} | {s.recall:.3f} | {s.f1:.3f} | {s.support} |"
        for s in evaluation.topics
    )
    return f"""# Model card: topics.npz

The topic classifier that ships with gongwen. It gives every sentence of a report on
法治政府建设 a primary topic, further topics (`also`) and a calibrated probability.

- **Made by** `gongwen train --output models` from {", ".join(f"`{s}`" for s in sources)}; the same
  labels and library versions give the same file.
- **Method**: TF-IDF of characters and pairs of characters of the sentence, that of its heading
  beside it at weight {classifier.heading_weight}; one linear separator a topic: squared hinge (C = {classifier.C}) and
  {classifier.bayes} parts of complement naive Bayes; the keywords of the taxonomy as further lines; one
  temperature ({classifier.temperature_:.2f}) fitted on out-of-fold scores. A further topic is given above the score {classifier.also_threshold_:.2f}.
- **File**: NumPy arrays and JSON in one zip (format 1), no pickle; tagging needs NumPy only.

## Data

{len(labels)} labelled sentences in {len(groups)} groups (one report, the rest batches written for this
project, each in one voice); {hard} of them are hard: their words alone do not give the topic away.
Roles: {", ".join(f"{role} {count}" for role, count in sorted(roles.items()))}.
The sentences of the batches are invented: they are not taken from any report.

## Figures

Cross-validation: {evaluation.sentences} sentences, 5 folds, no group cut by a fold: every sentence is tagged by a
model that has seen nothing of its document or batch. Check set: {check.sentences} sentences (`seeds/check.jsonl`)
written apart from the training sentences, from the taxonomy alone, and never trained on.

| | macro-F1 | on plain | on hard | accuracy | `also` F1 | calibration error (ECE) |
|---|---|---|---|---|---|---|
| cross-validation | {_figures(evaluation)} |
| check set | {_figures(check)} |

Per topic, by cross-validation:

| topic | 中文 | precision | recall | F1 | sentences |
|---|---|---|---|---|---|
{rows}

## Limits

- One batch (`general-reports`, 240 sentences, all `other`) is of general government work reports, a
  genre that no other batch has. It is trained on in every fold and not tested on. Sentences of such
  reports that touch law only in passing are still tagged, mostly with a low probability:
  `--min-probability` leaves them out. How well such reports are tagged has not been measured.
- Batches were written by few hands to one set of rules; reports from other hands will score lower.
- One sentence is judged with its heading only; what stands around it is not seen.
- Topics outside 法治政府建设 fall to `other`, or to the topic whose words they borrow.
"""


def _figures(e: Evaluation) -> str:
    values = (e.macro_f1, e.plain_f1, e.hard_f1, e.accuracy, e.also_f1, e.ece)
    return " | ".join("–" if value is None else f"{value:.3f}" for value in values)
