"""Query expansion: run a query, and widen it when nothing is found (synonyms, pinyin, any word)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, Protocol

from ..nlp.errors import SeedError
from ..nlp.seeds import Synonyms
from ..nlp.text.numerals import find_numerals
from ..nlp.text.pinyin import homophones
from .planner import LONGEST_RUN, NO_BOILERPLATE, cut_run, runs, unbroken
from .query import And, Node, Not, Or, Run, Text
from .requests import Facet, Found, Grouping, SearchRequest, SynonymUse
from .searcher import Searcher
from .term_dictionary import TermDictionary

Slots = Sequence[tuple[Text, ...]]

_COMMON = 1000
"""A character that is more than one word in a thousand stands in every thirtieth sentence."""
_MOST_WORDS = 96
_MOST_WEIGHED, _WORD = 200, 10
"""Strings of one sound that are looked at, and how much more one counts that is made of words."""
_MOST_HEARD = 5
_HEARD_LEAST = 0.05
"""Strings of one sound that are searched: so many, and so often beside the most frequent."""


class Vocabulary(Protocol):
    """What an engine knows of words."""

    @property
    def total_words(self) -> int:
        """Words of all sentences, with repeats."""

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words."""


def with_synonyms(node: Node, synonyms: Synonyms) -> Node:
    """Return the tree in which stretches of a run may be replaced by their synonyms.

    Whatever the tree finds without them is found with them too.
    """
    match node:
        case Run(words=words):
            wider = replace(node, words=tuple(_alternatives(node, synonyms)))
            return wider if wider == node or len(words) == 1 else Or((node, wider))
        case And(parts=parts):
            return And(tuple(with_synonyms(part, synonyms) for part in parts))
        case Or(parts=parts):
            return Or(tuple(with_synonyms(part, synonyms) for part in parts))
        case _:
            return node


def _alternatives(run: Run, synonyms: Synonyms) -> Iterator[tuple[Text, ...]]:
    """Yield the words of ``run``; a stretch that has synonyms is one word with alternatives."""
    rest = run.text[:LONGEST_RUN]
    stretches = synonyms.words_in(rest)
    for stretch in stretches:
        rest = rest.replace(stretch, " ")
    done: set[str] = set()
    for words in run.words:
        word = words[0].text
        stretch = next((s for s in stretches if word in s), "")
        if word in rest or not stretch:
            yield words
        elif stretch not in done:
            done.add(stretch)
            others = (Text(w, whole=True, stands_for=stretch) for w in synonyms.of(stretch))
            yield Text(stretch, whole=True), *others


def sounds(node: Node, engine: Searcher) -> dict[str, tuple[str, ...]]:
    """Return for the Latin runs of a tree that stand nowhere what in the text sounds so.

    The most frequent come first, words before chance strings. Where a run stands is asked under
    the conditions of the tree: an address in a footer is in nobody's way.
    """
    # late: an ordinary search does not need it
    from ..nlp.text.pinyin import beginnings, pattern

    heard: dict[str, tuple[str, ...]] = {}
    conditions = _without_runs(node)
    for run in runs(node):
        if not (expression := pattern(run.text)):
            continue
        if engine.count(And((Text(run.text, whole=True), *conditions))):
            continue
        weights = {
            string: count * (_WORD if _of_words(string, engine) else 1)
            for string, count in engine.strings(expression, beginnings(run.text)).most_common(
                _MOST_WEIGHED
            )
        }
        words = sorted(weights, key=lambda string: (-weights[string], string))
        if words:
            least = weights[words[0]] * _HEARD_LEAST
            heard[run.text] = tuple(w for w in words[:_MOST_HEARD] if weights[w] >= least)
    return heard


def _of_words(string: str, engine: Searcher) -> bool:
    """Say whether ``string`` is a word of the index, or made of words and not of odd characters."""
    words = cut_run(string, engine.frequency, engine.total_words)
    return all(engine.frequency(w.text) and (len(w.text) > 1 or len(words) < 2) for w in words)


def with_sounds(node: Node, heard: Mapping[str, tuple[str, ...]]) -> Node:
    """Return the tree in which the runs that are keys of ``heard`` are any of its strings."""
    match node:
        case Run(text=text) if text in heard:
            strings = (Text(word, whole=True, stands_for=text) for word in heard[text])
            return Or(tuple(strings))
        case And(parts=parts):
            return And(tuple(with_sounds(part, heard) for part in parts))
        case Or(parts=parts):
            return Or(tuple(with_sounds(part, heard) for part in parts))
        case _:
            return node


