"""Recognize the region and the kind of a document in its title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ..errors import SeedError, quoted
from ..seeds import read_toml
from ..text.dates import YEAR
from ..text.normalize import fold
from .entities import read_places

_BRACKETS = re.compile(r"(?:\([^()]*\)|\[[^\[\]]*\])$")
"""What stands in brackets at the end of a folded title."""
_YEARS = re.compile(r"(?:[0-9]{4}年?[-~至])?[0-9]{4}年?度?$")
_QUOTED = re.compile(r"《[^《》]*》")
_MARKS = " \"'“”。.!?:;,、"
_TABLES = {"kind": str, "ends": list, "has": list, "lacks": list}
_OF_KINDS = ("looks_back", "plans_ahead", "reviews_and_plans")
"""Lists of names of kinds."""
_LISTS = ("kinds", *_OF_KINDS, "trailers", "joins", "seconds")
_NEWS = ("verbs", "issues", "unless")
_LONGEST_TITLE = 200
"""Characters of the longest title; what is longer is a paragraph and of no kind."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that gives titles of one form their kind.

    Attributes:
        kind: the kind that it gives.
        ends: words with one of which the title ends.
        has: words of which one stands in its subject, if there are any.
        lacks: words of which none stands there.
    """

    kind: str
    ends: tuple[str, ...]
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def fits(self, words: str, subject: str) -> bool:
        """Say whether a title that ends with ``words`` and has this ``subject`` is of this kind."""
        return (
            words.endswith(self.ends)
            and (not self.has or any(word in subject for word in self.has))
            and not any(word in subject for word in self.lacks)
        )


@dataclass(frozen=True, slots=True)
class KindOf:
    """The kind of a document.

    Attributes:
        kind: the normalized value, one of :func:`document_kinds` (``情况报告``), or ``""``.
        written: the title's own words (``法治政府建设情况的报告``), or ``""``.
        last: whether these are the end of the title, but for what stands in brackets.
    """

    kind: str = ""
    written: str = ""
    last: bool = False


class Kinds:
    """The rules of one file.

    Args:
        rules: the rules in the order in which they are tried.
        kinds: the names of the kinds, in the order in which they are listed.
        looks_back: those that report on a time that is over.
        plans_ahead: those that say what is to be done.
        reviews_and_plans: those that do both by custom, the review first.
        trailers: words that may stand behind the kind.
        joins: words between a summary and a plan in one title.
        seconds: how the plan behind them begins, besides a year.
        news: the words that tell a headline: ``verbs``, ``issues``, and the kinds ``unless``.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        kinds: Iterable[str] = (),
        looks_back: Iterable[str] = (),
        plans_ahead: Iterable[str] = (),
        reviews_and_plans: Iterable[str] = (),
        trailers: Iterable[str] = (),
        joins: Iterable[str] = (),
        seconds: Iterable[str] = (),
        news: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self.names = tuple(kinds)
        self.looks_back = frozenset(looks_back)
        self.plans_ahead = frozenset(plans_ahead)
        self.reviews_and_plans = frozenset(reviews_and_plans)
        ends = sorted({end for rule in self._rules for end in rule.ends}, key=len, reverse=True)
        self._ends = re.compile("|".join(map(re.escape, ends)) or "(?!)")
        self._trailers = tuple(trailers)
        second = "|".join(map(re.escape, seconds)) or "(?!)"
        joined = "|".join(map(re.escape, joins)) or "(?!)"
        self._further = re.compile(rf"(?:{joined})(?:(?:{YEAR})年?度?|{second})")
        self._news = news or dict.fromkeys(_NEWS, ())

    def of(self, title: str) -> KindOf:
        """Return the kind of the document with this ``title``."""
        bare = re.sub(r"\s", "", title)
        if len(bare) > _LONGEST_TITLE:
            return KindOf()
        compared = fold(bare)
        end = self._end(compared)
        behind = max(compared.rfind("的", 0, end), compared.rfind("》", 0, end - 1)) + 1
        if (further := self._further.search(compared, behind, end)) and self._last(
            compared, further.start()
        ):
            end = further.start()
        found = self._last(compared, end)
        if not found:
            return KindOf()
        start, stop = found
        last = stop == end
        subject = _subject(compared[:stop])
        words = compared[start:stop]
        if self.is_headline(compared, words if last else ""):
            return KindOf("", bare[start:stop], last)
        for rule in self._rules:
            if rule.fits(words, subject):
                return KindOf(rule.kind, bare[start:stop], last)
        return KindOf("", bare[start:stop], last)

    def is_headline(self, title: str, words: str = "") -> bool:
        """Say whether ``title``, folded, tells news; ``words`` are those of its kind at its end."""
        bare = _QUOTED.sub("《》", title)
        if words.endswith(self._news["unless"]) or "关于" in bare:
            return False
        if any(verb in bare for verb in self._news["verbs"]):
            return True
        return not words and bare.rstrip(_MARKS).endswith(self._news["issues"])

    def _end(self, title: str) -> int:
        """Return the end of ``title`` without what may stand behind the kind."""
        end = len(title)
        while True:
            before = end
            if brackets := _BRACKETS.search(title, 0, end):
                end = brackets.start() or end
            end = len(title[:end].rstrip(_MARKS))
            if years := _YEARS.search(title, 0, end):
                end = years.start() or end
            for word in self._trailers:
                if title.endswith(word, 0, end) and end > len(word):
                    end -= len(word)
                    break
            if (
                title.endswith("》", 0, end)
                and title.startswith("《")
                and "》" not in title[: end - 1]
            ):
                end -= 1  # the whole title in title marks
            if end == before:
                return end

    def _last(self, title: str, end: int) -> tuple[int, int] | None:
        """Return where the last words of a kind stand in ``title`` up to ``end``."""
        start = title.rfind("》", 0, end) + 1
        found: tuple[int, int] | None = None
        for match in self._ends.finditer(title, start, end):
            found = match.span()
        if not found:
            return None
        # The longest words that end there: of 工作报告 and 报告 the first.
        stop = found[1]
        return min((i, stop) for i in range(start, stop) if self._ends.fullmatch(title, i, stop))


