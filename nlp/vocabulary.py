"""Load the word lists under ``seeds/vocabulary`` and build search patterns from them.

A file has groups, and a group has one entry a line; ``#`` begins a comment line::

    # Verbs that say what was done.
    [done]
    受理
    条 除 条例 条件
    通 限 通电话 通。

The second entry is 条 except inside 条例 and 条件; the third is 通 only inside 通电话 or at the end
of a clause. In the words behind 除 and 限, ``。`` stands for the end of a clause and ``0`` for any
digit. The order of entries does not matter: where two match, the longer one counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import groupby
from pathlib import Path

from .errors import SeedError, quoted
from .seeds import numbered_lines, read_seed
from .text.normalize import fold

_HEADER = re.compile(r"\[([a-z][a-z0-9-]*)\]")
_NO_CHARACTER = re.compile(r"[\\^$*+?{}|()\[\]<>=!#\x00-\x1f\x7f]")
"""Characters that no entry has: those of regular expressions and comments, control characters."""
_EXCEPT, _ONLY = "除", "限"
_LONGEST = 20
"""Characters of the longest entry."""
_MOST_CONTEXTS = 100
"""Words behind 除 or 限 in one entry."""
_CLAUSE_END, _DIGIT = "。", "0"


@dataclass(frozen=True, slots=True)
class Word:
    """An entry of a word list.

    Attributes:
        text: the word as written in the file.
        excluded: longer words that hold it, inside which it does not count.
        required: longer words that hold it, inside which alone it counts; none for everywhere.
    """

    text: str
    excluded: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    def folded(self) -> Word:
        """Return the word as it is in texts that :func:`~.fold.fold` has folded."""
        return Word(
            fold(self.text), tuple(map(fold, self.excluded)), tuple(map(fold, self.required))
        )


def shipped_words(name: str) -> Traversable:
    """Return a file of ``seeds/vocabulary``."""
    return files("gongwen.seeds") / "vocabulary" / name


class WordLists:
    """The word lists of one shipped file, which is read when words are first asked for.

    Args:
        name: the file under ``seeds/vocabulary``, without ``.txt``.
        groups: all groups of the file, each by itself or several parted by spaces.

    Example:
        >>> words = WordLists("pages", "contents watermark")
        >>> re.search(words.pattern("contents"), "目录")[0]
        '目录'
    """

    def __init__(self, name: str, *groups: str) -> None:
        self.name, self.groups = name, tuple(" ".join(groups).split())

    @cached_property
    def _words(self) -> dict[str, tuple[Word, ...]]:
        return load_words(shipped_words(f"{self.name}.txt"), self.groups)

    def texts(self, *groups: str) -> tuple[str, ...]:
        """Return the words of ``groups`` without what stands behind 除 and 限.

        Raises:
            ReadError: the file is missing or not UTF-8.
            SeedError: the file has a bad entry; names it and the line.
        """
        return tuple(word.text for group in groups for word in self._words[group])

    def pattern(self, *groups: str) -> str:
        """Return a regular expression for any word of ``groups``, the longest first.

        It matches a word as written and as :func:`~.fold.fold` folds it, and captures nothing.

        Raises:
            ReadError: the file is missing or not UTF-8.
            SeedError: the file has a bad entry; names it and the line.
        """
        return any_of(word for group in groups for word in self._words[group])

    def behind(self, *groups: str) -> str:
        """Return an assertion that any word of ``groups`` stands right in front.

        Raises:
            ReadError: the file is missing or not UTF-8.
            SeedError: the file has a bad entry; names it and the line.
        """
        words = sorted(self.texts(*groups), key=len)
        ways = [f"(?<={any_of(same)})" for _, same in groupby(words, key=len)]
        return f"(?:{'|'.join(ways)})"


def any_of(words: Iterable[Word | str]) -> str:
    """Return a regular expression that matches any of ``words``, the longest first.

    Example:
        >>> any_of(["建", "建设", "办"])
        '(?:办|建设|建)'
    """
    entries = [Word(word) if isinstance(word, str) else word for word in words]
    joined = "\0".join(" ".join((w.text, *w.excluded, *w.required)) for w in entries)
    if fold(joined) != joined:
        entries += [folded for word in entries if (folded := word.folded()) != word]
    # Words that begin alike stand together, so that only they are tried one after the other.
    entries.sort(key=lambda word: (word.text[0], -len(word.text), word.text))
    branches = dict.fromkeys(re.escape(word.text) + _guard(word) for word in entries)
    return f"(?:{'|'.join(branches)})"


def _guard(word: Word) -> str:
    """Return the assertions behind the text of ``word`` that keep to its contexts."""
    if not word.excluded and not word.required:
        return ""
    text = word.text
    behind, before, around = _contexts(text, word.excluded)
    guards = [f"(?!{tails})" for tails in _few(behind)]
    guards += [f"(?<!{heads}{_plain(text)})" for heads in _few(before)]
    guards += [f"(?!{way})" for way in around]
    behind, before, around = _contexts(text, word.required)
    ways = [f"(?<={_plain(head + text)})" for head in before] + around
    ways += [f"(?={_any(behind)})"] if behind else []
    required = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})" if ways else ""
    return "".join(guards) + required


def _contexts(text: str, contexts: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """Return what stands behind ``text`` in ``contexts``, what in front, and patterns for both."""
    behind: set[str] = set()
    before: set[str] = set()
    around: set[str] = set()
    for context in contexts:
        start = context.find(text)
        while start >= 0:
            head, tail = context[:start], context[start + len(text) :]
            if head and tail:
                around.add(f"(?<={_plain(head + text)}){_plain(tail)}")
            elif head:
                before.add(head)
            else:
                behind.add(tail)
            start = context.find(text, start + 1)
    return sorted(behind), sorted(before), sorted(around)


def _few(texts: Iterable[str]) -> Iterator[str]:
    """Yield patterns that together match any of ``texts``, each for texts of one length.

    Sets are of two characters: Python takes long to compile larger ones of Chinese characters.
    """
    for length, same in groupby(sorted(texts, key=len), key=len):
        alike = list(same)
        size = 2 if length == 1 else len(alike)
        yield from (_any(alike[i : i + size]) for i in range(0, len(alike), size))


def _any(texts: Iterable[str]) -> str:
    """Return a pattern for any of ``texts``, those of one character as a set."""
    texts = sorted(texts)
    single = "".join(t for t in texts if len(t) == 1 and t not in (_CLAUSE_END, _DIGIT))
    ways = [f"[{re.escape(single)}]" if len(single) > 1 else re.escape(single)] if single else []
    ways += [_plain(t) for t in texts if t not in single or len(t) > 1]
    return ways[0] if len(ways) == 1 and "|" not in ways[0] else f"(?:{'|'.join(ways)})"


def _plain(text: str) -> str:
    """Return a pattern for the text of a context, in which 。 and 0 have their special meaning."""
    special = {_CLAUSE_END: r"(?=[,;。、)]|$)", _DIGIT: r"\d"}
    return "".join(special.get(char) or re.escape(char) for char in text)


def load_words(path: Path | Traversable, groups: Collection[str]) -> dict[str, tuple[Word, ...]]:
    """Read a file of word lists.

    Returns:
        The words of each group, in the order of the file.

    Args:
        path: the file.
        groups: the groups that it must have.

    Raises:
        ReadError: it is missing or not UTF-8.
        SeedError: an entry is bad, or a group is missing or unknown; names the file and line.
    """
    file = path.name
    found: dict[str, dict[str, tuple[Word, int]]] = {}
    headers: dict[str, int] = {}
    group = ""
    for number, line in numbered_lines(read_seed(path)):
        if header := _HEADER.fullmatch(line.strip()):
            group = header[1]
            if group in headers:
                problem = f"the group [{group}] begins at line {headers[group]} already; join them"
                raise SeedError(file, number, problem)
            if group not in groups:
                known = ", ".join(groups)
                problem = f"unknown group [{group}]; the groups of this file are {known}"
                raise SeedError(file, number, problem)
            headers[group] = number
            found[group] = {}
            continue
        if not group:
            raise SeedError(file, number, "a word before the first group; begin with [group]")
        try:
            word = parse_word(line)
        except ValueError as error:
            raise SeedError(file, number, str(error)) from None
        other = found[group].setdefault(fold(word.text), (word, number))
        if other[1] != number:
            problem = f"{word.text} stands at line {other[1]} already; delete one of them"
            raise SeedError(file, number, problem)
    for name in groups:
        if not found.get(name):
            problem = f"the group [{name}] is {'empty' if name in found else 'missing'}"
            raise SeedError(file, headers.get(name, 0), f"{problem}; put its words back")
    return {name: tuple(word for word, _ in entries.values()) for name, entries in found.items()}


def parse_word(line: str) -> Word:
    """Return the entry of a line: a word, and what stands behind 除 and 限.

    Example:
        >>> parse_word("条 除 条例 条件")
        Word(text='条', excluded=('条例', '条件'), required=())

    Raises:
        ValueError: it is none; the message says what to do.
    """
    text, *rest = line.split() or [""]
    for part in (text, *rest):
        _check_characters(part)
    if _CLAUSE_END in text:
        raise ValueError("。 stands only in the words behind 除 and 限")
    contexts: dict[str, list[str]] = {_EXCEPT: [], _ONLY: []}
    sign = ""
    for part in rest:
        if part in contexts:
            if sign and not contexts[sign]:
                raise ValueError(f"{sign} needs words behind it that hold {text}")
            sign = part
            continue
        if not sign:
            raise ValueError(
                f"one word a line; {quoted(part)} needs a line of its own, or 除 in front"
            )
        if text not in part or text == part:
            raise ValueError(f"{part} behind {sign} must be longer than {text} and hold it")
        if _CLAUSE_END in part[:-1]:
            raise ValueError(f"{part}: 。 stands only at the end, for the end of a clause")
        if any(part in others for others in contexts.values()):
            raise ValueError(f"{part} stands twice behind {text}; delete one of them")
        contexts[sign].append(part)
    if sign and not contexts[sign]:
        raise ValueError(f"{sign} needs words behind it that hold {text}")
    if len(rest) > _MOST_CONTEXTS:
        raise ValueError(f"at most {_MOST_CONTEXTS} words stand behind {text}")
    return Word(text, tuple(contexts[_EXCEPT]), tuple(contexts[_ONLY]))


def _check_characters(part: str) -> None:
    if not part:
        raise ValueError("a word has at least one character")
    if wrong := _NO_CHARACTER.search(part):
        raise ValueError(f"a word has no {quoted(wrong[0])}; write each form on a line of its own")
    if len(part) > _LONGEST:
        raise ValueError(f"a word has at most {_LONGEST} characters")
