"""The tail of a report: the signature and its date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .boilerplate import is_boilerplate
from .offices import Office, office_line
from .years import DATE, date_of

_SEARCHED = 12
"""Lines at the end among which a signature without a date is looked for."""
_LONGEST = 45
_SIGNERS = 6
"""Offices that sign together, at most."""
_DATED = re.compile(
    rf"[（(]?(?P<before>.{{0,{_LONGEST}}}?)[（(]?(?<!\s)\s*+(?P<date>{DATE})\s*+"
    rf"(?P<behind>[^）)]{{0,{_LONGEST}}})[）)]?"
)
_ENDS = "。！？!?；;"


class Signature(NamedTuple):
    """A date (``2021-01-15``), and the office that stands in the same line."""

    office: Office | None
    date: str


@dataclass(frozen=True, slots=True)
class Tail:
    """What stands under a report.

    Attributes:
        offices: the offices that signed it, the first first.
        date: the date of the signature (``2021-01-15``), or ``""``.
        lines: the short lines at the end, without page furniture.
    """

    offices: tuple[Office, ...] = ()
    date: str = ""
    lines: tuple[str, ...] = ()


def read_tail(lines: Sequence[str]) -> Tail:
    """Return what stands under a report; ``lines`` are its paragraphs below the head, stripped.

    A signature with a date may have annexes below it; one without must be at the very end.
    """
    end = _short_lines_at_the_end(lines)
    for number in range(len(lines) - 1, -1, -1):
        signed = signature(lines[number])
        if not signed:
            continue
        offices = (signed.office,) if signed.office else _offices_above(lines, number)
        if not offices and number + 1 < len(lines):  # the date stands first
            below = office_line(lines[number + 1])
            offices = (below,) if below and below.places else ()
        if offices or lines[number] in end:
            return Tail(offices, signed.date, end)
    return Tail(tuple(o for o in _offices_above(end, len(end)) if o.places), "", end)


def signature(line: str) -> Signature | None:
    """Return the signature when ``line`` is a date, or an office and a date, and nothing else."""
    dated = _DATED.fullmatch(line) if len(line) <= _LONGEST else None
    if not dated or not (date := date_of(dated["date"])):
        return None
    rest = (dated["before"] + dated["behind"]).strip()
    office = office_line(rest)
    return Signature(office, date) if office or not rest else None


def _short_lines_at_the_end(lines: Sequence[str]) -> tuple[str, ...]:
    last = list[str]()
    for line in reversed(lines[-4 * _SEARCHED :]):
        if not line or is_boilerplate(line):
            continue
        if len(line) > _LONGEST or line[-1] in _ENDS or len(last) == _SEARCHED:
            break
        last.append(line)
    return tuple(reversed(last))


def _offices_above(lines: Sequence[str], number: int) -> tuple[Office, ...]:
    """Return the offices in the lines right above the one with ``number``."""
    found = list[Office]()
    while number and len(found) < _SIGNERS and len(lines[number - 1]) <= _LONGEST:
        office = office_line(lines[number - 1])
        if not office:
            break
        found.append(office)
        number -= 1
    return tuple(reversed(found))
