"""Check sums, differences, shares and spans that a sentence works out from the numbers in front."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from ..figures.mentions import Found
from ..figures.words import other_basis
from ..records import Document, Finding, Sentence, Status
from ..text.dates import small_number
from ..text.normalize import fold
from ..text.ordinary import ordinary
from .finding import (
    Passage,
    Term,
    alike,
    bounds,
    carried,
    exact,
    finding,
    finding_at,
    inexact,
    overlaps,
    quotient,
    shown,
    sum_of,
    terms_of,
)
from .sums import doubt

_NAMED_SUM = re.compile(
    r"(?:[合总共]计|[两二三四五六七八九十\d]{1,3}(?:者|项|类|期|年|批|季度)?(?:合计|共计|总计|共)|总[^,;:。、\d]{1,8}|共)"
    r"[^,;:。、\d]{0,6}$"
)
_SURE_SUM = re.compile("[合总共]计")
_COUNTERS = frozenset({"个", "期", "类", "项", "年", "批", "部分", "种", "级"})
_YEAR_OF_PARTS = re.compile(r"全年[^,;:。]{0,16}$")
_PARTS_OF_YEAR = (
    (re.compile("上半年"), re.compile("下半年")),
    (re.compile("前(?:3|三)个?季度"), re.compile("(?:第)?(?:4|四)季度")),
)
_MOST_SUMMED = 12


def check_stated_sums(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what a stated sum behind its parts comes to: 上半年3亿元,下半年4亿元,全年7亿元."""
    for passage in found:
        before: Term | None = None
        for term in passage.terms:
            sums = term.level and (
                bool(_NAMED_SUM.search(term.pre))
                or (before is not None and not term.pre and term.i == before.i + 1)
            )
            marker = before.pre if sums and before and not term.pre else term.pre
            before = term if sums else None
            yearly = term.level and _YEAR_OF_PARTS.search(term.pre)
            if (sums or yearly) and (run := _summands(passage, term)):
                yield from _stated_sum(passage, term, run, marker, bool(yearly))


def _summands(passage: Passage, total: Term) -> list[Term]:
    """Return the numbers of the same sentence in front of a sum that count the same."""
    begin = passage.t.rfind("。", 0, total.start)
    run = [
        term
        for term in passage.terms[max(0, total.i - 2 * _MOST_SUMMED) : total.i]
        if term.start > begin and term.level and alike(term.found, total.found)
    ]
    plain = all(term.bracket == total.bracket and "其中" not in term.gap for term in run)
    return run if plain and 2 <= len(run) <= _MOST_SUMMED and not inexact(total.found) else []


def _stated_sum(
    passage: Passage, total: Term, run: list[Term], marker: str, yearly: bool
) -> Iterator[Finding]:
    whole, founds = total.found, [term.found for term in run]
    added = sum((f.number for f in founds), Decimal(0))
    if yearly:
        first, second = run[0].pre, run[-1].pre
        if len(run) != 2 or not any(
            a.search(first) and b.search(second) for a, b in _PARTS_OF_YEAR
        ):
            return
    if added == whole.number or overlaps(sum_of(founds), bounds(whole)):
        same = added == whole.number
        equation = f"{shown(whole.number)} {'=' if same else '≈'} {terms_of(*founds)}"
        yield finding("PASS", "total=parts", equation, [whole, *founds], "" if same else "rounded")
        return
    if inexact(*founds) or doubt(whole, run, passage) or any("累计" in t.pre for t in run):
        return
    counted = [t for t in passage.terms[run[-1].i + 1 : total.i] if t.found.unit in _COUNTERS]
    number = int(counted[-1].found.number) if counted and counted[-1].found.numbers else 0
    number = number or _count_in(marker) or _count_in(run[0].gap)
    sure = yearly or number == len(run) or (not number and bool(_SURE_SUM.search(marker)))
    near = abs(added - whole.number) * 2 <= max(added, whole.number)
    if sure and near and whole.number > max(f.number for f in founds):
        equation = f"{shown(whole.number)} ≠ {terms_of(*founds)} ({shown(added)})"
        yield finding("FAIL", "total=parts", equation, [whole, *founds], "parts")


