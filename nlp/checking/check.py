"""Run all checks over one text, and find what a yearly report leaves out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

from ..document.parse import parse_document
from ..document.roles import role_of_heading
from ..figures.extract import read_document
from ..figures.mentions import Found, in_plain, line_of
from ..records import Document, Finding, Sentence, Status
from ..text.normalize import squeeze
from ..topics.taxonomy import Taxonomy
from .changes import check_changes
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
    carried,
    finding,
    finding_at,
    inexact,
    overlaps,
    passages,
    shown,
    sum_of,
    terms_of,
    words,
)
from .rates import check_percentages, check_quotients, check_ratios
from .statements import (
    check_answers,
    check_columns,
    check_differences,
    check_fractions,
    check_rows,
    check_stated_sums,
    check_years_between,
)
from .sums import check_sums

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
        *check_totals(read),
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
        *check_columns(document),
    ]
    summed = list(check_stated_sums(read))
    agreed = [(f.start, f.end) for f in summed if f.status == "PASS"]
    findings = [f for f in findings if f.status == "PASS" or not _inside(f, agreed)]
    findings += [
        f
        for f in (*summed, *check_differences(read), *check_fractions(read), *check_answers(read))
        if not _told(f, findings)
    ]
    once = {(f.n, f.kind, f.equation): f for f in reversed(findings)}
    return sorted(once.values(), key=lambda f: (f.start, f.end))


def _inside(finding_: Finding, spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether a doubt about a sum is of numbers that another sum accounts for."""
    return finding_.kind == "total=parts" and any(
        start <= finding_.start and finding_.end <= end for start, end in spans
    )


