"""Let the units of a document that their own words do not decide take topics from their section.

*2.开展规划实施情况评估* may be about anything that is planned; the sentences below it say what. And
a sentence that may be about two topics is more likely about that of the sentences around it. What
its own words decide keeps its topic, whatever its section goes on to name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..records import Kind, Tag
from .classifier import TopicClassifier
from .preamble import GENERAL
from .predictions import Predictions

_DECIDED = 0.9
"""Probability from which the words of a heading decide. Of headings of the shipped labels, scored
by models without their reports, 80 of 83 are right by their own words, and 82 with any value from
0.8 to 0.95."""
_DECIDED_GENERAL = 0.97
"""The same for the general topic, which a heading without a telling word gets too."""
_WEAK = 0.5
"""Probability of the words of a heading below which it takes the general topic from its section.
Long sections have much general talk in them, whatever they are about."""
_AGREED = 0.5
"""Mean probability above which a section is about one topic, and share of its sentences above
which a secondary topic of theirs is one of the heading."""
_OWN_WEIGHT = 1.0
"""Number of sentences that the heading itself counts as in that mean."""

_DECIDED_SENTENCE = 0.7
"""Probability from which the words of a sentence decide."""
_SECTION_WEIGHT = 0.5
"""Weight of the mean of the other sentences of a section beside a sentence that is undecided. Of
296 labelled sentences with others of their section, scored as above, 91.6 % are right by their own
words and 94.6 % so."""


class Unit(Protocol):
    """A sentence or heading of a document."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def heading(self) -> str:
        """The nearest heading above it, or the heading itself."""

    @property
    def section(self) -> str:
        """The headings above it from the outermost in, joined by `` > ``, with its own."""

    @property
    def kind(self) -> Kind:
        """Its kind."""


def predict_units(classifier: TopicClassifier, units: Sequence[Unit]) -> Predictions:
    r"""Return the topics of the units of documents, by their words and what is in their section.

    Args:
        classifier: the classifier.
        units: n units of one document or of several whole ones, in order, without boilerplate.

    Example:
        >>> from gongwen.nlp import TopicClassifier, parse_document
        >>> text = "报告\n\n1.关口前移\n法律顾问审查合同40份。法律顾问出具法律意见书30份。\n"
        >>> found = predict_units(TopicClassifier.shipped(), parse_document(text).sentences)
        >>> [one.topic for one in found.assigned()][1]
        'legal-counsel'
    """
    return with_sections(classifier.predictions(units), units)


def tag_units(
    classifier: TopicClassifier, units: Sequence[Unit], min_probability: float = 0.0
) -> list[Tag]:
    """Return :func:`predict_units` as tags without the other probabilities.

    Args:
        classifier: the classifier.
        units: as of :func:`predict_units`.
        min_probability: probability of the best topic, 0 to 1, below which a unit gets the topic
            ``unsure``.

    Raises:
        QueryError: ``min_probability`` is out of range.
    """
    return [Tag(*one) for one in predict_units(classifier, units).assigned(min_probability)]


def with_sections(found: Predictions, units: Sequence[Unit]) -> Predictions:
    """Return ``found`` with the topics that undecided units take from their sections.

    Their probabilities are the weighted mean of their own and those of sentences of the section, a
    linear opinion pool (Stone, 1961). A heading stays as it is unless one topic has more than half
    of the mean, and has as secondary topics those that more than half of the sentences have. A
    sentence keeps its secondary topics.

    Args:
        found: the topics of n units by their own words.
        units: the n units, as of :func:`predict_units`.
    """
    if not len(units):
        return found
    pooled = replace(
        found,
        primary=found.primary.copy(),
        probabilities=found.probabilities.copy(),
        margins=found.margins.copy(),
    )
    _pool_headings(found, units, pooled)
    _pool_sentences(found, units, pooled)
    return pooled


def _pool_headings(found: Predictions, units: Sequence[Unit], pooled: Predictions) -> None:
    """Write into ``pooled`` what undecided headings take from the sentences below them."""
    needed = np.full(len(found.topics), _DECIDED)
    if GENERAL in found.topics:
        needed[found.topics.index(GENERAL)] = _DECIDED_GENERAL
    best = found.probabilities[np.arange(len(units)), found.primary]
    for row in np.flatnonzero(best < needed[found.primary]).tolist():
        below = rows_below(units, row) if units[row].kind == "heading" else []
        if not below:
            continue
        own = found.probabilities[row]
        mean = _OWN_WEIGHT * own + found.probabilities[below].sum(axis=0)
        mean /= _OWN_WEIGHT + len(below)
        topic = int(mean.argmax())
        weakened = found.topics[topic] == GENERAL and own.max() > max(own[topic], _WEAK)
        if mean[topic] > _AGREED and not weakened:
            pooled.primary[row], pooled.probabilities[row] = topic, mean
            pooled.margins[row] = _share_with(found, below) - _AGREED


def rows_below(units: Sequence[Unit], row: int) -> list[int]:
    """Return the rows of the sentences in the section that the heading in ``row`` opens.

    Those in sections within it count too. The next heading of the same section ends it.
    """
    section = units[row].section
    within = f"{section} > "
    following = takewhile(
        lambda other: (
            units[other].section.startswith(within)
            or (units[other].section == section and units[other].kind != "heading")
        ),
        range(row + 1, len(units)),
    )
    return [other for other in following if units[other].kind == "sentence"]


def _share_with(found: Predictions, rows: Sequence[int]) -> NDArray[np.float32]:
    """Return (topics,) the share of ``rows`` that have each topic, as any of theirs."""
    given = found.margins[rows] > 0
    given[np.arange(len(rows)), found.primary[rows]] = True
    return np.asarray(given.mean(axis=0), np.float32)


def _pool_sentences(found: Predictions, units: Sequence[Unit], pooled: Predictions) -> None:
    """Write into ``pooled`` what undecided sentences take from the others of their section."""
    sections = [unit.section for unit in units]
    sentence = np.array([unit.kind == "sentence" for unit in units])
    # A run is a heading, if there is one, and the sentences behind it without another heading.
    begins = ~sentence | np.array([True, *(a != b for a, b in pairwise(sections))])
    runs = np.cumsum(begins) - 1
    own = np.where(sentence[:, None], found.probabilities, 0.0)
    sums = np.add.reduceat(own, np.flatnonzero(begins), axis=0)
    counts = np.bincount(runs, sentence)
    best = found.probabilities[np.arange(len(units)), found.primary]
    inside = np.array([section != "" for section in sections])
    rows = np.flatnonzero(sentence & inside & (best < _DECIDED_SENTENCE) & (counts[runs] > 1))
    others = (sums[runs[rows]] - own[rows]) / (counts[runs[rows]] - 1)[:, None]
    pooled.probabilities[rows] = (own[rows] + _SECTION_WEIGHT * others) / (1 + _SECTION_WEIGHT)
    pooled.primary[rows] = pooled.probabilities[rows].argmax(axis=1)
