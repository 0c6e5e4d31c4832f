"""Plan a query: from the tree that a user typed to the tree that an engine runs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import get_args

from ..nlp.errors import QueryError, UnknownNameError, quoted
from ..nlp.fields import FIELDS, UNIT_NAMES
from ..nlp.records import UNSURE, Kind
from ..nlp.text.dates import YEAR, year_number
from ..nlp.text.normalize import fold, squeeze
from ..nlp.text.numerals import SCALE, find_numerals, in_digits_offsets
from ..nlp.topics.taxonomy import Taxonomy
from .query import And, Filter, Node, Not, Or, Run, Text
from .searcher import Searcher

_LONGEST_WORD = 10
LONGEST_RUN = 400
"""Characters of a run that are cut into words; what follows only counts for the unbroken run."""
_MOST_WORDS = 48

_MEASURES = (
    "年月日号时分秒个件次起人名位条项部份家户处场期批类种款卷册篇亩座所辆台间栋岁"
    "元倍成天周届级轮组套节课例"
)
_ATOM = re.compile(
    # A number or Latin word with what joins its parts: 90.72%, 3·15, 5-5.5%, gb/t19001-2016.
    r"[a-z0-9]+(?:(?:[-+./&'·:#~]|(?<=[0-9]),(?=[0-9]))[a-z0-9]+)*[+#%]*"
    # 7件 is one word: 7 and 件 say nothing; so is 5千万.
    rf"(?:(?<=[0-9])[余多几来]?(?:{SCALE}[余多]?|[{_MEASURES}]))?"
    r"|[^\W_a-z0-9]+"
)
_JOINS = ".,·/:&'#%+~-"
_UNFINISHED = "abcdefghijklmnopqrstuvwxyz0123456789" + _JOINS
"""What a number or Latin word that was cut through can end with, and what joins its parts."""
_FUNCTION_WORDS = frozenset("的了和与及或等在是对为把被将也都就还又而以之其这那吗呢吧啊有于从到个")
_QUESTION_WORDS = frozenset(
    "怎么 怎么办 怎样 什么 如何 哪些 哪个 哪里 是否 多少 几个 为什么 为何 请问 能否 可以".split()
)


def cut_run(run: str, frequency: Callable[[str], int], total: int) -> tuple[Text, ...]:
    """Return the words of a folded ``run``, without repeats, in order.

    The most likely cut under a unigram model whose counts are the index's document frequencies.
    Words of grammar and of questions are left out when others remain. A run without a word, such
    as a comma, stands for itself.

    Args:
        run: folded and squeezed text without spaces.
        frequency: sentences that hold a word of the index, 0 when the index has no such word.
        total: words in the index, with repeats.
    """
    words: list[str] = []
    for atom in _atoms(_shortened(run)):
        words.extend(_cut_chinese(atom, frequency, total) if _is_chinese(atom) else [atom])
    content = [w for w in words if w not in _FUNCTION_WORDS and w not in _QUESTION_WORDS]
    chosen = list(dict.fromkeys(content or words))[:_MOST_WORDS]
    return tuple(Text(word, whole=True) for word in chosen) or (Text(run),)


def _atoms(run: str) -> Iterator[str]:
    """Yield numbers, Latin words, and what stands between, without marks.

    A number in characters is one with its measure word (十七件), as one in digits is (17件).
    """
    digits, starts, ends = in_digits_offsets(run)
    for atom in _ATOM.finditer(digits):
        yield run[starts[atom.start()] : ends[atom.end() - 1]]


def _shortened(run: str) -> str:
    """Return the part of ``run`` that is cut into words; it does not end inside a number."""
    if len(run) <= LONGEST_RUN:
        return run
    run = run[:LONGEST_RUN]
    unfinished = run[len(run.rstrip(_UNFINISHED)) :].lstrip(_JOINS)
    return run[: len(run) - len(unfinished)] or run


def _is_chinese(atom: str) -> bool:
    return not atom[0].isascii() and not find_numerals(atom)


def _cut_chinese(text: str, frequency: Callable[[str], int], total: int) -> list[str]:
    """Return the most likely words of ``text``.

    Neighbours that are no words stay together, and single characters do: they are what is left of
    a word that the index does not have (法律 顾门), and apart they would be found anywhere.
    """
    size = len(text)
    floor = math.log(0.1 / max(total, 1))
    best = [0.0] + [-math.inf] * size
    back = [0] * (size + 1)
    known = [False] * (size + 1)
    for start in range(size):
        for end in range(start + 1, min(size, start + _LONGEST_WORD) + 1):
            count = frequency(text[start:end])
            if not count and end > start + 1:
                continue
            score = best[start] + (math.log(count / max(total, 1)) if count else floor)
            if score > best[end]:
                best[end], back[end], known[end] = score, start, bool(count)
    words: list[str] = []
    flags: list[bool] = []
    end = size
    while end:
        words.append(text[back[end] : end])
        flags.append(known[end])
        end = back[end]
    words.reverse()
    flags.reverse()
    merged: list[str] = []
    previous = False
    for word, flag in zip(words, flags, strict=True):
        piece = not flag or (len(word) == 1 and word not in _FUNCTION_WORDS)
        if piece and previous:
            merged[-1] += word
        else:
            merged.append(word)
        previous = piece
    return merged


_NO_QUOTES = dict.fromkeys(map(ord, '"＂“”「」『』'))
_UNSURE = (UNSURE, "不确定")
NO_BOILERPLATE = Not(Filter("kind", ("boilerplate",)))
KINDS: tuple[str, ...] = get_args(Kind)
"""Kinds of units of text; a filter on any other ``kind`` is on the kind of the document."""
_OF_REPORTS = frozenset(one.name for one in FIELDS if one.matching not in ("", "year"))
"""Filters that are looked up in the store; an engine knows years by itself."""

_YEARS = re.compile(
    rf"({YEAR})?\s{{0,9}}(?:年\s{{0,9}})?(\.\.|--?|~|…{{1,2}}|至|到)\s{{0,9}}(?:({YEAR})\s{{0,9}})?年?"
    rf"|({YEAR})\s{{0,9}}年?"
)


class Planner:
    """Resolves the names in filters and cuts runs into words.

    Args:
        engine: whose vocabulary cuts the runs.
        taxonomy: gives the topics and roles; called when a filter names one.
        report: turns what a user typed for a report into its id; raises when there is none.
        reports_where: gives the ids of the reports whose field has a value, as a user types both.
    """

    def __init__(
        self,
        engine: Searcher,
        taxonomy: Callable[[], Taxonomy],
        report: Callable[[str], str],
        reports_where: Callable[[str, str], Sequence[str]] = lambda field, value: (),
    ) -> None:
        self._engine = engine
        self._taxonomy = taxonomy
        self._report = report
        self._reports_where = reports_where

    def plan(self, node: Node) -> Node:
        """Return ``node`` ready to run; boilerplate is left out unless a filter asks for a kind.

        Raises:
            UnknownNameError: a filter names a topic, role, level, kind or report that does not
                exist.
            QueryError: a filter's year cannot be read.
        """
        planned = self._plan(node)
        return planned if _asks_for_kind(planned) else And((planned, NO_BOILERPLATE))

    def _plan(self, node: Node) -> Node:
        match node:
            case Run():
                words = cut_run(node.text, self._engine.frequency, self._engine.total_words)
                return replace(node, words=tuple((word,) for word in words))
            case Filter():
                return self._checked(node)
            case And(parts=parts):
                return And(tuple(self._plan(part) for part in dict.fromkeys(parts)))
            case Or(parts=parts):
                return Or(tuple(self._plan(part) for part in dict.fromkeys(parts)))
            case Not(part=part):
                return Not(self._plan(part))
            case _:
                return node

    def _filter(self, node: Filter) -> Node:
        """Return the filter by what an engine knows; of most report fields it has the ids only."""
        if node.field == "kind":
            named = {value: _units(value) for value in node.values}
            units = tuple(unit for units in named.values() for unit in units)
            documents = tuple(value for value, units in named.items() if not units)
        else:
            units, documents = ((), node.values) if node.field in _OF_REPORTS else (node.values, ())
        planned: list[Node] = []
        if units:
            planned.append(Filter(node.field, tuple(self.value(node.field, v) for v in units)))
        if documents:
            ids = (self._reports_where(node.field, value) for value in documents)
            planned.append(Filter("report", tuple(dict.fromkeys(chain.from_iterable(ids)))))
        return planned[0] if len(planned) == 1 else Or(tuple(planned))

    def _checked(self, node: Filter) -> Node:
        """Return a filter as :meth:`_filter`; of one that is typed, say how to search its words.

        Raises:
            UnknownNameError: a value does not exist.
        """
        try:
            return self._filter(node)
        except UnknownNameError as error:
            if not node.typed:
                raise
            words = quoted(node.typed.translate(_NO_QUOTES))[1:-1]
            raise error.with_advice(
                f'to search for these words put them in quotes: "{words}"'
            ) from None

    def value(self, field: str, value: str) -> str:
        """Return the form in which an engine knows the ``value`` of a filter."""
        if field == "topic" and squeeze(value) in _UNSURE:
            return UNSURE
        if field == "topic":
            return self._taxonomy().topics.resolve(value)
        if field == "role":
            return self._taxonomy().roles.resolve(value)
        if field == "year":
            return years(value)
        if field == "report":
            return self._report(value)
        return value


def _units(value: str) -> tuple[str, ...]:
    """Return the kinds of units that a name means, in English or Chinese; none for another name."""
    named = fold(value)
    return (named,) if named in KINDS else UNIT_NAMES.get(named, ())


def without_boilerplate(node: Node) -> Node | None:
    """Return what a planned tree asks for besides leaving out boilerplate, ``None`` if it is in."""
    match node:
        case And(parts=(part, other)) if other == NO_BOILERPLATE:
            return part
        case _:
            return None


def years(value: str) -> str:
    """Return ``"2018..2021"`` for what a user typed: 2020, 2018..2021, 2018-2021, 2018.., ..2021.

    Raises:
        QueryError: it is not a year or a span of years.
    """
    match = _YEARS.fullmatch(fold(value.strip()))
    if not match or not (match[4] or match[1] or match[3]):
        raise QueryError(f"year {quoted(value)} is not a year; write 2020 or 2018..2021")
    if match[4]:
        year = year_number(match[4])
        return f"{year}..{year}"
    first = str(year_number(match[1])) if match[1] else ""
    last = str(year_number(match[3])) if match[3] else ""
    if first and last and first > last:
        raise QueryError(
            f"year {quoted(value)} ends before it begins; write the earlier year first"
        )
    return f"{first}..{last}"


def filters(node: Node) -> list[Filter]:
    """Return every filter in the tree, excluded ones too."""
    match node:
        case Filter():
            return [node]
        case And(parts=parts) | Or(parts=parts):
            return [found for part in parts for found in filters(part)]
        case Not(part=part):
            return filters(part)
        case _:
            return []


def _asks_for_kind(node: Node) -> bool:
    match node:
        case Filter(field=field):
            return field == "kind"
        case And(parts=parts) | Or(parts=parts):
            return any(map(_asks_for_kind, parts))
        case _:
            return False


def unbroken(node: Node) -> Node:
    """Return the tree in which every run of several words must stand unbroken."""
    match node:
        case Run(text=text, words=words) if len(words) > 1 or words[0][0].text != text:
            return And((node, Text(text)))
        case And(parts=parts):
            return And(tuple(map(unbroken, parts)))
        case Or(parts=parts):
            return Or(tuple(map(unbroken, parts)))
        case _:
            return node


def runs(node: Node) -> list[Run]:
    """Return every run in the tree that is not excluded."""
    match node:
        case Run():
            return [node]
        case And(parts=parts) | Or(parts=parts):
            return [found for part in parts for found in runs(part)]
        case _:
            return []
