"""Run all checks over one text, and find what a yearly report leaves out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

from ..document.parse import parse_document, role_of_heading
from ..figures.extract import read_document
from ..figures.mentions import Found, line_of
from ..figures.words import other_basis
from ..records import Document, Finding, Sentence, Status
from ..text.dates import small_number
from ..text.normalize import squeeze
from ..topics.taxonomy import Taxonomy
from .changes import check_changes, check_settled
from .consistency import (
    check_balances,
    check_items,
    check_levels,
    check_products,
    check_repeats,
    check_tables,
)
from .finding import (
    CHECKS,
    Passage,
    Term,
    alike,
    bounds,
    exact,
    finding,
    finding_at,
    inexact,
    overlaps,
    passages,
    quotient,
    shown,
    sum_of,
    terms_of,
    words,
)
from .rates import check_percentages, check_quotients, check_ratios
from .sums import check_sums, doubt

LONGEST = 2000
"""Characters of a sentence that is still prose; a table or worse on one line has no sums to read,
and takes long."""


def check_text(text: str) -> list[Finding]:
    """Return what the arithmetic of ``text`` comes to, in the order of the text.

    Checked are totals against their parts, shares and rates against the numbers that they are
    of, changes against the levels that they lead from and to, indicators that are stated twice,
    percentages above 100, and years later than the report's own.
    """
    return check_document(parse_document(text))


def check_document(document: Document) -> list[Finding]:
    """Return what :func:`check_text` returns, for a parsed report."""
    prose = tuple(s for s in document.sentences if s.end - s.start <= LONGEST)
    founds = read_document(replace(document, sentences=prose))
    counted = [f for f in founds if f.kind != "date"]
    read = list(passages(counted))
    findings = [
        *check_sums(read),
        *check_items(document, counted),
        *check_levels(document, counted),
        *check_ratios(read),
        *check_changes(read),
        *check_settled(read),
        *check_balances(read),
        *check_products(read),
        *check_quotients(read),
        *check_counts(read),
        *check_years_between(document),
        *check_repeats(document, counted),
        *check_percentages(read),
        *check_years(document, founds),
        *check_own_year(document),
        *check_tables(document),
        *check_rows(counted),
    ]
    summed = list(check_stated_sums(read))
    agreed = [(f.start, f.end) for f in summed if f.status == "PASS"]
    findings = [f for f in findings if f.status == "PASS" or not _inside(f, agreed)]
    findings += [f for f in (*summed, *check_differences(read)) if not _told(f, findings)]
    once = {(f.start, f.end, f.kind, f.equation): f for f in findings}
    return sorted(once.values(), key=lambda f: (f.start, f.end))


def _inside(finding_: Finding, spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether a doubt about a sum is of numbers that another sum accounts for."""
    return finding_.kind == "total=parts" and any(
        start <= finding_.start and finding_.end <= end for start, end in spans
    )


def _told(finding_: Finding, others: Sequence[Finding]) -> bool:
    """Say whether a certain finding on the same numbers is there already."""
    return any(
        other.status != "UNCERTAIN" and other.start <= finding_.start and finding_.end <= other.end
        for other in others
    )


# -- the year of a report --------------------------------------------------------------------------


@cache
def _ahead() -> re.Pattern[str]:
    """Return the pattern of words of what is still to come."""
    return re.compile(rf"{CHECKS.pattern('ahead')}|到[^,;:。]{{0,4}}年")


