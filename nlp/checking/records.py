"""What a check says of one place in a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["PASS", "FAIL", "UNCERTAIN"]
CheckKind = Literal["total=parts", "ratio", "change", "repeat", "over100", "year"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of arithmetic in a report, and whether it comes out.

    Attributes:
        status: ``FAIL`` only where the text says that the parts make the whole, and they do not;
            ``UNCERTAIN`` where it may mean something else.
        kind: which check speaks.
        equation: what was computed (``254 = 249 + 5``), with ``≠`` where it does not come out.
        start: offset in the text of the first number of the equation.
        end: offset behind its last number, or behind its first when they are in different
            sentences.
        n: 1-based number of the sentence in which the first number stands.
        sentence: the text of that sentence.
        reason: why the status is what it is, in a few words.
    """

    status: Status
    kind: CheckKind
    equation: str
    start: int
    end: int
    n: int
    sentence: str
    reason: str = ""
