"""Any number of reports, made from the real ones of ``../shared/data/reports``.

Each takes the sections of one or two real reports in another order, with the name of another place,
other years and other figures, and is written as txt, docx, html or pdf. Every other text and page
is in GB18030, and every other Word file has its numbers in the text. The same seed gives the same
reports.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from random import Random

from gongwen.nlp.text.normalize import fold
from gongwen.nlp.text.numerals import find_numerals

ROOT = Path(__file__).parents[1]
REPORTS = ROOT.parent / "shared" / "data" / "reports"
FORMATS = ("txt", "docx", "html", "pdf")

_NUMERALS = "一二三四五六七八九十"
_HEADING = re.compile(rf"([{_NUMERALS}]+)、|[（(]([{_NUMERALS}]+)[）)]")
_TITLE = re.compile(r"(?:\d{4}年)?.{0,8}政府工作报告(?!，)")
_ITEM = re.compile(r"[［\[]?\d+[］\].．、]")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_OF_PROVINCE = re.compile(r"(?:壮族|回族|维吾尔)?自治区$|[省市县区旗]$")
_FURNITURE = 20
"""Shorter lines that are no heading are taken for the page around the report."""
_SECTION = 10
"""Paragraphs after which a new section begins where the report has no heading."""
_CHANGED = 0.9
"""Share of the figures that are changed."""

Paragraph = tuple[str, ...]
"""Text, figure, text, figure, …, text."""


@dataclass(frozen=True, slots=True)
class Original:
    """A real report.

    Attributes:
        year: in which it was given.
        place: whose it is, ``国务院`` for the whole country.
        opening: its paragraphs before the first heading.
        sections: its other paragraphs, a heading first where there is one.
    """

    year: int
    place: str
    opening: tuple[Paragraph, ...]
    sections: tuple[tuple[Paragraph, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What report of a series is made.

    Attributes:
        seed: of the series.
        parents: real reports whose sections each takes, at the most.
        sections: how many it has, ``None`` for as many as a real one.
    """

    seed: int = 1
    parents: int = 2
    sections: int | None = None