def check_years(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every sentence that reports a later year than the report's own."""
    if not isinstance(document.year, int):
        return
    dated = {id(f.line): f for f in founds if f.kind == "date" and isinstance(f.value, int)}
    counted = {id(f.line) for f in founds if f.kind in ("quantity", "money", "percent")}
    for line, stated in dated.items():
        sentence = document.sentences[stated.line.n - 1]
        if sentence.role not in ("achievement", "problem") or sentence.kind != "sentence":
            continue
        if _ahead().search(sentence.text):
            continue
        year = stated.value
        if isinstance(year, int) and year > document.year and line in counted:
            equation = f"{year} > {document.year}"
            yield finding("UNCERTAIN", "year", equation, [stated], "later-year")


_OWN_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年")


@cache
def _opening_words() -> re.Pattern[str]:
    """Return the pattern of a sentence that says what the report is: 现将2020年度…报告如下."""
    return re.compile(rf"{CHECKS.pattern('reported')}如下")


@cache
def _closing_words() -> re.Pattern[str]:
    """Return the pattern of a sentence that ends a report: 以上为2020年度…报告."""
    return re.compile(
        rf"^(?:以上|上述)(?:就?是|即?为|[^,;。]{{0,20}}年)[^,;。]{{0,40}}|{CHECKS.pattern('reported')}完毕"
    )


def check_own_year(document: Document) -> Iterator[Finding]:
    """Yield a finding where beginning and end of a report name different years as its own."""
    said: list[tuple[str, Sentence, int, int]] = []
    for sentence in document.sentences:
        if "如下" not in sentence.text and not _MAY_CLOSE.search(sentence.text):
            continue
        line = line_of(sentence) if len(sentence.text) <= _LONGEST_STATEMENT else None
        if not line or not (_opening_words().search(line.t) or _closing_words().search(line.t)):
            continue
        years = list(_OWN_YEAR.finditer(line.t))
        if len({m[1] for m in years}) == 1:
            said.append((years[0][1], sentence, *line.span(*years[0].span())))
    for year, sentence, start, end in said[1:]:
        if year != said[0][0]:
            equation = f"{year} ≠ {said[0][0]}"
            yield finding_at("FAIL", "year", equation, sentence, start, end, "other-year")


_MAY_CLOSE = re.compile("以上|上述|完毕|特此")
_LONGEST_STATEMENT = 160
"""Characters of a sentence that says what a report is."""


# -- spans of days, places in an order, lists of titles --------------------------------------------

_SPAN = re.compile(
    r"(?P<m1>\d{1,2})月(?P<d1>\d{1,2})日(?:[起开始]{1,2})?[至到-](?:(?P<m2>\d{1,2})月)?(?P<d2>\d{1,2})日"
)
_LASTS = re.compile(r"(?:为期|历时|共|持续|共计|长达)$")


def check_counts(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what days between dates, places among so many, and titles in a list come to."""
    for passage in found:
        for term in passage.terms:
            f = term.found
            if f.kind == "rank":
                yield from _rank(passage, term)
            elif len(f.numbers) == 1 and f.kind == "quantity" and not inexact(f):
                if f.unit == "天" and _LASTS.search(term.pre):
                    yield from _days(passage, term)
                elif f.unit in _TITLED and "《" in passage.t:
                    yield from _titles(passage, term)


def _days(passage: Passage, term: Term) -> Iterator[Finding]:
    start = passage.t.rfind("。", 0, term.start) + 1
    spans = list(_SPAN.finditer(passage.t, max(start, term.start - 60), term.start))
    if len(spans) != 1:
        return
    m = spans[0]
    first, last = (int(m["m1"]), int(m["d1"])), (int(m["m2"] or m["m1"]), int(m["d2"]))
    lengths = {_between(first, last, year) for year in (2023, 2024)} - {None}
    stated = int(term.found.number)
    if not lengths:
        return
    named = {n + 1 for n in lengths if n is not None}
    equation = f"{first[0]}.{first[1]}-{last[0]}.{last[1]}: {min(named)}"
    if stated in named or stated + 1 in named:
        yield finding("PASS", "total=parts", f"{equation} = {stated}", [term.found])
    else:
        yield finding("FAIL", "total=parts", f"{equation} ≠ {stated}", [term.found], "days")


def _between(first: tuple[int, int], last: tuple[int, int], year: int) -> int | None:
    """Return the days from one day to another, ``None`` where there is no such day."""
    try:
        begin, end = date(year, *first), date(year, *last)
        return ((end if end >= begin else date(year + 1, *last)) - begin).days
    except ValueError:
        return None


_AMONG = re.compile(r"中[^,;。]{0,12}$")


def _rank(passage: Passage, term: Term) -> Iterator[Finding]:
    """Yield a finding of a place behind the last: 在参评的11个县中列第12位."""
    before = passage.terms[term.i - 1] if term.i else None
    if not before or not before.level or not before.found.unit or inexact(before.found):
        return
    among = _AMONG.search(term.gap)
    if not among or any(mark in term.gap for mark in ",;。") or term.found.qualifier:
        return
    if term.found.number > before.found.number:
        equation = f"{shown(term.found.number)} > {shown(before.found.number)}"
        yield finding("FAIL", "over100", equation, [before.found, term.found], "place")


_TITLED = frozenset({"部", "件", "个", "项", "份", "篇"})
_BEHIND = re.compile(
    r"[^,;:。(《]{0,16}?,?(?:即|分别(?:为|是)|[:(])(?P<list>(?:《[^《》]{1,60}》[、和及与,]?){1,30})"
)
_IN_FRONT = re.compile(r"(?:《[^《》]{1,60}》[、和及与]?){2,30}$")


def _titles(passage: Passage, term: Term) -> Iterator[Finding]:
    """Yield what a number of documents and the list of their titles come to."""
    t, stated = passage.t, int(term.found.number)
    behind = _BEHIND.match(t, term.end)
    if behind:
        listed = behind["list"].count("《")
        is_open = t.startswith("等", behind.end())
    else:
        front = _IN_FRONT.search(term.gap)
        if not front:
            return
        listed, is_open = front[0].count("《"), False
    if listed == stated:
        yield finding("PASS", "total=parts", f"{stated} = {listed}", [term.found])
    elif listed > stated or not is_open:
        yield finding("FAIL", "total=parts", f"{stated} ≠ {listed}", [term.found], "titles")


# -- sums, differences and years that a sentence works out ------------------------------------------

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
            before = term if sums else None
            yearly = term.level and _YEAR_OF_PARTS.search(term.pre)
            if (sums or yearly) and (run := _summands(passage, term)):
                yield from _stated_sum(passage, term, run, bool(yearly))


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


def _stated_sum(passage: Passage, total: Term, run: list[Term], yearly: bool) -> Iterator[Finding]:
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
    number = number or _count_in(total.pre)
    sure = yearly or number == len(run) or (not number and bool(_SURE_SUM.search(total.pre)))
    near = abs(added - whole.number) * 2 <= max(added, whole.number)
    if sure and near and whole.number > max(f.number for f in founds):
        equation = f"{shown(whole.number)} ≠ {terms_of(*founds)} ({shown(added)})"
        yield finding("FAIL", "total=parts", equation, [whole, *founds], "parts")


_NUMERALS = {char: n for n, char in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_COUNT = re.compile(
    r"([两二三四五六七八九十]|\d{1,2})(?:者|[项类期年批]|个[^,;:。\d]{1,6}|[^,;:。\d]{1,2}预警信号)"
)


def _count_in(words_: str) -> int:
    """Return how many parts the words in front of a sum speak of, 0 where they do not say."""
    match = _COUNT.search(words_)
    return (_NUMERALS.get(match[1]) or int(match[1])) if match else 0


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
        for a, b, d in zip(passage.terms, passage.terms[1:], passage.terms[2:], strict=False):
            levels = a.level and b.level and alike(a.found, b.found)
            plain = a.bracket == b.bracket == d.bracket and "。" not in b.gap + d.gap
            if not levels or not plain or inexact(a.found, b.found, d.found):
                continue
            if other_basis().search(passage.t, b.end, d.end):
                continue
            if len(d.found.numbers) == 1 and a.found.unit == b.found.unit:
                yield from _difference(a, b, d)


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
    """Yield whether a stated number of years fits the years around it: 自1998年到2023年已运行25年."""
    for sentence in document.sentences:
        for match in _YEARS_APART.finditer(sentence.text):
            front = sentence.text[match.end("y2") : match.start("n")]
            if not _COUNTED_YEARS.search(front):
                continue
            first, last, n = int(match["y1"]), int(match["y2"]), small_number(match["n"])
            place = (sentence.start + match.start(), sentence.start + match.end("n"))
            equation = f"{last} - {first} = {last - first}"
            if not n or last <= first:
                continue
            if n in (last - first, last - first + 1):
                yield finding_at("PASS", "total=parts", f"{first}-{last}: {n}", sentence, *place)
            else:
                yield finding_at(
                    "FAIL", "total=parts", f"{equation} ≠ {n}", sentence, *place, "years"
                )


# -- what a report leaves out ----------------------------------------------------------------------

NoteKind = Literal["topic", "part"]

_NOT_MISSED = frozenset({"other"})
"""Topics that no report has to touch."""

_PARTS = (
    ("progress", "主要举措和成效", "achievement", "says nothing of what was done"),
    ("problems", "存在的不足和原因", "problem", "names no problem or shortcoming"),
    ("plan", "下一年度主要安排", "plan", "says nothing of next year's plan"),
)
_DUTY = ("duties", "党政主要负责人履行推进法治建设第一责任人职责")


@cache
def _duties() -> re.Pattern[str]:
    """Return the pattern of the part on the first responsible person, for the folded text."""
    w = CHECKS.pattern
    return re.compile(
        r"第一责任人|(?:党政|主要)(?:主要)?负责(?:人|同志)"
        rf"[^。]{{0,24}}{w('duty')}[^。]{{0,16}}{w('duty-of')}"
        rf"|{w('duty-leader')}[^。]{{0,12}}(?:履行|带头)[^。]{{0,12}}法治"
    )


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a report does not have.

    Attributes:
        kind: ``topic`` or ``part``.
        name: slug of the topic, or ``progress``, ``problems``, ``duties`` or ``plan``.
        zh: what it is called.
        text: the same in one line.
    """

    kind: NoteKind
    name: str
    zh: str
    text: str


_CLAUSE = re.compile(r"[,;。!?]|\.$")


def _says(unit: Sentence) -> bool:
    """Return whether a unit says something: a sentence, or a heading that is one or is an item.

    Automatic numbers make short items of a list look like headings: 3.下一步,我们将加强培训.
    """
    if unit.kind == "heading":
        is_item = " > " in unit.section and role_of_heading(unit.text) is None
        return is_item or bool(_CLAUSE.search(squeeze(unit.text)))
    return unit.kind == "sentence"


def notes(
    document: Document, topics: Collection[str], taxonomy: Taxonomy | None = None
) -> list[Note]:
    """Return what ``document`` leaves out, the required parts first, then topics.

    The parts are those that the Regulations on the Supervision of Building a Law-Based Government
    (法治政府建设与责任落实督察工作规定, 2019) ask of every yearly report on it; the duties of the
    first responsible person are not asked of a report whose title is about something else.

    Args:
        document: a parsed report.
        topics: slugs of the topics that its sentences have.
        taxonomy: where topics come from; by default those that ship.

    Returns:
        One note for each part or topic that is missing; none for a text without sentences.
    """
    roles = {s.role for s in document.sentences if _says(s)}
    if not roles:
        return []
    found: list[Note] = [
        Note("part", name, zh, f"The report {what} ({zh}).")
        for name, zh, role, what in _PARTS
        if role not in roles
    ]
    if words("law-based").search(squeeze(document.title) or "法治") and not _duties().search(
        squeeze(document.text)
    ):
        name, zh = _DUTY
        text = f"The report says nothing of the duties of the first responsible person ({zh})."
        found.append(Note("part", name, zh, text))
    known = (Taxonomy.shipped() if taxonomy is None else taxonomy).topics
    found += [
        Note("topic", topic.slug, topic.zh, f"No sentence is about {topic.slug} ({topic.zh}).")
        for topic in known
        if topic.slug not in topics and topic.slug not in _NOT_MISSED
    ]
    return found
