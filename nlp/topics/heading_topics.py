"""Give a heading whose own words do not decide the topic of what stands below it.

*2.开展规划实施情况评估* may be about anything that is planned; the sentences below it say what. A
heading whose own words decide keeps its topic, whatever its section goes on to name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..records import Kind, Tag
from .classifier import TopicClassifier
from .predictions import Predictions
from .preamble import GENERAL

_DECIDED = 0.9
"""Probability from which the words of a heading decide. Of headings of the shipped labels, scored
by models without their reports, from 0.8 to 0.95 give the same result."""
_DECIDED_GENERAL = 0.97
"""The same for the general topic, which a heading without a telling word gets too."""
_AGREED = 0.5
"""Mean probability above which a section is about one topic."""
_OWN_WEIGHT = 1.0
"""Number of sentences that the heading itself counts as in that mean."""


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
    """Return the topics of the units of documents, those of headings with what is below them.

    Args:
        classifier: the classifier.
        units: n units of one document or of several whole ones, in order, without boilerplate.

    Example:
        >>> from gongwen.nlp import TopicClassifier, parse_document
        >>> text = "报告\\n\\n1.关口前移\\n法律顾问审查合同40份。法律顾问出具法律意见书30份。\\n"
        >>> found = predict_units(TopicClassifier.shipped(), parse_document(text).sentences)
        >>> [one.topic for one in found.assigned()][1]
        'legal-counsel'
    """
    return with_section_topics(classifier.predictions(units), units)


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


def with_section_topics(found: Predictions, units: Sequence[Unit]) -> Predictions:
    """Return ``found`` with the topics of headings that their own words do not decide.

    The probabilities of such a heading are the mean of its own and those of the sentences in its
    section, a linear opinion pool (Stone, 1961), if one topic has more than half of it; otherwise
    the heading stays as it is. It has as secondary topics those that more than half of the
    sentences have.

    Args:
        found: the topics of n units by their own words.
        units: the n units, as of :func:`predict_units`.
    """
    undecided = [row for row in _undecided(found) if units[row].kind == "heading"]
    primary, probabilities = found.primary.copy(), found.probabilities.copy()
    margins = found.margins.copy()
    for row in undecided:
        below = rows_below(units, row)
        if not below:
            continue
        pooled = _OWN_WEIGHT * found.probabilities[row] + found.probabilities[below].sum(axis=0)
        pooled /= _OWN_WEIGHT + len(below)
        topic = int(pooled.argmax())
        if pooled[topic] > _AGREED:
            primary[row], probabilities[row] = topic, pooled
            margins[row] = _share_with(found, below) - 0.5
    return replace(found, primary=primary, probabilities=probabilities, margins=margins)


def _undecided(found: Predictions) -> list[int]:
    """Return the rows whose primary topic is not probable enough to decide."""
    needed = np.full(len(found.topics), _DECIDED)
    if GENERAL in found.topics:
        needed[found.topics.index(GENERAL)] = _DECIDED_GENERAL
    rows = np.arange(len(found.primary))
    return np.flatnonzero(
        found.probabilities[rows, found.primary] < needed[found.primary]
    ).tolist()


def rows_below(units: Sequence[Unit], row: int) -> list[int]:
    """Return the rows of the sentences in the section that the heading in ``row`` opens.

    Those in sections within it count too. The next heading of the same section ends it.
    """
    section = units[row].section
    within = f"{section} > "
    following = takewhile(
        lambda other: units[other].section.startswith(within)
        or (units[other].section == section and units[other].kind != "heading"),
        range(row + 1, len(units)),
    )
    return [other for other in following if units[other].kind == "sentence"]


def _share_with(found: Predictions, rows: Sequence[int]) -> NDArray[np.float32]:
    """Return (topics,) the share of ``rows`` that have each topic, as any of theirs."""
    given = found.margins[rows] > 0
    given[np.arange(len(rows)), found.primary[rows]] = True
    return np.asarray(given.mean(axis=0), np.float32)
