"""Relations between numbers: parts of a total, lists that share one verb, rows of tables."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from ..records import Sentence
from ..text.normalize import fold
from ..vocabulary import WordLists
from .mentions import Found, Line, line_of
from .periods import Date, one_year
from .quantities import quantities
from .words import INDICATORS, LISTS, outcomes, same_form, telling_verbs

_PARTS = WordLists(
    "parts", "of-which new-total new-total-first sum summed handled mean stage also-done taken"
)
_words = _PARTS.pattern

LEVELS = ("quantity", "money")
_OPENS = re.compile(r"[^,;:。]{0,2}其中")
"""At the beginning of a sentence: what follows is part of the total in the one before."""

_NEAR = 40
"""Numbers in front of a part among which its total is looked for."""
_LISTED = ("、", "和", "与", "及")
_BEHIND = ",;:。、()"
_BOUNDS_BEHIND = ("以上", "以下", "以内")
_BOUNDS_BEFORE = ("超", "突破", "逾", "过", "不足", "不到", "低于", "高于")
_LOOSE = ",、;:和及与(并"
_COMMON = 2
"""Characters at the end that make two names alike."""
_MOST_PARTS = 200
"""Numbers in front of 共计 that can be its parts."""


@cache
def _of_which() -> re.Pattern[str]:
    return re.compile(rf"{_words('of-which')}|^[^,;:。、其]{{2,16}}(?<![之其心])中,")


@cache
def _new_total() -> re.Pattern[str]:
    return re.compile(rf"{_words('new-total')}|^[,、;]?{_words('new-total-first')}")


@cache
def _sum() -> re.Pattern[str]:
    return re.compile(rf"[,、。;]?{_words('summed')}?{_words('sum')}{_words('handled')}?$")


@cache
def _mean() -> re.Pattern[str]:
    """Return the pattern of a mean, which is no part of a sum."""
    return re.compile(_words("mean"))


@cache
def _stage() -> re.Pattern[str]:
    """Return the pattern of a stage of works: what is in one is no part of what is in another."""
    stage = _words("stage")
    return re.compile(rf"(?<=..)(?:新开工|{stage})$|^{stage}$")


def _beside_outcome(total: Found) -> bool:
    """Say whether outcomes stand beside that of ``total``: 部分公开11件、不予公开9件."""
    outcome = _outcome_behind().search(total.name)
    return bool(outcome and not taken().fullmatch(outcome[0]))


@cache
def _outcome_behind() -> re.Pattern[str]:
    return re.compile(rf"(?:{outcomes().pattern})$")


@cache
def taken() -> re.Pattern[str]:
    """Return the pattern of what was done to all, so that an outcome is part of it."""
    return re.compile(_words("taken"))


@cache
def _also_done() -> re.Pattern[str]:
    """Return the pattern of totals beside which 修改 and 废止 are other things that were done."""
    return re.compile(_words("also-done"))


def link_parts(
    founds: Sequence[Found],
    lefts: dict[int, int],
    before: Found | None,
    running: tuple[Found, Found] | None = None,
) -> tuple[Found, Found] | None:
    """Set of every part its whole, and the roles of both.

    Args:
        founds: the numbers of a sentence but the dates, ascending, with their names.
        lefts: for the start of each number where its own words can begin.
        before: the last total of the sentence before, for a 其中 that opens this one.
        running: the total whose parts the sentence before, up to its semicolon, was listing, and
            the first of them.

    Returns:
        The total whose parts the end of the sentence is listing, and the first of them.
    """
    certain = True
    whole, opened = running or (None, None)
    closing = len(founds[0].line.t)
    for i, found in enumerate(founds):
        t = found.line.t
        left = lefts[found.start]
        words = t[left : found.start]
        gap = t[founds[i - 1].end : found.start] if i else t[: found.start]
        if found.kind not in LEVELS or found.role in ("change", "from", "to"):
            continue
        if is_threshold(found) and t[found.end : found.end + 1] not in _BEHIND:
            continue
        if _sum().search(gap) and i >= 2 and len(gap) <= 12:
            _sum_up(founds[max(0, i - _MOST_PARTS) : i], found)
            continue
        earlier = founds[max(0, i - _NEAR) : i]
        opens = _opening(earlier, gap, t, found)
        if opens:
            outer = before if not i and _OPENS.match(t) else None
            total = _whole(earlier, found, outer, nested="其中" in gap or "(" in gap)
            whole, closing = total, opens
        elif whole and 0 < closing < found.start:
            whole = None
        if opens:
            opened = found
            certain = "包括" not in gap and "含" not in gap
        if (
            whole
            and not opens
            and (
                _new_total().search(words)
                or (opened and gap[:1] not in _LISTED and _beside(found, opened, whole))
            )
        ):
            whole = None
        if whole and _mean().search(words) and not _mean().search(whole.name):
            whole = None
        if whole and whole is not found and whole.unit == found.unit:
            _join(found, whole, stated=certain)
        elif not i and before and _goes_on(found, before, words):
            found.name = f"{_root(before)}·{found.name}"
        elif i and _state(found, words.strip(_LOOSE)):
            total = _whole(earlier, found, None)
            if total and (stage := _stage().search(total.name)) and _stage().search(found.name):
                found.name = f"{total.name[: stage.start()]}·{found.name}"
            elif total and _beside_outcome(total):
                continue
            elif total and not total.whole and "·" in total.name:
                found.name = f"{total.name.partition('·')[0]}·{found.name}"
            elif total and (done := _also_done().match(total.name)):
                found.name = f"{total.name[done.end() :]}·{found.name}".lstrip("·")
            elif total:
                _join(found, total, stated=False)
    listing = whole and opened and closing == len(founds[0].line.t)
    return (whole, opened) if whole and opened and listing else None


def _beside(found: Found, opened: Found, whole: Found) -> bool:
    """Say whether ``found`` is named like the whole, and the part that 其中 opened is not.

    In 新登记主体2万户,其中企业1万户;实有主体9万户 the last number is no part of the first, nor
    is what was done besides one (被申请复议7件,其中维持5件;被提起诉讼3件).
    """
    common = _common_end(found.name, whole.name)
    if common >= _COMMON and common * 2 > len(found.name):
        return common > _common_end(opened.name, whole.name)
    states = [outcomes().fullmatch(f.name) for f in (found, opened, whole)]
    if states[0]:
        return bool(states[2]) and not states[1]
    return _acts(found.name) and not _acts(opened.name)


def _acts(name: str) -> bool:
    """Say whether a name begins with a verb, as the parts of a whole do all or none."""
    return name.startswith("被") or bool(telling_verbs().match(name))


def is_threshold(found: Found) -> bool:
    """Say whether a number only says which are counted: 投资500万元以上 of 项目45个."""
    said = found.qualifier
    return said.endswith(_BOUNDS_BEHIND) or said.startswith(_BOUNDS_BEFORE)


def _common_end(one: str, other: str) -> int:
    """Return how many characters both end with."""
    return next(
        (i for i, (a, b) in enumerate(zip(reversed(one), reversed(other), strict=False)) if a != b),
        min(len(one), len(other)),
    )


def _goes_on(found: Found, before: Found, words: str) -> bool:
    """Say whether a number says what became of the last of the clause in front.

    In 收到申请43件;已办结41件 it says so of 申请.
    """
    return (
        before.line.t.endswith(";")
        and before.unit == found.unit
        and _state(found, words.strip(_LOOSE))
        and not outcomes().fullmatch(_root(before) or "办结")
    )


def _root(found: Found) -> str:
    """Return the name of what ``found`` is a part or a stage of."""
    return (found.whole or found).name.partition("·")[0]


def _state(found: Found, words: str) -> bool:
    """Say whether all that is said of ``found``, in front or behind, is what became of it."""
    said = words or ("" if found.base else found.name)
    return bool(outcomes().fullmatch(said))


def _opening(earlier: Sequence[Found], gap: str, t: str, found: Found) -> int:
    """Return where the parts that ``found`` opens end (the sentence's end, a bracket), else 0."""
    bracket = gap.rfind("(")
    if bracket >= 0 and earlier and ")" not in gap[bracket:]:
        close = t.find(")", found.end)
        if "其中" in gap or gap.startswith("("):
            return close if close > 0 else len(t)
    return len(t) if _of_which().search(gap) else 0


def _whole(
    earlier: Sequence[Found], part: Found, before: Found | None, nested: bool = False
) -> Found | None:
    """Return the nearest total in front of ``part`` that counts the same things.

    ``nested``: whether it may be a part itself, as what was settled is of what came in.
    """
    for found in reversed(earlier):
        t = found.line.t
        if t.count("(", found.end, part.start) < t.count(")", found.end, part.start):
            continue  # in a bracket that is closed
        same = found.kind in LEVELS and found.unit == part.unit
        if nested and same and found.whole and found.whole.whole is None:
            return found
        if found.kind in LEVELS and found.unit == part.unit and found.role in ("", "to", "total"):
            return found
    if before and before.unit == part.unit:
        return before
    return None


def _join(part: Found, whole: Found, stated: bool) -> None:
    """Make a number a part of another, unless that one is a part of it already."""
    above: Found | None = whole
    while above is not None:
        if above is part:
            return
        above = above.whole
    part.whole, part.stated = whole, stated
    part.role, whole.role = "part", "total"


def _sum_up(parts: Sequence[Found], total: Found) -> None:
    """Make the numbers in front of 共计 its parts."""
    own = [
        p
        for p in parts
        if p.unit == total.unit and p.kind in LEVELS and p.role in ("", "part") and not p.stated
    ]
    if len(own) < 2 or total.name not in ("", own[-1].name):
        return
    for part in own:
        _join(part, total, stated=True)
    total.name = ""


_PARTED = re.compile(r"[、,]|和|以及|与|及")
_ITEMS = re.compile(r"、|(?<![饱温缓总调])和(?![谐美平])|以及|(?<![参给])与|(?<![普涉])及(?!格)")
_SUBJECTS = re.compile(
    r"(?P<who>[^,;:。]{2,40}?)(?:同比|环比|比上年|每[年月人]){0,4}分别(?P<what>[^,;:。、]{2,20})$"
)
_LONGEST_SUBJECTS = 80
"""Characters that the subjects of a list can take, with 分别 and what is said of each."""
_EACH = re.compile(r",?(?:同比|环比|比上年|较上年)?(?:分别|恢复[到至]|相当于)[^,;:。、]{0,16}")
_SCOPE = re.compile(r"^(?:全[国省市县区]|在(?![校编建册籍岗职]))")


@cache
def _common() -> re.Pattern[str]:
    """Return the pattern of a noun at the end of a list that all its items share."""
    common, tail = LISTS.pattern("common"), LISTS.pattern("common-tail")
    return re.compile(rf"{common}(?:同比|环比)?{tail}?$")


@cache
def cell_labels() -> tuple[str, ...]:
    """Return the ends of cells that name a count, whose number stands in the next cell."""
    return (*LISTS.texts("cell"), *INDICATORS.texts("outcome"))


@cache
def _created() -> re.Pattern[str]:
    """Return the pattern of verbs that no name needs beside whose the thing is."""
    return re.compile(rf"^{LISTS.pattern('creating')}(?=..)")


def distribute(line: Line, founds: Sequence[Found], dates: Sequence[Date]) -> None:
    """Give the numbers of a list the subjects of the list in front of them, one each."""
    i = 0
    while i < len(founds):
        run = _run(line.t, founds, i)
        if len(run) >= 2 and not _answer(line.t, founds[:i], run):
            _share(line, run, dates)
        i += len(run)


def _run(t: str, founds: Sequence[Found], i: int) -> list[Found]:
    """Return the numbers from ``i`` on with nothing but marks of a list between them."""
    run = [founds[i]]
    for found in founds[i + 1 :]:
        if not _PARTED.fullmatch(t[run[-1].end : found.start]) or _relative(found) != _relative(
            run[0]
        ):
            break
        run.append(found)
    return run


def _relative(found: Found) -> bool:
    """Say whether it is a share or a change: none stands in one list with counts."""
    return found.unit in ("%", "‰", "个百分点", "倍") or found.kind == "ratio"


def _answer(t: str, earlier: Sequence[Found], run: list[Found]) -> bool:
    """Name numbers behind a bare 分别 after as many before: A5万亩,B3万吨,分别增长1%和2%."""
    near = earlier[-len(run) :]
    if len(near) != len(run) or run[0].base is None:
        return False
    said = [f.base if f.role == "change" and f.base else f for f in near]
    if not all(f.name and f.role != "change" for f in said):
        return False
    if not _EACH.fullmatch(t, near[-1].end, run[0].start):
        return False
    for found, other in zip(run, said, strict=True):
        found.name, found.base = other.name, other
        found.role, found.kind = run[0].role, found.kind if found.kind == "range" else run[0].kind
        found.direction = run[0].direction
    return True


def _share(line: Line, run: list[Found], dates: Sequence[Date]) -> None:
    first = run[0]
    name = first.name
    for found in run[1:]:
        found.direction = found.direction or first.direction
        if first.role == "change":
            found.role = "change"
            found.kind = "change" if found.kind != "range" else "range"
        if not found.name:
            found.name = name
    said = [d for d in dates if d.end <= first.start]
    if len(said) >= len(run) and "分别" in line.t[said[-1].end : first.start]:
        for found, date in zip(run, said[-len(run) :], strict=True):
            found.name, found.year = name, date.year
        return
    subjects = _SUBJECTS.search(line.t, max(0, first.start - _LONGEST_SUBJECTS), first.start)
    who = _ITEMS.split(line.words(*subjects.span("who"))) if subjects else []
    if subjects and len(who) == len(run) and "分别" in name:
        what = line.words(*subjects.span("what"))
        _name_each(run, who, what)
        return
    if len(who) == len(run) and who[-1] not in name and len(_ITEMS.split(name)) == 1:
        _name_each(run, who, name)
        return
    items = who if len(who) == len(run) and name in who[-1] else _ITEMS.split(name)
    if len(items) != len(run):
        return
    common = _common().search(items[-1])
    if common and (rest := same_form(items)):
        for found, item in zip(run, items, strict=True):
            found.name = item if item is items[-1] else item + rest
            found.base = None
        return
    for found, item in zip(run, items, strict=True):
        short = common and not _common().search(item)
        tail = common[0].removeprefix("产业" if item.endswith("产业") else "") if common else ""
        found.name = item + tail if short else item
        found.base = None


def _name_each(run: list[Found], who: list[str], what: str) -> None:
    for found, item in zip(run, who, strict=True):
        found.name = _SCOPE.sub("", item) + _created().sub("", what)


# -- rows of tables ------------------------------------------------------------------------------

_CELLS = re.compile(r"\s*[|｜\t]\s*|\s{2,}")
_BARE_NUMBER = re.compile(r"\d[\d,，]*(?:\.\d+)?")
_LABEL_AND_NUMBERS = re.compile(r"(?P<label>\D{2,40}?)(?:[:：]|\s)\s*(?P<numbers>\d[\d,.\s]*)")
_NUMBERING = re.compile(
    r"[(（](?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]\s*|[一二三四五六七八九十]{1,3}、\s*"
    r"|\d{1,2}[.、．](?!\d)\s*|[①-⑳]\s*|其中[:：,，]?\s*"
)
_LIKE_A_ROW = re.compile(r"[|｜\t]|\s\s\S|[:：\s]\d")
_YEAR_CELL = re.compile(r"(?P<year>(?:19|20)\d\d)年?度?")
_APPLICANTS = (*("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"),)
"""Columns of the tables on requests that the annual reports of open government have in common."""
_LONGEST_LABEL = 40
_ENDS = "。!！?？,，"
_TOTALS = ("总计", "合计", "小计", "总数", "共计")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its numbers without a unit, and what each is the number of.

    Attributes:
        numbers: for each number where it begins and ends in the sentence, its label, and the
            label of the column, ``""`` for none.
        header: the names of the columns, for the rows that follow.
        label: the sentence, when it is the label of a number on the line that follows.
    """

    numbers: tuple[tuple[int, int, str, str], ...] = ()
    header: tuple[str, ...] = ()
    label: str = ""


def row_of(text: str, above: str, header: tuple[str, ...]) -> Row | None:
    """Read ``text`` as a row of a table: cells parted by ``|``, tabs or wide spaces.

    Args:
        text: the sentence.
        above: the sentence in front, where that names a count, so that a number alone is its own.
        header: the names of the columns of the table whose rows go on, ``()`` for none.

    Returns:
        The row, ``None`` for a sentence that is none and no label of one.
    """
    if not above and not _LIKE_A_ROW.search(text):
        if len(text) > _LONGEST_LABEL or not _names_count(text):
            return None
        return Row(label=text.strip())
    own = text.strip().rstrip(";；。")
    if above and _BARE_NUMBER.fullmatch(own):
        start = text.index(own)
        return Row(((start, start + len(own), above, ""),))
    cells = _cells(text, own)
    if len(cells) < 2:
        return Row(label=own) if len(own) <= _LONGEST_LABEL and _names_count(own) else None
    if not any(c.isalnum() for c in own):  # |---|---|
        return Row(header=header)
    if any(len(cell) > _LONGEST_LABEL or cell[-1] in _ENDS for _, cell in cells):
        return None
    bare = [bool(_BARE_NUMBER.fullmatch(cell)) for _, cell in cells]
    if bare[0] or not any(bare):
        named = not any(c.isdigit() for _, cell in cells for c in _YEAR_CELL.sub("", cell))
        return Row(header=tuple(cell for _, cell in cells)) if named else None
    columns = header if len(header) == len(cells) else ()
    if not columns and len(cells) == 1 + len(_APPLICANTS) and all(bare[1:]):
        columns = ("", *_APPLICANTS)
    numbers: list[tuple[int, int, str, str]] = []
    group = label = ""
    for i, (start, cell) in enumerate(cells):
        if bare[i]:
            column = columns[i] if columns else ""
            name = f"{group}·{label}" if group and group != label else label
            numbers.append((start, start + len(cell), name, column))
        else:
            if i and not bare[i - 1]:
                group = label
            label = _label(cell)
    return Row(tuple(numbers), header)


def _names_count(label: str) -> bool:
    return label[-1:] not in _ENDS and fold(label).endswith(cell_labels())


def _cells(text: str, own: str) -> list[tuple[int, str]]:
    """Return the cells of ``own``, each with where it begins in ``text``."""
    begin = text.index(own)
    spans: list[tuple[int, int]] = []
    at = 0
    for mark in _CELLS.finditer(own):
        spans.append((at, mark.start()))
        at = mark.end()
    spans.append((at, len(own)))
    cells = [(begin + a, own[a:b]) for a, b in spans if a < b]
    if len(cells) == 1 and (match := _LABEL_AND_NUMBERS.fullmatch(own)):
        numbers = list(_BARE_NUMBER.finditer(own, match.start("numbers")))
        if len(numbers) > 1 or _names_count(match["label"].strip()):
            cells = [(begin, match["label"].strip())]
            cells += [(begin + m.start(), m[0]) for m in numbers]
    return cells


def _label(cell: str) -> str:
    """Return the label of a cell without its numbering: of （一）予以公开 it is 予以公开."""
    numbering = _NUMBERING.match(cell)
    return re.sub(r"\s+", "", cell[numbering.end() :] if numbering else cell).rstrip(":：")


def read_row(line: Line, row: Row) -> list[Found]:
    """Return the numbers of a row; those of the columns in front of 总计 are its parts."""
    starts = [line.span(i, i + 1)[0] - line.offset for i in range(len(line.t))]
    founds: list[Found] = []
    total: Found | None = None
    for begin, end, label, column in row.numbers:
        at, behind = bisect_left(starts, begin), bisect_left(starts, end)
        found = _cell(line, at, behind, re.sub("[, ]", "", fold(line.text[begin:end])), label)
        if fold(column) in _TOTALS:
            total = found
        elif column and not _YEAR_CELL.fullmatch(column):
            found.name = column
        founds.append(found)
    for found, (_, _, label, column) in zip(founds, row.numbers, strict=True):
        if column and total and found.name == column:
            _join(found, total, stated=True)
        elif column and found.name == column:
            found.name = f"{label}·{column}"
    return founds


def date_columns(founds: Sequence[Found], row: Row) -> None:
    """Set the year of the numbers of columns that are headed by one."""
    for found, (*_, column) in zip(founds, row.numbers, strict=True):
        if year := _YEAR_CELL.fullmatch(column):
            found.speaks_of(one_year(int(year["year"])), "sentence")


_UNIT_OF_LABEL = re.compile(r"[(（](?P<unit>[^\d()（）]{1,8})[)）]$")


def _cell(line: Line, start: int, end: int, number: str, label: str) -> Found:
    """Return the number of a cell with the unit that its label has in brackets: 投资（万元）."""
    if said := _UNIT_OF_LABEL.search(label):
        words = number + said["unit"]
        read = line_of(Sentence(0, words, 0, len(words)))
        own = list(quantities(read, ())) if read else []
        if len(own) == 1 and own[0].end == len(words):
            name = label[: said.start()]
            return replace(own[0], line=line, start=start, digits=start, end=end, name=name)
    return Found(line, start, start, end, "quantity", "", (Decimal(number),), name=label)