def _told(finding_: Finding, others: Sequence[Finding]) -> bool:
    """Say whether a certain finding on the same statement is there already."""
    return any(
        other.end == finding_.end or (other.start <= finding_.start and finding_.end <= other.end)
        for other in others
        if other.status != "UNCERTAIN"
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
        if _ahead().search(in_plain(sentence).text):
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
        titled = sentence.kind == "title" and not said
        said_of = in_plain(sentence).text
        if not titled and "如下" not in said_of and not _MAY_CLOSE.search(said_of):
            continue
        line = line_of(sentence) if len(sentence.text) <= _LONGEST_STATEMENT else None
        if not line or not (
            (titled and _YEAR_OF_TITLE.search(line.t))
            or _opening_words().search(line.t)
            or _closing_words().search(line.t)
        ):
            continue
        years = list(_OWN_YEAR.finditer(line.t))
        if len({m[1] for m in years}) == 1:
            said.append((years[0][1], sentence, *line.span(*years[0].span())))
    for year, sentence, start, end in said[1:]:
        if year != said[0][0]:
            equation = f"{year} ≠ {said[0][0]}"
            yield finding_at("FAIL", "year", equation, sentence, start, end, "other-year")


_YEAR_OF_TITLE = re.compile(
    r"(?:19|20)\d\d年度?(?!\d|[^,;。]{0,4}月)[^,;。]{2,60}(?:报告|总结|年报)$"
)
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


# -- more than there can be ------------------------------------------------------------------------


def check_settled(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield a finding where more was settled than came in, and no earlier cases are spoken of."""
    for passage in found:
        yield from _settled(passage)


def _settled(passage: Passage) -> Iterator[Finding]:
    if carried().search(passage.t):
        return
    came: Term | None = None
    for term in passage.terms:
        if not term.level or term.bracket >= 0 or inexact(term.found):
            continue
        if came and re.search("[;。]", passage.t[came.end : term.start]):
            came = None
        if (
            came
            and alike(came.found, term.found)
            and _answers(came, term)
            and term.found.unit not in _CURRENCIES
        ):
            if term.found.number > came.found.number and term.found.year == came.found.year:
                equation = f"{shown(term.found.number)} > {shown(came.found.number)}"
                place = [came.found, term.found]
                new = words("newly-in").search(came.label)
                status: Status = "UNCERTAIN" if new else "FAIL"
                why = "carried" if new else "above-received"
                yield finding(status, "over100", equation, place, why)
            came = None
        elif words("came-in", "due").search(term.label) and not words("settled").search(term.label):
            came = term


_CURRENCIES = frozenset({"元", "美元"})


_AS_WELL = re.compile(r"^(?:已经?|被|依法|共|全部|均|考试|经?评查|经?检测|最终|成功)+")


def _answers(came: Term, term: Term) -> bool:
    """Say whether a number is only what was settled of the one in front, or came of those due."""
    label = _AS_WELL.sub("", term.label)
    if words("due").search(came.label):
        return bool(words("actual").search(term.label))
    return bool(words("settled").fullmatch(label))


# -- totals that say how many parts they have ------------------------------------------------------

_COUNTED_PARTS = re.compile(
    r"(?P<n>[2-9两二三四五六七八九]|1\d|十[一二]?)"
    r"(?:[类期年项批种家次地县镇乡村月届轮户]|个?季度|部分|方面|阶段|渠道|个[^,;。:、\d]{1,6})"
    r"[^,;。:\d]{0,10}$"
)
_SUMMED_AFTER = re.compile(r"(?:合计|共|总|累计|一并|相加)[^,;。:、\d]{0,10}$")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "十一": 11, "十二": 12}
_TIMES = (
    (re.compile("上半年"), re.compile("下半年")),
    (re.compile("前[3三]个?季度"), re.compile("[4四]季度")),
    tuple(re.compile(f"(?<!前)[{a}{b}]季度") for a, b in zip("1234", "一二三四", strict=True)),
)


def check_totals(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what totals come to that say how many parts they have: 三期总投资.

    The parts stand in front of the total in its sentence: as many as it says, or the halves or
    quarters that make a year.
    """
    for passage in found:
        for total in passage.terms:
            if total.level and total.i > 1 and not inexact(total.found):
                parts = _counted_parts(passage, total) or _parts_of_year(passage, total)
                parts = parts or _beside_total(passage, total)
                if len(parts) > 1 and not inexact(*(p.found for p in parts)):
                    yield _added_up(passage, total, parts)


def _in_sentence(passage: Passage, total: Term) -> list[Term]:
    """Return the numbers in front of ``total`` in its sentence that can be added to one."""
    start = max(passage.t.rfind("。", 0, total.start), passage.t.rfind(";", 0, total.start))
    return [
        t
        for t in passage.terms[: total.i]
        if t.start > start
        and t.level
        and t.bracket == total.bracket
        and alike(t.found, total.found)
    ]


def _counted_parts(passage: Passage, total: Term) -> list[Term]:
    t = passage.t
    edge = max(t.rfind(mark, 0, total.start) for mark in ",;。:、") + 1
    clause = t[edge : total.start]
    if not _SUMMED_AFTER.search(clause):
        return []
    parts = _in_sentence(passage, total)
    parts = [p for p in parts if p.start < edge]
    if not parts:
        return []
    match = _COUNTED_PARTS.search(clause) or _COUNTED_PARTS.search(
        t[: parts[0].start - len(parts[0].gap)] + parts[0].gap.partition(":")[0]
        if ":" in parts[0].gap
        else ""
    )
    if not match:
        return []
    n = int(match["n"]) if match["n"].isdigit() else _DIGITS[match["n"]]
    run = parts[-n:]
    if len(parts) == n + 1 and ":" in parts[1].gap:
        return run
    return run if len(parts) == n else []


def _parts_of_year(passage: Passage, total: Term) -> list[Term]:
    if not re.match(r"全年|(?:19|20)\d\d年全年", total.pre):
        return []
    parts = _in_sentence(passage, total)
    for times in _TIMES:
        if len(parts) == len(times) and all(
            time.search(part.pre) for time, part in zip(times, parts, strict=True)
        ):
            return parts
    return []


def _beside_total(passage: Passage, total: Term) -> list[Term]:
    """Return the parts of 4159人 in 城市412户683人,农村1936户3512人,合计2348户4159人."""
    first = passage.terms[total.i - 1]
    if total.gap or not first.level or not re.search("[合总共]计", first.pre):
        return []
    parts = _in_sentence(passage, total)
    firsts = _in_sentence(passage, first)
    side_by_side = [p.i for p in parts] == [p.i + 1 for p in firsts]
    return parts if side_by_side and all(not p.gap for p in parts) else []


def _added_up(passage: Passage, total: Term, parts: Sequence[Term]) -> Finding:
    founds = [p.found for p in parts]
    place = [total.found, *founds]
    added = sum((f.number for f in founds), Decimal(0))
    number = shown(total.found.number)
    if overlaps(sum_of(founds), bounds(total.found)):
        mark = "=" if added == total.found.number else "≈"
        why = "" if mark == "=" else "rounded"
        return finding("PASS", "total=parts", f"{number} {mark} {terms_of(*founds)}", place, why)
    why = "overlap" if words("overlap").search(passage.t) else ""
    why = why or ("open-list" if re.search("等$|等[^,;。]{0,4}$", total.gap[:4]) else "")
    why = why or ("carried" if carried().search(passage.t) else "")
    status: Status = "UNCERTAIN" if why else "FAIL"
    unequal = f"{number} ≠ {terms_of(*founds)} ({shown(added)})"
    return finding(status, "total=parts", unequal, place, why or "parts")


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
