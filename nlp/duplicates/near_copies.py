"""Recognize sentences that differ only in numbers, names of places and persons, or marks.

Reports of one kind are written from one another: the sentence of last year with the figures of
this year, or that of the province with the name of the county. :func:`skeleton` reduces a sentence
to what such copies have in common, and :func:`copy_key` is its hash, so that near-copies are found
by comparing integers.

The skeleton leaves every other word as it is, so that statements that differ in a verb, a negation,
a procedure or a direction of change have different skeletons. A name that is masked by mistake does
no harm by itself: two sentences are near-copies only if they are equal outside of what is masked.

Libraries store the keys. When the rules or the words of ``own-names.txt`` change, sentences that
are indexed afterwards have other keys, until ``gongwen reindex`` makes them anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import blake2b

from ..document.gazetteer import full_names, short_names
from ..text.normalize import squeeze
from ..vocabulary import WordLists

PLACE = "@"
"""Stands in a skeleton for names of places, of persons and of the report's own office."""
NUMBER = "0"
"""Stands in a skeleton for a number."""
KEY_BITS = 63
"""Bits of a key, so that it fits into a signed 64-bit integer."""

_WORDS = WordLists(
    "own-names", "place place-of-office office year posts acts family-names no-towns"
)
_MIN_CONTENT = 2
"""Fewer characters than this beside numbers, names and units of dates say nothing: such a text is
compared as it is."""
_HAN = "[\u4e00-\u9fff]"
_ORDINAL = "[一二三四五六七八九十]"
_LONGEST_NAME = 15
_DIVISION = re.compile("[省市县区旗州盟]")
_STEM_ENDS = ("自治区", "自治州", "自治县", "自治旗", *"省市县区州旗盟镇乡", "街道", "新区")

_LEAD = re.compile(
    rf"\A[\W_]*(?:第?{_ORDINAL}{{1,3}}(?:是|要(?![求件素点闻务])|[\W_]+)"
    rf"|第?{_ORDINAL}{{1,3}}(?:方面[\W_]*)(?:是)?"
    r"|[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}(?:[、.)\]:,](?![0-9])|(?=[\u4e00-\u9fff])(?![年月日号个项件次人名条起家期万亿%]))[\W_]*)+"
)
"""The number of an item at the head of a sentence: 一是, (二), 3., 第四。"""
_NUMBERS = re.compile(r"[0-9]+(?:[.,:/][0-9]+)*(?:[余多](?![0-9a-z]))?")
_NUMBER_RUNS = re.compile(r"0%?(?:[-~至到和或及与]{0,2}0%?)+")
_DATES = re.compile(r"0(?:年度?|月份?|[日号])(?:[-~至到]{0,2}0(?:年度?|月份?|[日号]))+|0年度")
_MARKS = re.compile(
    "[\x00-$&-/:-?\\[-`{-\xbf\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f"
    "\ue000-\uf8ff\ufe00-\ufe6f\ufff0-\uffff]+"
)
"""All marks and spaces but ``%`` and :data:`PLACE`."""
_PLACE_RUNS = re.compile("@(?:[和及与]?@)+")
_SHORT = 16
"""Longer skeletons have some content."""
_LEAD_STARTS = re.compile(r"\A[\W_]*[第0-9一二三四五六七八九十]")
_NO_CONTENT = re.compile("[0@%年月日号]")


@lru_cache(maxsize=4096)
def own_names(*names: str) -> tuple[str, ...]:
    """Return the names by which a report speaks of its own place and office, the longest first.

    Args:
        names: its region, county, city, province and agency, as far as known, as written.

    Example:
        >>> own_names("武功县", "武功县司法局")
        ('武功县司法局', '武功县', '武功')
    """
    found = {squeeze(name) for written in names for name in written.split("、")}
    found = {name for name in found if len(name) > 1}
    for name in tuple(found):
        stem = name.removesuffix(next((end for end in _STEM_ENDS if name.endswith(end)), ""))
        if len(stem) > 1:
            found.add(stem)
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def skeleton(text: str, names: Sequence[str] = ()) -> str:
    """Return what near-copies of a sentence have in common.

    Numbers become ``0``, names of places and persons ``@``, and marks and the number of an item at
    the head are left out. Of a text that has nothing else the whole is returned.

    Args:
        text: the sentence, squeezed (:func:`~gongwen.nlp.text.normalize.squeeze`), with its numbers
            written out (:func:`~gongwen.nlp.text.numerals.in_values`).
        names: names of the report's own place and office, from :func:`own_names`.

    Example:
        >>> skeleton("2020年,武功县共办理行政复议案件17件。")
        '0年@共办理行政复议案件0件'
    """
    masked = text
    for name in names:
        if name in masked:
            masked = masked.replace(name, PLACE)
    masked = _fixed_names().sub(_mask, _without_full_names(masked))
    if _MAY_BE_PERSON.search(masked):
        masked = _persons().sub(PLACE, masked)
    if _MAY_BE_TOWN.search(masked):
        masked = _TOWNS.sub(_mask_town, masked)
    if "分之" in masked:
        masked = _FRACTION.sub("0%", masked)
    if _MAY_BE_ORDINAL.search(masked):
        masked = _NUMBER_WORDS.sub(NUMBER, masked)
    masked = _LEAD.sub("", masked, 1) if _LEAD_STARTS.match(masked) else masked
    masked = _MARKS.sub("", _NUMBERS.sub(NUMBER, masked))
    if "@" in masked:
        masked = _PLACE_RUNS.sub(PLACE, masked)
    if "0" in masked:
        masked = _DATES.sub("0年", _NUMBER_RUNS.sub(_joined, masked))
    if len(masked) < _SHORT and len(_NO_CONTENT.sub("", masked)) < _MIN_CONTENT:
        return text
    return masked