def any_word(node: Node, vocabulary: Vocabulary) -> Node:
    """Return the tree in which one word of all its runs is enough; the rest stays required.

    Words inside longer ones count too, and of what is no word the pairs of characters and the rare
    ones. Common single characters are left out where anything else remains.
    """
    found = runs(node)
    required = list(dict.fromkeys(word for run in found for word in run.words))
    if len(required) < 2:
        return node
    telling = [word for word in required if _tells(word[0].text, vocabulary)] or required
    words = list(dict.fromkeys([*telling, *_inside(telling, vocabulary)]))
    rest = _without_runs(node)
    text = "".join(dict.fromkeys(run.text for run in found))
    return And((Run(text, tuple(words[:_MOST_WORDS]), any=True), *rest))


def _tells(word: str, vocabulary: Vocabulary) -> bool:
    """Say whether ``word`` says what a sentence is about: one character does when it is rare."""
    return len(word) > 1 or vocabulary.frequency(word) * _COMMON < vocabulary.total_words


def _inside(words: Slots, vocabulary: Vocabulary) -> Iterator[tuple[Text]]:
    """Yield the words of the index inside ``words``, as it has them too, and pairs of no word."""
    for word in (alternatives[0].text for alternatives in words):
        if any(char.isascii() or char.isdigit() for char in word) or find_numerals(word):
            continue
        known = vocabulary.frequency(word)
        parts = [part for size in (2, 3) for part in _parts(word, size) if part != word]
        if not known and len(word) > 1:
            parts += [char for char in word if _tells(char, vocabulary)]
        for part in parts:
            if (len(part) == 2 and not known) or vocabulary.frequency(part):
                yield (Text(part, whole=True),)


def _parts(word: str, size: int) -> Iterator[str]:
    return (word[start : start + size] for start in range(len(word) - size + 1))


def _without_runs(node: Node) -> tuple[Node, ...]:
    match node:
        case Run():
            return ()
        case And(parts=parts):
            return tuple(kept for part in parts for kept in _without_runs(part))
        case Or(parts=parts):
            # An alternative of exact strings or filters alone stays as it is.
            return () if any(runs(part) for part in parts) else (node,)
        case _:
            return (node,)


_MOST = 3
_LEAST_HEARD, _LONGEST_WORD = 3, 12
_MOST_MISSING = 4
"""Words of a query that are looked at; a long question is answered by its other words."""


def suggestions(query: Node, engine: Searcher) -> tuple[str, ...]:
    """Return up to three runs or exact strings of ``query`` in another spelling, the nearest first.

    What is spelled otherwise stands in some sentence; the other conditions are not looked at.
    """
    missing = list(_missing(query, engine))
    if not missing or len(missing) > _MOST_MISSING:
        return ()

    vocabulary = engine.vocabulary()
    found = dict.fromkeys(_heard(query, engine))
    for run, word in missing:
        for near in near_words(word, vocabulary, _MOST):
            # The vocabulary knows boilerplate, and words of sentences that are gone.
            if engine.count(And((Text(near), NO_BOILERPLATE))):
                found[run.replace(word, near, 1)] = None
    return tuple(found)[:_MOST]


def misheard(query: Node, engine: Searcher) -> tuple[str, ...]:
    """Return what sounds like a run of a query that found something, if only by odd characters.

    乡村镇兴 finds sentences with 乡村, 镇 and 兴, but none with the run itself.
    """
    odd = [run for run in runs(query) if any(len(word.text) == 1 for word, *_ in run.words)]
    return tuple(_heard(Or(tuple(odd)), engine))[:_MOST] if odd else ()


def _heard(query: Node, engine: Searcher) -> list[str]:
    """Return the strings of the text that sound like a run of ``query`` that stands nowhere."""
    # late: an ordinary search does not need it
    from ..nlp.text.pinyin import homophones

    found: list[str] = []
    for run in runs(query):
        text = run.text
        if len(text) >= _LEAST_HEARD and _could_be_word(text) and not engine.count(Text(text)):
            alike = [homophones(char) for char in text]
            classes = "".join(f"[{re.escape(''.join(sorted(chars)))}]" for chars in alike)
            counted = engine.strings(re.compile(classes), alike)
            found += sorted(counted, key=lambda other: (-counted[other], other))
    return found


def _missing(node: Node, engine: Searcher) -> Iterator[tuple[str, str]]:
    """Yield runs and exact strings with a part that stands nowhere: all of it, or one word."""
    match node:
        case Text(text=text):
            if _could_be_word(text) and not engine.count(node):
                yield text, text
        case Run(text=text, words=words):
            if _could_be_word(text) and not engine.count(Text(text)):
                yield text, text
            for word, *_ in words[: _MOST_MISSING + 1]:
                if word.text != text and _could_be_word(word.text) and not engine.count(word):
                    yield text, word.text
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _missing(part, engine)