def make_reports(
    folder: Path,
    count: int,
    seed: int = 1,
    *,
    sections: int | None = None,
    parents: int = 2,
) -> list[Path]:
    """Write the first ``count`` reports of a series, in equal parts of every format that can be.

    Those that are in ``folder`` already stay; one that is there is whole.

    Args:
        folder: for this series only.
        count: how many.
        seed: of the series.
        sections: of each, ``None`` for as many as a real one has (20,000 characters).
        parents: real reports that each is made of, at the most; above 20 few are alike.

    Returns:
        The files in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(seed, parents, sections)
    formats = possible_formats()
    names = [_name(plan, number, formats) for number in range(count)]
    missing = [n for n, name in enumerate(names) if not (folder / name).exists()]
    if missing:
        write = partial(_write, folder, plan, formats)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(write, missing, chunksize=4):
                pass
    return [folder / name for name in names]


def possible_formats() -> tuple[str, ...]:
    """Return the formats that can be written with what is installed."""
    return tuple(f for f in FORMATS if f != "pdf" or find_spec("reportlab"))


def make_lines(plan: Plan, number: int) -> list[str]:
    """Return the paragraphs of one report, its title first."""
    place, year = _subject(plan, number)
    rng = Random(f"{plan.seed}:{number}")
    originals = _originals()
    first = originals[rng.randrange(len(originals))]
    drawn = [first, *rng.sample(originals, rng.randint(1, plan.parents) - 1)]
    pool = [(original, section) for original in drawn for section in original.sections]
    wanted = min(plan.sections or len(first.sections), len(pool))
    lines = [
        f"{year}年{place}政府工作报告",
        f"——{year}年{rng.randint(1, 3)}月{rng.randint(1, 28)}日"
        f"在{place}第{rng.randint(2, 19)}届人民代表大会第{rng.randint(1, 6)}次会议上",
        "各位代表：",
    ]
    counts = [0, 0]
    for original, section in [(first, first.opening), *rng.sample(pool, wanted)]:
        for paragraph in section:
            text = _changed(paragraph, year - original.year, rng)
            lines.append(_renumbered(_moved(text, original.place, place), counts))
    return lines


# -- the parts of a report -----------------------------------------------------------------------


@cache
def _originals() -> tuple[Original, ...]:
    return tuple(_original(path) for path in sorted(REPORTS.glob("*.txt")))


def _original(path: Path) -> Original:
    year, place, _ = path.stem.split("-", 2)
    opening: list[Paragraph] = []
    sections: list[list[Paragraph]] = []
    for line in map(str.strip, path.read_text("utf-8").splitlines()):
        heading = _HEADING.match(line)
        if not heading and (len(line) < _FURNITURE or _TITLE.match(line)):
            continue
        if heading or (len((sections or [opening])[-1]) >= _SECTION):
            sections.append([])
        (sections[-1] if sections else opening).append(_paragraph(line))
    return Original(int(year), place, tuple(opening), tuple(map(tuple, sections)))


def _paragraph(line: str) -> Paragraph:
    """Take a line apart at its figures, in digits or not; the number of an item is none."""
    folded = fold(line)
    spans = {(n.start, n.end): n.digits for n in find_numerals(folded)}
    taken = {i for start, end in spans for i in range(start, end)}
    item = _ITEM.match(folded)
    for match in _FIGURE.finditer(folded, item.end() if item else 0):
        if match.start() not in taken:
            spans[match.span()] = match[0]
    parts, at = [], 0
    for (start, end), digits in sorted(spans.items()):
        parts += [line[at:start], digits]
        at = end
    return (*parts, line[at:])


def _changed(paragraph: Paragraph, years: int, rng: Random) -> str:
    parts = list(paragraph)
    for i in range(1, len(parts), 2):
        if _YEAR.fullmatch(parts[i]):
            parts[i] = str(int(parts[i]) + years)
        elif rng.random() < _CHANGED:
            parts[i] = re.sub(r"\d", lambda _: str(rng.randint(1, 9)), parts[i])
    return "".join(parts)


def _moved(text: str, old: str, new: str) -> str:
    if old == "国务院":
        return text
    return text.replace(old, new).replace(_OF_PROVINCE.sub("", old), _OF_PROVINCE.sub("", new))


def _renumbered(line: str, counts: list[int]) -> str:
    """Number the headings in the order in which they stand now."""
    heading = _HEADING.match(line)
    if not heading:
        return line
    depth = 0 if heading[1] else 1
    counts[depth:] = [counts[depth] + 1, *[0] * (1 - depth)]
    number = _numeral(counts[depth])
    return (f"（{number}）" if depth else f"{number}、") + line[heading.end() :]


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if not tens else ("" if tens == 1 else _NUMERALS[tens - 1]) + "十"
    return head + (_NUMERALS[ones - 1] if ones else "")


# -- names and files -----------------------------------------------------------------------------


@cache
def _places() -> tuple[str, ...]:
    """Return the names of cities and counties of today."""
    found = set()
    for line in (files("gongwen.nlp.document") / "regions.txt").read_text("utf-8").splitlines():
        code, name, *rest = line.split(" ")
        still = not rest or rest[0].endswith("-") or "-" not in rest[0]
        if code.isdigit() and still and not code.endswith("0000") and len(name) > 2:
            found.add(name)
    return tuple(sorted(found))


@cache
def _order(seed: int) -> tuple[str, ...]:
    return tuple(Random(f"places:{seed}").sample(_places(), len(_places())))


def _subject(plan: Plan, number: int) -> tuple[str, int]:
    """Return place and year of a report; no two have both in common."""
    places = _order(plan.seed)
    return places[number % len(places)], 2025 - (number + number // len(places)) % 18


def _name(plan: Plan, number: int, formats: Sequence[str]) -> str:
    place, year = _subject(plan, number)
    return f"{number:05}-{place}-{year}-政府工作报告.{formats[number % len(formats)]}"


def _write(folder: Path, plan: Plan, formats: Sequence[str], number: int) -> None:
    path = folder / _name(plan, number, formats)
    lines = make_lines(plan, number)
    other = number // len(formats) % 2 == 1
    data = _writers()[path.suffix[1:]](lines, other)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


Writer = Callable[[list[str], bool], bytes]
"""Makes a file of the lines of a report, in one of two ways."""


@cache
def _writers() -> dict[str, Writer]:
    from tests.make_docx import docx_bytes

    def txt(lines: list[str], other: bool) -> bytes:
        return "\n".join(lines).encode("gb18030" if other else "utf-8")

    def docx(lines: list[str], other: bool) -> bytes:
        return docx_bytes(lines, numbered=not other)

    def html(lines: list[str], other: bool) -> bytes:
        from tests.make_html import html_bytes

        encoding, style = ("gb18030", "trs") if other else ("utf-8", "ucap")
        return html_bytes(lines, encoding=encoding, style=style)

    def pdf(lines: list[str], other: bool) -> bytes:
        from tests.make_pdf import pdf_bytes

        return pdf_bytes(lines, header=lines[0])

    return {"txt": txt, "docx": docx, "html": html, "pdf": pdf}
