"""Parse the query language into a tree.

Spaces mean AND; ``"…"`` (also “…” and 「…」) is an exact string, whatever marks stand in it, and
``="…"`` one with the marks as typed; ``OR`` joins its neighbours and binds closer than AND;
``NOT`` or a leading ``-`` excludes; a name and a colon filter, as
``topic:``, ``role:``, ``report:`` and every filter of the table of report fields
(``province:``, ``省:``), in English or Chinese (``主题:``); ``*`` at a word's end lets a Latin
word or number go on, and alone it is everything that meets a filter. Anything else, brackets and
stray quotes included, is text to search for: there is no syntax error.

A Chinese name of a filter in front of a colon may also be text. 报告:情况 is, as it is common in
headings and no id of a report: 报告: filters in front of a value in quotes or with a Latin letter
or a digit, as ids have. In front of what is no topic 主题: is an error that says how to search for
the words (:attr:`Filter.typed`), so that a slip in the name of a topic is not searched as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from itertools import pairwise

from ..nlp.errors import QueryError, quoted
from ..nlp.fields import FIELDS
from ..nlp.text.normalize import fold, squeeze
from ..nlp.text.ordinary import is_spaced_out, ordinary, ordinary_characters

FILTER_NAMES: Mapping[str, str] = {
    "topic": "topic", "role": "role", "report": "report",
    "主题": "topic", "作用": "role", "角色": "role", "句类": "kind",
    **{
        name: one.name
        for one in FIELDS
        if one.matching
        for name in (one.name, *one.chinese)
    },
}  # fmt: skip
"""The field of each name of a filter. Other words before a colon are text (总之:情况)."""
_OFTEN_TEXT = "报告"
"""The name of the filter ``report`` that is one only in front of what may be an id."""
_LIKE_AN_ID = re.compile("[a-z0-9]")

LONGEST_QUERY, MOST_PARTS = 100_000, 256
"""Characters of a query that are read, and words, strings and filters."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string that must stand in the sentence.

    Attributes:
        text: what is searched, folded and squeezed.
        whole: a Latin word or number at either edge must end there (numbers always must).
        open_end: the word may go on to the right (``*``).
        verbatim: the marks must stand in the sentence as in ``text``; otherwise those of neither
            count.
        stands_for: what was typed, when this is another word for it; two strings that differ in
            this alone are equal.
        typed: an exact string as it was typed, neither folded nor squeezed; likewise.
    """

    text: str
    whole: bool = False
    open_end: bool = False
    verbatim: bool = False
    stands_for: str = attribute(default="", compare=False)
    typed: str = attribute(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Run:
    """Text typed without spaces: all of its words must stand in the sentence, in any place.

    Attributes:
        text: the run, folded and squeezed; a sentence that holds it unbroken comes first.
        words: its words, each with the words that may stand for it, the literal one first.
        any: one of the words is enough.
    """

    text: str
    words: tuple[tuple[Text, ...], ...] = ()
    any: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on what a sentence or its report is.

    Attributes:
        field: topic, role, report, probability, id, ``kind`` (title, heading, sentence,
            boilerplate), or a report field that is a filter (:data:`~gongwen.nlp.fields.FIELDS`).
        values: any of them will do.
        typed: how it stands in a query, ``""`` when it is no part of one.
    """

    field: str
    values: tuple[str, ...]
    typed: str = attribute(default="", compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts; without parts, every sentence."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not the part."""

    part: Node


@dataclass(frozen=True, slots=True)
class WithoutFilters:
    """What a search that found nothing would find with fewer conditions.

    Attributes:
        dropped: the filters that are left out.
        total: sentences that match then.
    """

    dropped: tuple[Filter, ...]
    total: int

    def to_dict(self) -> dict[str, object]:
        """Return a JSON object: the values of the filters by field, and the total."""
        fields: dict[str, list[str]] = {}
        for one in self.dropped:
            fields.setdefault(one.field, []).extend(one.values)
        return {"filters": fields, "total": self.total}


Node = Text | Run | Filter | And | Or | Not


def verbatim(node: Node) -> Node:
    """Return the tree in which every exact string wants its marks as typed."""
    return each_text(node, lambda text: text if text.whole else replace(text, verbatim=True))


def each_text(node: Node, change: Callable[[Text], Node]) -> Node:
    """Return the tree in which ``change`` has been called with every string."""
    match node:
        case Text():
            return change(node)
        case And(parts=parts):
            return And(tuple(each_text(part, change) for part in parts))
        case Or(parts=parts):
            return Or(tuple(each_text(part, change) for part in parts))
        case Not(part=part):
            return Not(each_text(part, change))
        case _:
            return node


_CLOSING = {'"': '"', "＂": "＂", "“": "”", "「": "」", "『": "』"}
"""Quotes that make an exact string, and what closes each."""

_NAMES = sorted((*FILTER_NAMES, _OFTEN_TEXT), key=len, reverse=True)
_FIELD = re.compile(rf"({'|'.join(_NAMES)}):(?=\S)")
_OPTION = re.compile(rf"(?<!-)(-{{1,4}})({'|'.join(_NAMES)})(?=[\s=]|$)")
_LONG_DASHES = frozenset("—–―─━‒")
"""What input methods put for two hyphens."""


def parse_query(query: str) -> Node:
    """Return the tree of ``query``, read in ordinary characters: 行 政 复 议 is one word.

    Raises:
        QueryError: the query asks for nothing.
    """
    parts: list[Node] = []
    joined = negated = False
    count = 0
    query = ordinary_characters(query[:LONGEST_QUERY]).text
    for item in _lex(ordinary(query).text if is_spaced_out(query) else query):
        if item == "OR":
            joined = bool(parts)
        elif isinstance(item, str):
            negated = not negated
        else:
            if item is not None:
                _append(parts, Not(item) if negated else item, joined)
            joined = negated = False
            count += 1
            if count == MOST_PARTS:
                break
    if not parts:
        raise QueryError(
            'nothing to search for; give words, "an exact string" or a filter such as topic:执法'
        )
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _append(parts: list[Node], node: Node, joined: bool) -> None:
    """Append ``node`` to ``parts``, or join it to the last of them by OR."""
    if joined:
        before = parts.pop()
        node = Or((*(before.parts if isinstance(before, Or) else (before,)), node))
    parts.append(node)


def _lex(query: str) -> Iterator[str | Node | None]:
    """Yield operators as strings, all else as leaves of the tree; ``None`` asks for nothing."""
    ends = _closed(query)
    folded = fold(query)  # of the same length; names of filters may be written in any variant
    i = 0
    while i < len(query):
        char = query[i]
        if char.isspace():
            i += 1
        elif end := _quoted(query, i + (verbatim := char in "=＝"), ends):
            typed = query[i + verbatim + 1 : end - 1]
            exact = squeeze(typed)
            yield Text(exact, verbatim=verbatim, typed=typed) if exact else None
            i = end
        elif (option := _OPTION.match(folded, i)) and (option[1] != "-" or char in _LONG_DASHES):
            raise QueryError(
                f"{quoted(query[i : option.end()])} looks like an option; write"
                f" {option[2]}:… for the condition, or put the words in quotes"
            )
        elif char in "-－" and i + 1 < len(query) and not query[i + 1].isspace():
            yield "-"
            i += 1
        elif (match := _FIELD.match(folded, i)) and _is_filter(match, folded):
            value, end = _value(query, match.end(), ends)
            yield Filter(FILTER_NAMES.get(match[1], "report"), (value,), query[i:end])
            i = end
        else:
            run, i = _run(query, i, ends)
            yield run if run in ("OR", "NOT") else _leaf(run)


def _is_filter(match: re.Match[str], folded: str) -> bool:
    """Return whether a name of a filter and its colon are one, and not text."""
    if match[1] != _OFTEN_TEXT:
        return True
    value = folded[match.end() :].split(maxsplit=1)[0]
    return value[0] == '"' or _LIKE_AN_ID.search(value) is not None


def is_star(query: str) -> bool:
    """Return whether a query is a lone ``*``, which asks for everything."""
    return bool(query) and not squeeze(query).strip("*")


def _closed(query: str) -> Mapping[int, int]:
    """Return where each quotation mark that is closed is, by where it opens.

    Marks that open and close differently may stand inside each other (“深化“放管服”改革”). One
    that is left open then ends at the next that closes.
    """
    ends: dict[int, int] = {}
    for opening, closing in _CLOSING.items():
        places = [i for i, char in enumerate(query) if char in (opening, closing)]
        if opening == closing:
            ends.update(pairwise(places))
            continue
        open_: list[int] = []
        for i in places:
            if query[i] == opening:
                open_.append(i)
            elif open_:
                ends[open_.pop()] = i
        following = -1
        left = set(open_)
        for i in reversed(places):
            if query[i] == closing:
                following = i
            elif i in left and following >= 0:
                ends[i] = following
    return ends


def _quoted(query: str, i: int, ends: Mapping[int, int]) -> int:
    """Return where the quoted string that begins at ``i`` ends, 0 when none does.

    ``ends`` is what :func:`_closed` says of the query.
    """
    return ends.get(i, -1) + 1


def _value(query: str, i: int, ends: Mapping[int, int]) -> tuple[str, int]:
    """Return the value of a filter, quoted or up to the next space, and where it ends."""
    if end := _quoted(query, i, ends):
        return query[i + 1 : end - 1].strip(), end
    end = i
    while end < len(query) and not query[end].isspace():
        end += 1
    return query[i:end], end


def _run(query: str, i: int, ends: Mapping[int, int]) -> tuple[str, int]:
    """Return the text up to the next space or quoted string, and where it ends."""
    end = i + 1
    while end < len(query) and not query[end].isspace() and not _quoted(query, end, ends):
        end += 1
    return query[i:end], end


def _leaf(run: str) -> Node | None:
    stem = squeeze(run)
    bare = stem.rstrip("*")
    if not bare or not bare.strip("\"'"):
        return None
    if bare != stem:
        return Text(bare, whole=True, open_end=True)
    return Run(stem)