def _could_be_word(text: str) -> bool:
    # Another number is another thing.
    return 2 <= len(text) <= _LONGEST_WORD and text.isalpha() and not find_numerals(text)


Match = Literal["all", "synonym", "pinyin", "any"]
_PLAIN = SearchRequest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found.

    Attributes:
        found: ids, scores, totals and counts.
        match: how far the query had to widen.
        needles: the strings to highlight.
        suggestions: other queries, when words of this one stand nowhere.
        more_by_synonyms: how many more sentences synonyms would find; 0 when they were used.
        synonyms: the synonyms that would find them.
    """

    found: Found
    match: Match
    needles: tuple[Text, ...] = ()
    suggestions: tuple[str, ...] = ()
    more_by_synonyms: int = 0
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A tree to try, and the narrower one whose matches come first."""

    match: Match
    tree: Node
    prefer: Node | None = None


def run(
    engine: Searcher,
    query: Node,
    synonyms: Callable[[], Synonyms],
    request: SearchRequest = _PLAIN,
    facets: Sequence[Facet] = (),
    prefer: Node | None = None,
) -> Answer:
    """Answer a planned ``query``; exact strings, filters and exclusions are never widened.

    Args:
        engine: where to search.
        query: a planned tree.
        synonyms: gives the synonyms; called only when the query is widened to them.
        request: says which page is wanted, in which order, and how far to widen.
        facets: what the engine is to count.
        prefer: a narrower query whose matches come first, as long as nothing is widened.
    """
    find = (
        partial(engine.search_reports, best=request.best)
        if request.by == "report"
        else engine.search
    )
    exact = unbroken(query) if runs(query) else None
    for attempt in _attempts(engine, query, synonyms, request.synonyms):
        found = find(
            attempt.tree,
            limit=request.limit,
            offset=request.offset,
            sort=request.sort,
            facets=facets,
            prefer=prefer if attempt.match == "all" else attempt.prefer,
            exact=exact,
            group=_grouping(request, attempt),
            copies=request.copies,
        )
        if found.total:
            if found.total_distinct is None and not request.group:
                found = replace(found, total_distinct=engine.distinct(attempt.tree))
            spelled = {"all": misheard, "any": suggestions}.get(attempt.match)
            near = spelled(query, engine) if spelled else ()
            answer = Answer(found, attempt.match, tuple(needles(attempt.tree)), near)
            if attempt.match == "all" and request.synonyms == "auto" and runs(query):
                with suppress(SeedError):  # ``status`` names a bad file; the answer stands
                    more, words = _by_synonyms(engine, query, synonyms(), found.total)
                    answer = replace(answer, more_by_synonyms=more, synonyms=words)
            return answer
    none: dict[str, dict[str, int]] = {facet: {} for facet in facets}
    nothing = Found([], [], 0, none, total_exact=None if exact is None else 0)
    return Answer(nothing, "all", (), suggestions(query, engine))


def _by_synonyms(
    engine: Searcher, query: Node, synonyms: Synonyms, total: int
) -> tuple[int, tuple[str, ...]]:
    """Return how many sentences synonyms would add to the ``total``, and by which synonyms."""
    wider = with_synonyms(query, synonyms)
    more = engine.count(wider) - total if wider != query else 0
    if more <= 0:
        return 0, ()
    added = And((wider, Not(query)))
    words = dict.fromkeys(needle for needle in needles(wider) if needle.stands_for)
    return more, tuple(word.text for word in words if engine.count(And((added, word))))


def _grouping(request: SearchRequest, attempt: _Attempt) -> Grouping:
    """Return how near-copies are listed.

    When any word is enough, an earlier near-copy may lack the name that was asked for.
    """
    if not request.group:
        return ""
    return "best" if attempt.match == "any" else "earliest"


def _attempts(
    engine: Searcher, query: Node, synonyms: Callable[[], Synonyms], use: SynonymUse
) -> Iterator[_Attempt]:
    if use != "always":
        yield _Attempt("all", query)
    wider = query if use == "never" else with_synonyms(query, synonyms())
    if wider != query:
        yield _Attempt("synonym", wider, query)
    elif use == "always":
        yield _Attempt("all", query)
    if heard := sounds(query, engine):
        likeliest = {typed: words[:1] for typed, words in heard.items()}
        yield _Attempt("pinyin", with_sounds(query, heard), with_sounds(query, likeliest))
    loose = any_word(wider, engine)
    if loose != wider:
        yield _Attempt("any", loose)


