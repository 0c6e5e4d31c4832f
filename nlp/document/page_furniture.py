"""Find what is of the pages of a text and not of its report: contents pages, page numbers, heads.

What a line is follows from what repeats and where: numbers that ascend from page to page, a short
line that stands again and again beside them or within sentences, a list of headings with their
pages that the same headings follow. A column of a table, a list and items 1 2 3 are none of these.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from ..text.normalize import squeeze
from ..text.paragraphs import HEADINGS, heading_mark, starts_unit
from ..vocabulary import WordLists
from .blocks import Block
from .printed_lines import is_printed

_WORDS = WordLists("pages", "contents watermark")
_LINE = re.compile(r"[^\n]+")
_ENDS = "。！？!?；;：:｡"
_CLOSERS = "”’」』)）》】〕\"'"
_DASH = r"[-~·.*]"
_NUMBER = re.compile(
    rf"{_DASH}{{1,3}}(?P<a>\d{{1,4}}){_DASH}{{1,3}}|第(?P<b>\d{{1,4}})页(?:[,/,、]?共\d{{1,4}}页)?"
    r"|共\d{1,4}页[,/,、]?第(?P<c>\d{1,4})页|(?P<d>\d{1,4})/\d{1,4}页?|page(?P<e>\d{1,4})(?:of\d{1,4})?"
    rf"|(?P<f>\d{{1,4}})页|{_DASH}{{1,3}}(?P<g>\d{{1,4}})|(?P<h>\d{{1,4}}){_DASH}{{1,3}}|(?P<i>\d{{1,3}})"
)
"""A page number, squeezed; the groups from ``d`` on are sure only in a sequence."""
_CERTAIN = frozenset("abce")
_LEADER = re.compile(
    r"(?P<entry>\S.{0,79}?)(?:\s?(?:[.·…‥・_．﹒•⋯]|-{2}|—{2})\s?){2,200}"
    r"[\s(（\[-]{0,9}(?P<page>\d{1,4}|[ivxl]{1,6})?[\s)）\]-]{0,9}"
)
_GAPPED = re.compile(r"(?P<entry>\S.{0,79}?)(?:\t|[ \u3000]{2,80})\s{0,80}(?P<page>\d{1,4})\s{0,9}")
_LONGEST_ENTRY = 60
_LONGEST_HEAD = 40
_SENTENCE = re.compile("[。！？；]")
_PROSE = re.compile("[,。;!?:]$|(?<!内部资料)[,。;]")
"""Marks, folded, that no running head has."""
_ITEM_START = re.compile(r"[\d年月日件个人次项起宗名的地得了和与及、，。；：）》”]")
_HANGS = tuple("，,、的和与及了在对为将被把向从（(《“0123456789")
_LABELS = re.compile(r"^\s{0,9}(\d{1,4})(?:[ \t\u3000]{1,80}(?=\S)|\s{0,9}$)")
_DIGITS = re.compile(r"\d{1,9}")
_COLUMNS = re.compile(r"\t| {2}")
_FEWEST_LINES = 5
_FEWEST_FIFTHS = 3
_WRAPPED = 18
"""Characters of a line without marks that may have run into the margin."""
_PAGE_TEXT = 150
"""Characters that a page has at least, where bare numbers alone tell the pages apart."""

Unit = tuple[int, int, Block | None]
"""Start and end of a line, or of a block, and the block."""


def units(text: str, blocks: Sequence[Block]) -> list[Unit]:
    """Return the lines of a text that are not blank, and whole its blocks."""
    found: list[Unit] = []
    at = 0
    for block in (*blocks, None):
        end = block.start if block else len(text)
        for line in _LINE.finditer(text, at, end):
            if line[0].strip():
                found.append((*line.span(), None))
        if block:
            found.append((block.start, block.end, block))
            at = block.end
    return found


# -- contents --------------------------------------------------------------------------------------


@cache
def _contents_heads() -> frozenset[str]:
    return frozenset(map(squeeze, _WORDS.texts("contents")))


def with_contents(text: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
    r"""Return ``blocks`` with one of kind ``contents`` for each line of a contents page.

    Example:
        >>> text = "目录\n一、总体情况……1\n二、问题……3\n一、总体情况\n办案12件。\n二、问题\n不足。"
        >>> [text[b.start:b.end] for b in with_contents(text, ())]
        ['目录', '一、总体情况……1', '二、问题……3']
    """
    parts = units(text, blocks)
    lines = [text[start:end].strip() for start, end, _ in parts]
    found = _contents(lines)
    if not found:
        return tuple(blocks)
    kept = {
        (start, end): replace(block, kind="contents") if block else Block(start, end, "contents")
        for i in found
        for start, end, block in parts[i : i + 1]
    }
    others = [b for b in blocks if (b.start, b.end) not in kept]
    return tuple(sorted((*others, *kept.values()), key=lambda b: b.start))


def _contents(lines: Sequence[str]) -> set[int]:
    """Return the numbers of the lines of contents pages."""
    bare = [squeeze(line) if len(line) <= 2 * _LONGEST_ENTRY else "" for line in lines]
    places: dict[str, list[int]] = defaultdict(list)
    for i, line in enumerate(bare):
        if line:
            places[line].append(i)
    found: set[int] = set()
    entries = [_entry(line) for line in lines]
    at = tried = 0
    while at < len(lines):
        headed = bare[at].strip("[]") in _contents_heads()
        first = at + headed
        # What is left of a run of leaders that was no contents page is not tried again.
        run = _run(lines, entries, bare, first, headed) if headed or at >= tried else []
        tried = max(tried, first + len(run))
        last = first + len(run)
        names = [squeeze(entry[0]) for i in run if (entry := entries[i])]
        again = [name for name in names if places[name] and places[name][-1] >= last]
        pages = [entry[1] for i in run if (entry := entries[i]) and entry[1]]
        rising = pages == sorted(pages)
        if rising and len(names) > (not headed) and (headed or len(again) * 2 >= len(names)):
            found.update(range(at, last))
        elif plain := _plain_contents(lines, bare, places, first, headed):
            last = first + plain
            found.update(range(at, last))
        at = max(last, at + 1)
    return found


def _entry(line: str) -> tuple[str, int] | None:
    """Return the heading and the page (0 for none) of a line that has both, with a leader."""
    if not line or len(line) > 4 * _LONGEST_ENTRY:
        return None
    match = _LEADER.fullmatch(line) or _GAPPED.fullmatch(line)
    if not match or len(match["entry"]) > _LONGEST_ENTRY or "\t" in match["entry"]:
        return None
    page = match["page"] or ""
    if _SENTENCE.search(match["entry"]) or not (page or len(line) - len(match["entry"]) > 3):
        return None
    return match["entry"].strip(), int(page) if page.isdigit() else 0


def _run(
    lines: Sequence[str],
    entries: Sequence[tuple[str, int] | None],
    bare: Sequence[str],
    first: int,
    headed: bool,
) -> list[int]:
    """Return the numbers of the lines from ``first`` on that have leaders, or begin such a line."""
    run: list[int] = []
    i = first
    while i < len(lines):
        following = i + 1 < len(lines) and entries[i + 1] and not starts_unit(lines[i + 1])
        broken = following and starts_unit(lines[i]) and not _SENTENCE.search(lines[i])
        page = run and headed and _NUMBER.fullmatch(bare[i]) and entries[min(i + 1, len(lines) - 1)]
        if not entries[i] and not broken and not page:
            break
        run.append(i)
        i += 1
    return run


def _plain_contents(
    lines: Sequence[str],
    bare: Sequence[str],
    places: dict[str, list[int]],
    first: int,
    headed: bool,
) -> int:
    """Return how many lines from ``first`` on are headings that follow again in order."""
    if first >= len(lines) or not bare[first] or (not headed and not heading_mark(lines[first])):
        return 0
    second = _next_place(places[bare[first]], first)
    count = second - first if second else 0
    if not second or count < (1 if headed else 3) or count > 200:
        return 0
    at = second - 1
    for i in range(first, second):
        if not bare[i] or lines[i][-1] in _ENDS or len(lines[i]) > _LONGEST_ENTRY:
            return 0
        again = _next_place(places[bare[i]], at)
        if again is None:
            return 0
        at = again
    # Headings of the text have text below them; a list that stands twice has none.
    return count if at - second >= count else 0


def _next_place(places: Sequence[int], after: int) -> int | None:
    """Return the first of ascending ``places`` after one, ``None`` when it is the last."""
    at = bisect_right(places, after)
    return places[at] if at < len(places) else None


# -- page furniture --------------------------------------------------------------------------------


def without_page_furniture(
    text: str, blocks: Sequence[Block]
) -> tuple[str, tuple[Block, ...], tuple[str, ...]]:
    r"""Leave out page numbers, running heads, watermarks and the numbers of lines.

    A sentence that one of these interrupts is joined.

    Args:
        text: the text of a report, with line feeds.
        blocks: its blocks.

    Returns:
        The text and the blocks that are left, and notes that name the lines that were left out
        because they stand on every page.

    Example:
        >>> without_page_furniture("全年办理行政处罚案件\n— 1 —\n318件。\n", ())[0]
        '全年办理行政处罚案件318件。\n'
    """
    notes: list[str] = []
    if not blocks and (unnumbered := _without_line_numbers(text)) != text:
        text = unnumbered
        notes.append("numbers of lines left out")
    parts = units(text, blocks)
    lines = [text[start:end].strip() for start, end, _ in parts]
    short = [squeeze(line) if len(line) <= 2 * _LONGEST_HEAD else "" for line in lines]
    table = [
        bool(b and b.kind == "row") or "\t" in line
        for (_, _, b), line in zip(parts, lines, strict=True)
    ]
    numbers = _page_numbers(lines, short, table)
    heads = _running_heads(lines, short, table, numbers)
    dropped = numbers | heads
    if not dropped:
        return text, tuple(blocks), tuple(notes)
    named: dict[str, int] = defaultdict(int)
    for i in sorted(heads):
        named[lines[i]] += 1
    notes += [f"on its pages, left out: {line} ({n} times)" for line, n in named.items() if n > 1]
    return (*_left(text, parts, dropped), tuple(notes[:5]))


def _page_numbers(lines: Sequence[str], short: Sequence[str], table: Sequence[bool]) -> set[int]:
    """Return the numbers of the lines that are page numbers."""
    certain: set[int] = set()
    bare: list[tuple[int, int]] = []
    other: list[tuple[int, int]] = []
    for i, line in enumerate(short):
        match = _NUMBER.fullmatch(line.replace(" ", "")) if line and not table[i] else None
        if not match or not match.lastgroup:
            continue
        number = int(match[match.lastgroup])
        if match.lastgroup in _CERTAIN:
            certain.add(i)
        elif match.lastgroup == "i":
            bare.append((i, number))
        else:
            other.append((i, number))
    certain.update(i for i in _chain(other, 2) if _is_among_text(lines, i))
    chain = _chain(bare, 2)
    return certain | (set(chain) if _are_pages(lines, chain) else set())


def _chain(numbered: Sequence[tuple[int, int]], least: int) -> list[int]:
    """Return the places of the longest series of numbers that ascend by one."""
    ends: dict[int, tuple[int, int]] = {}  # number: how many, and place of the last
    before: dict[int, int | None] = {}
    for place, number in numbered:
        count, last = ends.get(number - 1, (0, None))
        before[place] = last
        if count + 1 >= ends.get(number, (0, 0))[0]:
            ends[number] = (count + 1, place)
    count, end = max(ends.values(), default=(0, -1))
    chain: list[int] = []
    at: int | None = end if count >= least else None
    while at is not None:
        chain.append(at)
        at = before[at]
    return chain[::-1]


def _is_among_text(lines: Sequence[str], i: int) -> bool:
    around = (*lines[max(0, i - 3) : i], *lines[i + 1 : i + 4])
    return any(_SENTENCE.search(line) for line in around)


def _are_pages(lines: Sequence[str], chain: Sequence[int]) -> bool:
    """Say whether numbers that stand alone are those of pages, not of items or rows."""
    if not chain:
        return False
    spans = [lines[a + 1 : b] for a, b in pairwise(chain)]
    if not all(any(_SENTENCE.search(line) for line in span) for span in spans):
        return False
    if sum(sum(map(len, span)) for span in spans) >= _PAGE_TEXT * len(spans):
        return True
    goes_on = [i for i in chain if 0 < i < len(lines) - 1 and _goes_on(lines[i - 1], lines[i + 1])]
    ends = chain[-1] == len(lines) - 1
    after_text = any(_SENTENCE.search(line) for line in lines[: chain[0]])
    return (ends and after_text and lines[chain[0] - 1][-1] not in "：:") or len(
        goes_on
    ) * 2 >= len(chain)


def _running_heads(
    lines: Sequence[str], short: Sequence[str], table: Sequence[bool], numbers: set[int]
) -> set[int]:
    """Return the numbers of the lines that stand on every page."""
    places: dict[str, list[int]] = defaultdict(list)
    for i, line in enumerate(short):
        eligible = 1 < len(line) <= _LONGEST_HEAD and i not in numbers and not table[i]
        if eligible and not _PROSE.search(line) and not heading_mark(lines[i]):
            places[_DIGITS.sub("#", line)].append(i)
    title = next((line for line in short if len(line) > 5), "")
    heads: set[int] = set()
    for masked, at in places.items():
        same = len({short[i] for i in at}) == 1
        if at == at[:1] and masked in _watermarks():
            above, below = lines[max(at[0] - 1, 0)], lines[min(at[0] + 1, len(lines) - 1)]
            if at[0] > 1 and _goes_on(above, below, strict=True):
                heads.update(at)
            continue
        if len(at) < 2 or (not same and not _ascend([short[i] for i in at])):
            continue
        marked = same and short[at[0]] in _watermarks()
        beside = sum(i - 1 in numbers or i + 1 in numbers for i in at)
        broken = sum(
            0 < i < len(lines) - 1 and _goes_on(lines[i - 1], lines[i + 1], strict=True) for i in at
        )
        far = all(b - a > 2 for a, b in pairwise(at))
        paged = not same and "页" in masked
        named = same and len(masked) > 5 and masked in title and len(at) > 2
        if marked or paged or (far and (beside * 2 > len(at) or named)):
            pass
        elif not (far and len(at) > 2 and broken * 3 >= len(at)):
            continue
        keeps = same and not marked and short[at[0]] == title  # the first is the title itself
        heads.update(at[keeps:])
    return heads


@cache
def _watermarks() -> frozenset[str]:
    return frozenset(map(squeeze, _WORDS.texts("watermark")))


def _ascend(lines: Sequence[str]) -> bool:
    """Say whether lines that differ in a number are numbered one after the other."""
    found = [list(map(int, _DIGITS.findall(line))) for line in lines]
    columns = list(zip(*found, strict=False))
    changed = [column for column in columns if len(set(column)) > 1]
    return len(changed) == 1 and all(b - a == 1 for a, b in pairwise(changed[0]))


@cache
def _title_end() -> re.Pattern[str]:
    """Return the pattern of the end of a title, which is whole."""
    return re.compile(rf"{HEADINGS.pattern('title')}(?:[（(][^（）()]{{1,12}}[)）])?$")


def _goes_on(line: str, following: str, strict: bool = False) -> bool:
    """Say whether ``following`` goes on with the sentence that ``line`` leaves open."""
    last = line.rstrip(_CLOSERS)[-1:] or line[-1]
    if last in _ENDS + ".．…" or starts_unit(following) or "\t" in line + following:
        return False
    if _NUMBER.fullmatch(squeeze(following[:20])):
        return False
    clauses = any(c in line for c in "，、。；,;")
    if heading_mark(line) and len(line) <= 30 and not any(c in line for c in "，。；,;"):
        return False
    if clauses or line.endswith(_HANGS):
        return True
    if strict and not _SENTENCE.search(following):
        return False
    if len(line) >= _WRAPPED and not _title_end().search(line):
        return True
    return bool(_ITEM_START.match(following)) and len(line) > 3


def _left(text: str, parts: Sequence[Unit], dropped: set[int]) -> tuple[str, tuple[Block, ...]]:
    """Return the text and blocks without some parts, the sentences that they broke joined."""
    pieces: list[str] = []
    blocks: list[Block] = []
    length = 0
    # Where all lines are broken, those at the ends of pages are joined with the others.
    printed = is_printed(text[s:e] for i, (s, e, _) in enumerate(parts) if i not in dropped)
    previous: Unit | None = None
    gap = False
    for i, part in enumerate(parts):
        start, end, block = part
        if i in dropped:
            gap = True
            continue
        between = text[previous[1] : start] if previous else text[:start] * (not gap)
        joined = False
        if gap and previous:
            above, below = text[previous[0] : previous[1]].rstrip(), text[start:end].lstrip()
            joined = (
                not printed
                and _goes_on(above.lstrip(), below.rstrip())
                and _joinable(previous, part)
            )
            if joined:
                start = end - len(below)
                length -= len(pieces[-1]) - len(pieces[-1].rstrip())
                pieces[-1] = pieces[-1].rstrip()
                between = " " if above[-1:].isascii() and below[:1].isascii() else ""
                if above[-1:].isdigit() or below[:1].isdigit():
                    between = ""
            else:
                parted = between.count("\n") > gap + 1 and not printed
                between = "\n\n" if parted else "\n"
        pieces += (between, text[start:end])
        length += len(between)
        if joined and block:
            blocks[-1] = replace(blocks[-1], end=length + end - start)
        elif block:
            blocks.append(replace(block, start=length, end=length + end - start))
        length += end - start
        previous, gap = part, False
    tail = text[parts[-1][1] :].strip(" ") if parts else text
    return "".join((*pieces, tail)), tuple(blocks)


def _joinable(above: Unit, below: Unit) -> bool:
    """Say whether two parts may be one paragraph by what the file says of them."""
    kinds = {block.kind if block else None for block in (above[2], below[2])}
    return kinds in ({None}, {"paragraph"})


def _without_line_numbers(text: str) -> str:
    """Return ``text`` without the numbers in front of all of its lines, or of every fifth."""
    lines = text.split("\n")
    numbered = [(i, match) for i, line in enumerate(lines) if (match := _LABELS.match(line))]
    filled = [i for i, line in enumerate(lines) if line.strip()]
    every = len(numbered) == len(filled) >= _FEWEST_LINES
    if not every:
        numbered = _every_fifth(numbered, filled)
    if not numbered:
        return text
    values = [int(match[1]) for _, match in numbered]
    steps = [b - a for a, b in pairwise(values)]
    if every and any(step != 1 and b != 1 for step, b in zip(steps, values[1:], strict=True)):
        return text
    labels = dict(numbered)
    # What is behind the shortest gap is the indent of a paragraph.
    gaps = [
        len(match[0]) - match.end(1) for _, match in numbered if match.end() < len(match.string)
    ]
    gap = min(gaps, default=0)
    plain = [lines[i] for i in filled if i not in labels]
    margin = min((len(line) - len(line.lstrip(" \t")) for line in plain), default=0)
    rest = [lines[i][labels[i].end() if i in labels else 0 :].strip() for i in filled]
    open_ = sum(bool(line) and line[-1] not in _ENDS for line in rest)
    wrapped = any(
        len(a) >= 15 and a[-1] not in _ENDS and b and not starts_unit(b)
        for a, b in pairwise(rest[1:])
    )
    tabular = sum(bool(_COLUMNS.search(line)) for line in rest)
    prose = any(_SENTENCE.search(line) for line in rest)
    headed = any(heading_mark(line) for line in rest)
    if not prose or tabular * 3 > len(rest) or open_ * 3 < len(rest) or not (wrapped or headed):
        return text
    for i in filled:
        lines[i] = lines[i][labels[i].end(1) + gap if i in labels else margin :]
    return "\n".join(lines)


def _every_fifth(
    numbered: Sequence[tuple[int, re.Match[str]]], filled: Sequence[int]
) -> list[tuple[int, re.Match[str]]]:
    """Return those of the lines with numbers that stand five lines apart, with 5, 10, 15."""
    place = {i: n for n, i in enumerate(filled)}
    found = [(i, match) for i, match in numbered if int(match[1]) % 5 == 0 and int(match[1])]
    if len(found) < _FEWEST_FIFTHS:
        return []
    for (a, upper), (b, lower) in pairwise(found):
        step = int(lower[1]) - int(upper[1])
        if int(lower[1]) != 5 and (step != 5 or place[b] - place[a] != 5):
            return []
    restarts = sum(int(match[1]) == 5 for _, match in found[1:])
    return found if restarts * 3 <= len(found) else []