_NUMERALS = {char: n for n, char in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_COUNT = re.compile(
    r"([两二三四五六七八九十]|\d{1,2})(?:者|部分|[项类期年批]|个[^,;:。\d]{1,6}|[^,;:。\d]{1,2}预警信号)"
)


def _count_in(words_: str) -> int:
    """Return how many parts the words in front of a sum speak of, 0 where they do not say."""
    match = _COUNT.search(words_)
    return (_NUMERALS.get(match[1]) or int(match[1])) if match else 0


_RATE_ALONE = re.compile(r"(?P<did>[^,;:。率]{2,4})率(?:为|达|达到|是)?")
_WANTED = re.compile("计划|目标|任务|预计|拟")
_ANSWERED = re.compile(
    r"^(?:现|目前|均|各[^,;:。]{1,8})?已?(?:经)?[^,;:。]{0,4}(?:办结|制发|发放|答复|整改|销号|办理完毕)"
)


def check_answers(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what was done of what there was, and its rate: 62个,已完工57个,完工率91.9%."""
    for passage in found:
        for whole, part in pairwise(passage.terms):
            plain = whole.level and part.level and alike(whole.found, part.found)
            if not plain or "。" in part.gap or whole.bracket != part.bracket:
                continue
            if inexact(whole.found, part.found) or _WANTED.search(whole.pre):
                continue
            if carried().search(passage.t):
                continue
            if part.found.number > whole.found.number and _ANSWERED.search(part.pre):
                if part.found.number < whole.found.number * 2 and part.mark == ",":
                    equation = f"{shown(part.found.number)} > {shown(whole.found.number)}"
                    place = [whole.found, part.found]
                    yield finding("FAIL", "over100", equation, place, "above-received")
            elif part.i + 1 < len(passage.terms):
                rate = passage.terms[part.i + 1]
                name = _RATE_ALONE.fullmatch(rate.pre)
                if name and rate.found.kind == "percent" and name["did"] in part.pre:
                    yield from _fraction(part, whole, rate)


def check_rows(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield what the columns of a row come to, whose last one is headed 总计."""
    rows: dict[int, list[Found]] = {}
    for found in founds:
        whole = found.whole
        if (
            whole is not None
            and whole.line is found.line
            and not found.unit
            and whole.end == len(whole.line.t.rstrip(" |"))
        ):
            rows.setdefault(id(whole), []).append(found)
    for parts in rows.values():
        whole = parts[0].whole
        if whole is None or len(parts) < 3 or whole.start < parts[-1].start:
            continue
        added = sum((f.number for f in parts), Decimal(0))
        terms, total = terms_of(*parts), shown(whole.number)
        if added == whole.number:
            yield finding("PASS", "total=parts", f"{total} = {terms}", [whole, *parts])
        else:
            unequal = f"{total} ≠ {terms} ({shown(added)})"
            yield finding("FAIL", "total=parts", unequal, [whole, *parts], "parts")


_EARLIER = re.compile(
    r"(?:比|较|而)?(?:上年|去年|上一年|往年|常年|前年|(?:19|20)\d\d年)(?:的?同期)?(?:的|为|是|仅为|只有)?$"
)
_MORE = re.compile(r"(?P<up>偏?[多高大]|增[加长多]?|上升|提高)[^,;:。\d]{0,3}$")
_LESS = re.compile(r"(?P<down>偏?[少低小]|减[少]?|下降|降低|降)[^,;:。\d]{0,3}$")
_LEFT = re.compile(r"(?:还剩|剩余|剩下|余下|尚余)[^,;:。\d]{0,6}$")
_GONE = re.compile(r"退出|已|完成|销号|拆除|办结|发放|整改|出栏|注销|用去|使用")
_RATE = re.compile(r"(?P<sign>增幅|涨幅|增长|上升|降幅|跌幅|下降|减少)(?:达|为|约)?$")


def check_differences(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what differences of the two numbers in front come to: 58件,上年为47件,多办11件."""
    for passage in found:
        # A growth at other prices, or of other scope, is not that of the two amounts.
        for change, a, b in zip(passage.terms, passage.terms[1:], passage.terms[2:], strict=False):
            if a.found.role == "from" and b.found.role == "to" and change.found.kind == "change":
                yield from _ahead_of_levels(passage, change, a, b)
        for a, b, d in zip(passage.terms, passage.terms[1:], passage.terms[2:], strict=False):
            levels = a.level and b.level and alike(a.found, b.found)
            plain = a.bracket == b.bracket == d.bracket and "。" not in b.gap + d.gap
            if not levels or not plain or inexact(a.found, b.found, d.found):
                continue
            if other_basis().search(passage.t, b.end, d.end):
                continue
            if len(d.found.numbers) == 1 and a.found.unit == b.found.unit:
                yield from _difference(a, b, d)


def _ahead_of_levels(passage: Passage, change: Term, a: Term, b: Term) -> Iterator[Finding]:
    """Yield what a rate in front of its two levels comes to: 下降18.5%,由上年的240起降到180起."""
    unequal = a.found.unit == "%" or inexact(a.found, b.found, change.found) or not a.found.number
    if unequal or not a.level or not b.level or change.found.unit != "%":
        return
    if not _FROM_ALONE.fullmatch(a.gap) or other_basis().search(passage.t, change.end):
        return
    sign = "增长" if change.found.direction == "up" else "下降"
    yield from _rate_of_change(b, a, change, sign)


_FROM_ALONE = re.compile(r",?[由从](?:上年|去年|年初|(?:19|20)\d\d年)?的?")
"""What stands between a rate and the levels behind it, which have no subject of their own."""
_SHARE_BEFORE = re.compile(r"占(?P<of>[^,;:。占]{0,14}?)的?(?:比重|比例)?(?:为|达|近)?$")
_CLOSE, _FAR = Decimal("0.04"), Decimal("0.12")
"""Shares by which a fraction in words may be off: still it, and no longer it."""


def check_fractions(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what a share of the part and whole in front comes to: 占四分之一, 占总面积的65%."""
    for passage in found:
        for term in passage.terms[2:]:
            share = _SHARE_BEFORE.search(term.pre)
            if not share or term.found.kind not in ("ratio", "percent") or inexact(term.found):
                continue
            part = passage.terms[term.i - 1]
            whole = _whole_of(passage, part, share["of"])
            if whole is None or not part.level or not alike(part.found, whole.found):
                continue
            if "以上" not in term.pre:  # 合格以上 is more than the part
                yield from _fraction(part, whole, term)


_OF_ALL = re.compile("总|全部|全[省市县区镇乡]")


def _whole_of(passage: Passage, part: Term, of: str) -> Term | None:
    """Return the number that a share of ``of`` is taken of, ``None`` where that is not certain."""
    earlier = [t for t in passage.terms[: part.i] if t.level and alike(t.found, part.found)]
    bare = _OF_ALL.sub("", of)
    named = [t for t in earlier if len(bare) >= 2 and bare in t.said]
    if named:
        return named[-1]
    stated = next((t for t in earlier if t.found is part.found.whole and part.found.stated), None)
    if stated is not None:
        alike_in_words = len(set(bare) & set(stated.said + part.said)) * 2 > len(set(bare))
        return stated if len(bare) < 2 or alike_in_words else None
    return earlier[-1] if of != bare and bare in ("", "数", part.found.unit) and earlier else None


def _fraction(part: Term, whole: Term, share: Term) -> Iterator[Finding]:
    place = [whole.found, part.found, share.found]
    if inexact(*place) or not whole.found.number or len(share.found.numbers) != 1:
        return
    size = Decimal(100) if share.found.kind == "percent" else Decimal(1)
    low, high = quotient(bounds(part.found), bounds(whole.found), int(size))
    true = part.found.number / whole.found.number * size
    stated = share.found.number
    unit = "%" if size > 1 else ""
    left = f"{shown(part.found.number)} / {shown(whole.found.number)}"
    off = abs(true - stated) / stated if stated else Decimal(0)
    fits = overlaps((low, high), bounds(share.found)) if unit else off <= _CLOSE
    if fits:
        yield finding("PASS", "ratio", f"{left} = {shown(round(stated, 4))}{unit}", place)
    elif unit or off > _FAR:
        status: Status = "FAIL" if off > _CLOSE or abs(true - stated) > 1 else "UNCERTAIN"
        equation = f"{left} = {shown(round(true, 3))}{unit} ≠ {shown(round(stated, 4))}{unit}"
        yield finding(status, "ratio", equation, place, "share" if status == "FAIL" else "rounded")


def _difference(a: Term, b: Term, d: Term) -> Iterator[Finding]:
    earlier = bool(_EARLIER.search(b.pre)) and b.found.role not in ("from", "to")
    same = d.found.unit == a.found.unit
    one, two = a.found, b.found
    if same and _LEFT.search(d.pre) and _GONE.search(b.pre) and not _GONE.search(a.pre):
        yield _worked_out(
            a, b, d, one.number - two.number, f"{shown(one.number)} - {shown(two.number)}"
        )
    elif earlier and same and (_MORE.search(d.pre) or _LESS.search(d.pre)):
        grown = one.number - two.number if _MORE.search(d.pre) else two.number - one.number
        terms = (one, two) if _MORE.search(d.pre) else (two, one)
        left = " - ".join(shown(f.number) for f in terms)
        yield _worked_out(a, b, d, grown, left)
    elif earlier and (rate := _RATE.search(d.pre)) and two.number:
        yield from _rate_of_change(a, b, d, rate["sign"])


def _worked_out(a: Term, b: Term, d: Term, true: Decimal, left: str) -> Finding:
    place = [a.found, b.found, d.found]
    slack = sum((f.step / 2 for f in place if not exact(f)), Decimal(0))
    if abs(true - d.found.number) <= slack:
        return finding("PASS", "change", f"{left} = {shown(d.found.number)}", place)
    equation = f"{left} = {shown(true)} ≠ {shown(d.found.number)}"
    return finding("FAIL", "change", equation, place, "change")


def _rate_of_change(a: Term, b: Term, d: Term, sign: str) -> Iterator[Finding]:
    size = Decimal(100) if d.found.unit == "%" else Decimal(1) if d.found.kind == "ratio" else None
    if size is None:
        return
    up = sign in ("增幅", "涨幅", "增长", "上升")
    low = quotient(bounds(a.found), bounds(b.found), 100)
    changes = [(value - 100) * (1 if up else -1) * size / 100 for value in low]
    place = [a.found, b.found, d.found]
    stated = bounds(d.found)
    left = f"({shown(a.found.number)} - {shown(b.found.number)}) / {shown(b.found.number)}"
    shown_rate = f"{shown(d.found.number)}{d.found.unit}"
    if overlaps((min(changes), max(changes)), stated):
        yield finding("PASS", "change", f"{left} = {shown_rate}", place)
        return
    true = round((a.found.number - b.found.number) / b.found.number * size, 2)
    status: Status = "FAIL" if abs(abs(true) - d.found.number) > d.found.step else "UNCERTAIN"
    why = "change" if status == "FAIL" else "truncated"
    yield finding(status, "change", f"{left} = {shown(true)} ≠ {shown_rate}", place, why)


_YEARS_APART = re.compile(
    r"(?P<y1>(?:19|20)\d\d)年(?P<m1>1?\d月)?[^,，;；。年]{0,24}?[,，]?(?:至|到|—|-|－)\s*(?P<y2>(?:19|20)\d\d)年?(?P<m2>1?\d月)?"
    r"[^;；。年]{0,6}?(?P<n>\d{1,2}|[两二三四五六七八九]?十?[一二三四五六七八九十])(?:周年|年)(?P<over>[间内以]|[,，;；。]|$)"
)
_COUNTED_YEARS = re.compile(r"(?:已|共|历时|为期|的|运行|使用|满)[^,，;；。]{0,4}$")


def check_years_between(document: Document) -> Iterator[Finding]:
    """Yield whether a number of years fits the years around it: 自1998年到2023年已运行25年."""
    for sentence in document.sentences:
        plain = ordinary(sentence.text)
        for match in _YEARS_APART.finditer(plain.text):
            front = plain.text[match.end("y2") : match.start("n")]
            if not _COUNTED_YEARS.search(front):
                continue
            first, last, n = int(match["y1"]), int(match["y2"]), small_number(match["n"])
            begin, end = plain.span(match.start(), match.end("n"))
            place = (sentence.start + begin, sentence.start + end)
            equation = f"{last} - {first} = {last - first}"
            if not n or last <= first:
                continue
            if n in (last - first, last - first + 1):
                yield finding_at("PASS", "total=parts", f"{first}-{last}: {n}", sentence, *place)
            else:
                yield finding_at(
                    "FAIL", "total=parts", f"{equation} ≠ {n}", sentence, *place, "years"
                )


# -- tables with totals --------------------------------------------------------------------------

_TOTALS = re.compile(r"(?:\([一二三四五六七八九十]\))?(?:合计|总计|共计|总数)(?:\([^()]*\))?")
_NUMERAL = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,9}(?:\.\d+)?")
_MOST_ROWS = 30


def check_columns(document: Document) -> Iterator[Finding]:
    """Yield what the cells of a row come to whose heading ends with 总计, and of a short column."""
    heads: list[str] = []
    column: list[tuple[Sentence, Decimal]] = []
    for s in document.sentences:
        text = fold(ordinary(s.text).text).strip().strip("|").strip()
        mark = next((m for m in ("\t", "|", ";") if m in text), "")
        cells = [c.strip().rstrip("。") for c in text.split(mark)] if mark else []
        numbers = [Decimal(c.replace(",", "")) for c in cells if _NUMERAL.fullmatch(c)]
        if len(cells) > 3 and not numbers:
            if not all(set(c) <= set("-: ") for c in cells):
                heads = cells
        elif (
            len(numbers) > 3
            and heads
            and _TOTALS.fullmatch(heads[-1])
            and len(cells) - 1 <= len(numbers) <= len(cells) <= len(heads)
        ):
            yield _totalled(numbers[-1], numbers[:-1], s, s)
        if len(cells) == 2 and len(numbers) == 1 and _NUMERAL.fullmatch(cells[1]):
            if _TOTALS.fullmatch(cells[0]) and len(column) > 1:
                yield from _column_total(numbers[0], column, s)
                column = []
            else:
                column = [*column[-_MOST_ROWS:], (s, numbers[0])]
        else:
            column = []


_NO_PART = re.compile("新收|结转|其中|上年|率|占比|同比|增长|小计|合计")


def _column_total(
    total: Decimal, column: Sequence[tuple[Sentence, Decimal]], last: Sentence
) -> Iterator[Finding]:
    """Yield what the rows above a total come to, unless some of them are no parts of it."""
    for n in range(len(column), 1, -1):
        added = [number for _, number in column[-n:]]
        if sum(added) == total:
            yield _totalled(total, added, column[-n][0], last)
            return
    numbers = [number for _, number in column]
    apart = any(_NO_PART.search(row.text) for row, _ in column) or total in numbers
    if not apart and abs(sum(numbers) - total) * 4 <= total:
        yield _totalled(total, numbers, column[0][0], last)


def _totalled(total: Decimal, parts: Sequence[Decimal], first: Sentence, last: Sentence) -> Finding:
    added = " + ".join(map(shown, parts))
    if sum(parts) == total:
        equation, end = f"{shown(total)} = {added}", last.end
        return finding_at("PASS", "total=parts", equation, first, first.start, end)
    equation = f"{shown(total)} ≠ {added} ({shown(sum(parts, Decimal(0)))})"
    return finding_at("FAIL", "total=parts", equation, first, first.start, last.end, "parts")
