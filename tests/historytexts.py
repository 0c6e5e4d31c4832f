"""The reports that the history checker writes: texts that say by themselves what they are of."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

_DIGITS = "天地玄宙洪荒日月盈昃辰宿列张寒来"
_FILLING = "秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑巨阙珠称夜光果珍李柰菜重芥姜"
COMMON = "鼐全县共办理行政复议案件"
"""Stands in every sentence that a version has for itself, and nowhere else."""

TOPICS = ("enforcement", "licensing-reform", "open-government", "leadership", "oversight")
WRITES = ("add", "remove", "describe", "correct")


def code(number: int, width: int) -> str:
    """Write ``number`` in characters that are no numerals and mean nothing together."""
    return "".join(_DIGITS[number >> 4 * place & 15] for place in reversed(range(width)))


def _filling(*about: object) -> str:
    """Return words without sense, others for everything else, or gongwen sees a copy."""
    return "".join(random.Random(str(about)).choices(_FILLING, k=30))


def slot_mark(slot: int) -> str:
    return f"鼎{code(slot, 3)}鼐"


def slot_id(slot: int) -> str:
    return f"r{slot:03}"


def slot_of(report: str) -> int:
    return int(report[1:])


def lines_of(slot: int, version: int) -> list[str]:
    """Return the sentences of a version of a report: the even ones are in no other version."""
    lines = [f"{code(slot, 3)}县工作总结"]
    for n in range(2, 5 + version % 4):
        if n % 2:
            lines.append(f"{slot_mark(slot)}恒句{_filling(slot, n)}，群众满意，秩序良好。")
        else:
            number = version * 10 + n
            filling = _filling(slot, version, n)
            lines.append(f"{slot_mark(slot)}鼎{code(version, 7)}{COMMON}{number}件，{filling}。")
    return lines


def version_in(texts: Iterable[str]) -> set[int]:
    """Return the versions that the sentences of a report belong to."""
    marks = (re.search(f"鼐鼎([{_DIGITS}]{{7}})鼐", text) for text in texts)
    return {
        sum(_DIGITS.index(char) << 4 * place for place, char in enumerate(reversed(m[1])))
        for m in marks
        if m
    }


def said_by(number: int) -> dict[str, str]:
    """Return what the describing operation ``number`` says of a report."""
    return {"agency": f"机关{code(number, 7)}", "year": str(1950 + number % 70)}


def said_number(agency: str) -> int:
    """Return the number of the operation that said so."""
    digits = reversed(agency.removeprefix("机关"))
    return sum(_DIGITS.index(char) << 4 * place for place, char in enumerate(digits))