def _subject(title: str) -> str:
    """Return what ``title`` speaks of: what is behind 关于, without what is quoted."""
    bare = _QUOTED.sub("", title)
    return bare[bare.rfind("关于") + 2 :] if "关于" in bare else bare


@cache
def _shipped() -> Kinds:
    return load_kinds(files("gongwen.seeds") / "kinds.toml")


def kind_of(title: str) -> KindOf:
    """Return the kind of the document with this ``title``.

    It is what the title ends with, not what it encloses in 《》; of a summary and a plan it is the
    summary.

    Example:
        >>> kind_of("关于武功县2020年法治政府建设情况的报告").kind
        '情况报告'
    """
    return _shipped().of(title)


def is_news(title: str) -> bool:
    """Say whether ``title`` tells that something was done or held (武功县召开工作会).

    Example:
        >>> is_news("武功县召开法治工作会"), is_news("武功县2020年工作总结")
        (True, False)
    """
    return _shipped().is_headline(fold(re.sub(r"\s", "", title)))


def looks_back(kind: str) -> bool:
    """Say whether documents of this ``kind`` report on a time that is over (工作总结)."""
    return kind in _shipped().looks_back


def plans_ahead(kind: str) -> bool:
    """Say whether documents of this ``kind`` say what is to be done (实施方案)."""
    return kind in _shipped().plans_ahead


def reviews_and_plans(kind: str) -> bool:
    """Say whether documents of this ``kind`` review one time and plan for the next by custom."""
    return kind in _shipped().reviews_and_plans


def document_kinds() -> tuple[str, ...]:
    """Return the names of all kinds of document, in the order of ``seeds/kinds.toml``."""
    return _shipped().names


def is_document_kind(name: str) -> bool:
    """Return whether ``name`` is the name of a kind of document, or a part of one (``总结``)."""
    return bool(name) and any(fold(name) in kind for kind in document_kinds())


def region_of(title: str) -> str:
    """Return the finest place at the head of ``title`` as written (``武功县``), or ``""``."""
    return (read_places(title).names or ("",))[-1]


def load_kinds(path: Path | Traversable) -> Kinds:
    """Read the rules of kinds from a TOML file.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: it is not TOML, or a rule is bad; names the file and line.
    """
    data, source = read_toml(path)
    file = path.name
    unknown = sorted(set(data) - {"rules", "news", *_LISTS})
    if unknown:
        known = ", ".join((*_LISTS, "news", "rules"))
        raise SeedError(file, _line(source, unknown[0]), f"unknown {unknown[0]}; known are {known}")
    places = [n for n, line in enumerate(source.splitlines(), 1) if line.strip() == "[[rules]]"]
    entries = data.get("rules", [])
    if not isinstance(entries, list) or not entries:
        raise SeedError(file, 0, "needs at least one [[rules]] entry")
    if len(places) != len(entries):
        raise SeedError(file, 0, "write every rule under a line [[rules]] of its own")
    lists = {name: _words(file, source, 0, name, data.get(name, [])) for name in _LISTS}
    rules = [_rule(file, line, entry) for line, entry in zip(places, entries, strict=True)]
    named = [(line, rule.kind) for line, rule in zip(places, rules, strict=True)]
    named += [(_line(source, name), kind) for name in _OF_KINDS for kind in lists[name]]
    for line, kind in named:
        if kind not in lists["kinds"]:
            raise SeedError(file, line, f"{kind} is not among kinds; add it there first")
    news = data.get("news", {})
    if not isinstance(news, dict) or set(news) - set(_NEWS):
        raise SeedError(file, _line(source, "news]"), f"news has {', '.join(_NEWS)} alone")
    tells = {name: _words(file, source, 0, name, news.get(name, [])) for name in _NEWS}
    return Kinds(rules, **lists, news=tells)


def _rule(file: str, line: int, entry: dict[str, Any]) -> Rule:
    if unknown := sorted(set(entry) - set(_TABLES)):
        raise SeedError(file, line, f"unknown key {unknown[0]}; the keys are {', '.join(_TABLES)}")
    kind = entry.get("kind")
    if not isinstance(kind, str) or not kind or kind != "".join(kind.split()):
        raise SeedError(file, line, "a rule needs kind, a name without white space")
    if not entry.get("ends"):
        raise SeedError(file, line, f"{kind} needs ends, the words with which a title ends")
    words = {
        name: _words(file, "", line, name, entry.get(name, [])) for name in ("ends", "has", "lacks")
    }
    return Rule(kind, **words)


def _words(file: str, source: str, line: int, name: str, value: Any) -> tuple[str, ...]:
    """Return the words of a list, in the form in which titles are compared."""
    line = line or _line(source, name)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise SeedError(file, line, f"{name} must be a list of words in quotes")
    for word in value:
        if not word or word != "".join(word.split()):
            raise SeedError(file, line, f"{name}: {quoted(word)} is no word without white space")
        if value.count(word) > 1:
            raise SeedError(file, line, f"{name}: {word} stands there twice; delete one of them")
    return tuple(map(fold, value))


def _line(source: str, part: str) -> int:
    """Return the first line of ``source`` that begins with ``part``, counted from 1, else 0."""
    lines = enumerate(source.splitlines(), 1)
    return next((number for number, line in lines if line.lstrip(" [").startswith(part)), 0)
