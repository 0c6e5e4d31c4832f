"""Which reports come first, when whole reports are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .engine import Sort
from .ranking import Ranked
from .rows import Rows

DECAY = 0.5
"""Weight of a report's second sentence beside its first, of its third beside the second, …: one
sentence that says it all beats many that touch it."""


@dataclass(frozen=True, slots=True)
class RankedReport:
    """A report, its score, how many of its sentences match, and the best of them."""

    id: str
    score: float
    matches: int
    best: Ranked


class ReportRanker:
    """Gathers ranked rows by their report.

    Args:
        rows: the rows of the index.
        best: sentences to give with each report.
    """

    def __init__(self, rows: Rows, best: int) -> None:
        self._rows = rows
        self._best = best

    def rank(self, ranked: Ranked, sort: Sort) -> list[RankedReport]:
        """Return the reports of ``ranked`` rows, best first; equals in the order of the rows."""
        column = self._rows.codes("report")
        of_row = column.codes[ranked.rows]
        by_report = np.argsort(of_row, kind="stable")  # the order of the rows stays within each
        starts = np.flatnonzero(np.diff(of_row[by_report], prepend=-1))
        sizes = np.diff(starts, append=len(by_report))
        nth = np.arange(len(by_report)) - np.repeat(starts, sizes)
        weights = DECAY ** np.minimum(nth, 60)
        scores = np.add.reduceat(ranked.scores[by_report] * weights, starts)
        first = by_report[starts]
        keys = [first, -scores]
        if sort == "year":
            keys.append(-self._rows.years()[ranked.rows[first]])
        reports = []
        for i in np.lexsort(keys).tolist():
            own = by_report[starts[i] : starts[i] + min(sizes[i], self._best)]
            reports.append(
                RankedReport(
                    column.values[of_row[first[i]]],
                    float(scores[i]),
                    int(sizes[i]),
                    Ranked(ranked.rows[own], ranked.scores[own]),
                )
            )
        return reports