def needles(node: Node) -> list[Text]:
    """Return the strings that make a sentence match, for highlighting."""
    match node:
        case Text():
            return [node]
        case Run(text=text, words=words):
            parts = [text_ for alternatives in words for text_ in alternatives]
            return [Text(text, whole=True), *parts]
        case And(parts=parts_) | Or(parts=parts_):
            return [needle for part in parts_ for needle in needles(part)]
        case _:
            return []


_SHORTEST, _LONGEST = 2, 20
_NOT_SIMILAR = 0.5
"""Dice coefficient up to which words are not similar: 行政村 has it with 行政诉求, 行政 has 0.6."""
_LONG_LATIN = 8
"""Letters of a Latin word in which two edits are still a slip and not another word."""

_SAME_SOUND, _ONE_EDIT, _SIMILAR = range(3)


def near_words(word: str, vocabulary: Iterable[tuple[str, int]], limit: int = 3) -> list[str]:
    """Return the words of the index nearest to ``word``, the best first.

    Words that sound the same come first (法制, 法治), then those one edit away (a character
    replaced, left out, added, or swapped with its neighbour). Only when there are none, those that
    share most of their characters, or Latin words two edits away. Among equals, words that keep
    more of the characters typed come first, then words that more sentences hold.

    A word with other digits is another thing and never near (2019年, 2020年), nor is a word of two
    characters with one of them replaced, unless it sounds the same: half of it is a guess.

    Args:
        word: folded text of 2 to 20 characters; for any other length nothing is near.
        vocabulary: the words of the index, folded, with the number of sentences that hold each, in
            any order. 300,000 take about 0.1 s.
        limit: words that are returned at most; 0 or less for none.

    Returns:
        Words of the vocabulary without repeats, never ``word`` itself nor one that no sentence
        holds. The order does not depend on that of the vocabulary.
    """
    if limit < 1 or not _SHORTEST <= len(word) <= _LONGEST:
        return []
    ranked = sorted(_ranked(word, vocabulary))
    slips = [near for near in ranked if near[0] < _SIMILAR]
    return list(dict.fromkeys(other for *_, other in slips or ranked))[:limit]


def _ranked(
    word: str, vocabulary: Iterable[tuple[str, int]]
) -> Iterator[tuple[int, float, int, str]]:
    """Yield the words near ``word`` as what sorts them, the best lowest."""
    size, chars, digits = len(word), frozenset(word), _digits(word)
    sounds = None if word.isascii() else [homophones(char) for char in word]
    begins_alike = sounds[0] if sounds else chars
    # Most of a vocabulary is left out by what costs least: nearly all that is near shares two
    # characters or begins with the same sound.
    least, most, shared_least = max(2, size // 3), 3 * size, min(2, len(chars))
    if isinstance(vocabulary, TermDictionary):
        vocabulary = vocabulary.likely(size, chars, frozenset(begins_alike), shared_least)
    for other, count in vocabulary:
        length = len(other)
        if not least <= length <= most:
            continue
        shared = len(chars.intersection(other))
        if (
            shared < shared_least
            and not (length == size and other[0] in begins_alike)
            and not chars.issuperset(other)  # ppp
        ):
            continue
        if other == word or count < 1 or _digits(other) != digits:
            continue
        if (
            sounds
            and length == size
            and all(char in alike for char, alike in zip(other, sounds, strict=True))
        ):
            yield _SAME_SOUND, -shared, -count, other
        elif _within(word, other, 1):
            if shared > 1 or length != size or size > 2:
                yield _ONE_EDIT, -shared, -count, other
        elif not sounds:
            if size >= _LONG_LATIN and _within(word, other, 2):
                yield _SIMILAR, -shared, -count, other
        elif (similar := _similarity(word, other)) > _NOT_SIMILAR:
            yield _SIMILAR, -similar, -count, other


def _digits(word: str) -> str:
    return "".join(char for char in word if char.isdigit())


def _within(a: str, b: str, edits: int) -> bool:
    """Say whether so many edits make ``b`` of ``a``; a swap of neighbours is one."""
    if abs(len(a) - len(b)) > edits:
        return False
    same = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        same += 1
    a, b = a[same:], b[same:]
    if not a or not b or not edits:
        return len(a) + len(b) <= edits
    return (
        _within(a[1:], b[1:], edits - 1)
        or _within(a[1:], b, edits - 1)
        or _within(a, b[1:], edits - 1)
        or (a[:2] == b[1::-1] and _within(a[2:], b[2:], edits - 1))
    )


def _similarity(a: str, b: str) -> float:
    """Return the Dice coefficient, 0 to 1, of the characters and pairs of neighbours."""
    x, y = _terms(a), _terms(b)
    return 2 * len(x & y) / (len(x) + len(y))


def _terms(word: str) -> set[str]:
    return {*word, *(word[i : i + 2] for i in range(len(word) - 1))}
