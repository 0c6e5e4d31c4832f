"""What a classifier says of many samples at once, as arrays, and the tags that follow from it.

A tag with the probability of every topic takes as long to make as to compute. So whatever needs
only the topics of many sentences reads them from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import QueryError
from ..records import UNSURE, Tag


class Assigned(NamedTuple):
    """The topics of a sentence, as :class:`~gongwen.nlp.records.Tag` has them.

    Attributes:
        topic: slug of the primary topic, or ``unsure``.
        also: slugs of secondary topics, highest score first.
        probability: calibrated probability of the most probable topic, 0 to 1.
    """

    topic: str
    also: tuple[str, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Predictions:
    """The probabilities of the topics of n samples.

    Attributes:
        topics: slugs of the topics, in the order of the columns.
        primary: (n,) number of the primary topic.
        probabilities: (n, topics) calibrated probabilities, 0 to 1.
        margins: (n, topics) scores of secondary topics less the threshold of the topic; a topic
            that is not the primary one is assigned where it is above 0.

    Example:
        >>> from gongwen.nlp import TopicClassifier
        >>> found = TopicClassifier.shipped().predictions(["全年办理行政复议案件17件。"])
        >>> [one.topic for one in found.assigned()]
        ['reconsideration']
    """

    topics: tuple[str, ...]
    primary: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    margins: NDArray[np.float32]

    def assigned(self, min_probability: float = 0.0) -> Iterator[Assigned]:
        """Yield the topics of each sample.

        Args:
            min_probability: probability of the primary topic, 0 to 1, below which a sample gets
                the topic ``unsure`` and no secondary topics.

        Raises:
            QueryError: ``min_probability`` is out of range.
        """
        number = isinstance(min_probability, int | float | np.number)
        if not number or not 0 <= min_probability <= 1:
            raise QueryError(f"min_probability must be from 0 to 1, not {min_probability!r}")
        also = self._secondary_topics()
        best = np.take_along_axis(self.probabilities, self.primary[:, None], axis=1)[:, 0]
        for row, (first, probability) in enumerate(
            zip(self.primary.tolist(), best.tolist(), strict=True)
        ):
            if probability >= min_probability:
                yield Assigned(self.topics[first], also.get(row, ()), probability)
            else:
                yield Assigned(UNSURE, (), probability)

    def tags(self, min_probability: float = 0.0) -> list[Tag]:
        """Return n tags with all probabilities; arguments and errors as of :meth:`assigned`."""
        return [
            Tag(*assigned, dict(zip(self.topics, values, strict=True)))
            for assigned, values in zip(
                self.assigned(min_probability), self.probabilities.tolist(), strict=True
            )
        ]

    def _secondary_topics(self) -> dict[int, tuple[str, ...]]:
        """Return the secondary topics of the samples that have any, highest score first."""
        given = self.margins > 0
        given[np.arange(len(given)), self.primary] = False
        rows, columns = np.nonzero(given)
        order = np.lexsort((columns, -self.margins[rows, columns], rows))
        found: dict[int, tuple[str, ...]] = {}
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
            found[row] = (*found.get(row, ()), self.topics[column])
        return found

    def with_topic(self, rows: Sequence[int], topic: str) -> Predictions:
        """Return these predictions with ``topic`` as the only topic of the samples ``rows``.

        It changes places with the most probable topic. Nothing changes if there is no such topic.
        """
        if topic not in self.topics or not len(rows):
            return self
        number = self.topics.index(topic)
        changed = [row for row in rows if self.primary[row] != number]
        primary, probabilities = self.primary.copy(), self.probabilities.copy()
        margins = self.margins.copy()
        probabilities[changed, number] = self.probabilities[changed, self.primary[changed]]
        probabilities[changed, self.primary[changed]] = self.probabilities[changed, number]
        primary[changed], margins[changed] = number, -np.inf
        return Predictions(self.topics, primary, probabilities, margins)