def copy_key(text: str, names: Sequence[str] = ()) -> int:
    """Return the hash of the :func:`skeleton` of a sentence: 63 bits, the same on every machine.

    It takes the arguments of :func:`skeleton`.

    Example:
        >>> copy_key("全年办案17件。") == copy_key("全年办案203件,")
        True
    """
    data = skeleton(text, names).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> (64 - KEY_BITS)


def _without_full_names(text: str) -> str:
    """Return ``text`` with the full names of divisions masked.

    Each character with which such names end is looked for, then the longest name that ends there.
    """
    parts: list[str] = []
    done = 0
    names = full_names()
    for match in _DIVISION.finditer(text):
        end = match.end()
        for start in range(max(done, end - _LONGEST_NAME), end - 2):
            if text[start:end] in names:
                parts += text[done:start], PLACE
                done = end
                break
        else:
            if end - 2 >= done and text[end - 1] in "县旗" and text[end - 2 : end] in names:
                parts += text[done : end - 2], PLACE
                done = end
    return "".join(parts) + text[done:] if parts else text


_MAY_BE_PERSON = re.compile("某|[长记任席](?=[\u4e00-\u9fff])")
_MAY_BE_TOWN = re.compile("[镇乡]|街道|@[^@\n]*(?:村|社区)")
_MAY_BE_ORDINAL = re.compile('五"?[普规时期末收开]|大[的和、,精会以召报闭开胜]|大$|中全会')


def _mask(match: re.Match[str]) -> str:
    """Return what stands for a name of a place or office."""
    if match.lastgroup == "office":  # the place alone is the name: 县委 and 市委 become @委
        return PLACE + _OFFICE_PLACE.sub("", match[0])
    return "0年" if match.lastgroup == "year" else PLACE


def _mask_town(match: re.Match[str]) -> str:
    return match[0] if _no_town().search(match["town"] or match["village"]) else PLACE


_OFFICE_PLACE = re.compile("^(?:自治区|[省市县区州旗盟])")


def _joined(match: re.Match[str]) -> str:
    return "0%" if "%" in match[0] else NUMBER


@cache
def _no_town() -> re.Pattern[str]:
    """Return what shows that a word is not the name of a town or village."""
    return re.compile(_WORDS.pattern("no-towns"))


@cache
def _fixed_names() -> re.Pattern[str]:
    """Return what is masked in every sentence.

    The first two characters are looked for as sets, before all names are tried one by one.
    """
    words = [*_WORDS.texts("place-of-office", "year", "place", "office"), *short_names()]
    first, second = ("".join(sorted({word[i] for word in words})) for i in (0, 1))
    return re.compile(
        rf"(?=[{first}][{second}])(?:"
        rf"(?P<office>{_WORDS.pattern('place-of-office')})"
        rf"|(?P<year>{_WORDS.pattern('year')})"
        rf"|{_WORDS.pattern('place', 'office')}|{_short_name_pattern()})"
    )


_FRACTION = re.compile(f"(?<!{_ORDINAL}){_ORDINAL}+分之{_ORDINAL}+")
_PLAN_BEHIND = "(?:普法|规划|时期|期间|末|收官|开局)"
_NUMBER_WORDS = re.compile(
    rf"(?:十?[一二三四五六七八九]|1[0-9])(?=五\"?{_PLAN_BEHIND})"
    r"|(?:二?十[一二三四五六七八九]?|[12][0-9])(?=大(?:[的和、,精会以召报闭开胜]|$))"
    r"|[一二三四五六七](?=中全会)"
)
"""Numbers of plans and congresses: 七五普法, 十四五规划, 二十大精神, 五中全会."""


@cache
def _persons() -> re.Pattern[str]:
    """Return names of persons behind their posts, and such as 王某."""
    family = _WORDS.pattern("family-names")
    ends = rf"(?=[^\u4e00-\u9fff]|$|{_WORDS.pattern('acts')})"
    return re.compile(rf"(?<=[@\u4e00-\u9fff][长记任席]){family}{_HAN}{{1,2}}?{ends}|{family}某某?")


_BEFORE_TOWN = "在到对从于向以和及与赴由将"
_TOWNS = re.compile(
    rf"(?:(?<!{_HAN})|(?<=[{_BEFORE_TOWN}]))(?![{_BEFORE_TOWN}])(?P<town>{_HAN}{{2,3}}?)"
    rf"(?:街道(?:办事处)?|[镇乡](?![镇级村域]))"
    rf"|(?<=[@镇乡])(?P<village>{_HAN}{{2,3}}?)(?:村(?!级)|社区)"
)
"""Names of towns, and of villages behind them; others are not certain to be names (贫困村)."""


def _short_name_pattern() -> str:
    """Return a pattern of the short names of provinces, cities and autonomous counties."""
    by_first: dict[str, list[str]] = {}
    for name in sorted(short_names(), key=lambda name: (-len(name), name)):
        by_first.setdefault(name[0], []).append(name[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in sorted(by_first.items()))
