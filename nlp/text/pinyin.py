"""Match text by its pronunciation, so that a query in pinyin such as ``fazhi`` finds 法治.

Pronunciations are syllables of Hanyu Pinyin without tones, with ``v`` for ü: ``fa``, ``zhi``,
``lv``. Of the readings that pypinyin's table lists for a character, only the first is used. The
others are mostly archaic (事 zi, 有 wei) and would multiply the matches of every query. Other
modern readings are listed in this file: those used in pypinyin's 47,000 phrases, except readings
that occur only in classical texts and surnames.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec

from .normalize import fold

_HAN = range(0x4E00, 0xA000)
"""Code points of CJK Unified Ideographs; characters of its extensions are not in reports."""
_OTHER_READINGS = """
    bao剥曝刨 beng蚌 bi秘辟泌 bing屏 bo泊擘薄柏 bu埔堡卜 cen参 cha刹喳 chai差
    chan掺 chang长裳 chen称 cheng盛铛 chi匙 chong重 chuo啜 ci差兹 cu卒
    cuan攒 dei得 deng澄 di的坻 du都 duo度 e阿 fo佛 gang扛 ge蛤 gu贾 gua呱
    guan纶 guo涡掴 hai咳 hang行巷吭 he吓 heng行 hu鹄 huan还 ji给奇 jian槛
    jiang强 jiao校觉嚼 jie诘 jing劲 ju车 juan圈朘 jue角 jun龟筠 kuai会
    la落 lao落乐 le勒 lei肋 liang靓俩 liao了潦 long弄 lou露 lu六绿 luo捋
    ma抹 man埋 miu缪 mo没脉 mu模牟 nian粘 niao溺 niu拗 nuo娜 pa扒耙 pai迫
    pan番 pang磅 pi陂 pian便 piao朴 ping冯 po朴 pu暴堡 qia卡 qian纤犍
    qiang将 qiao壳雀 qie茄 qin覃 qiu仇龟 se塞 shai色 shan栅禅 shang汤
    she折 shei谁 shen参 sheng乘渑 shi什峙 shuai率 shui说 si似伺俟 ta拓漯沓嗒
    tan弹宕 tao叨 tiao调 tong洞 tun囤 wan蔓莞 wei遗隗 wu恶 xi蹊 xia厦
    xiang降 xiao削 xie血 xin莘 xing省 xiu宿臭 xu畜圩 xun浚 yan铅 ye咽
    yi尾 yin龈 ying荥 yu吁谷蔚尉 yue乐钥 za扎 zang藏 zeng曾 zha轧 zhai择
    zhan颤辗 zhao着朝 zhi识 zhou柚 zhu着 zhua爪 zhuan传 zhui椎 zhuo着琢
    zi仔 zong枞 zuo柞
"""
"""Further readings of characters: each entry is a syllable and the characters read so."""
_MAX_SPLITS = 32
"""Most ways to split a segment of letters that are tried; ``anananan…`` has thousands."""
_MIN_LETTERS, _MAX_LETTERS = 2, 40
_LETTERS = re.compile(r"[a-z']*")
_VOWELS = frozenset("aeiouv")
_UNAMBIGUOUS_WITHOUT_UMLAUT = {"lue": "lve", "nue": "nve"}
"""Syllables commonly typed without the umlaut because no other has the spelling: zhanlue."""
_AMBIGUOUS_WITHOUT_UMLAUT = {"lu": "lv", "nu": "nv"}
"""Syllables sometimes typed without the umlaut though others have the spelling: lushi for 律师."""


def readings(char: str) -> frozenset[str]:
    """Return the readings of ``char``: syllables without tones, in most cases one, ``v`` for ü.

    Args:
        char: one character, folded or not (a Traditional one is read as its Simplified form).

    Returns:
        The syllables, without those that have no vowel (``n``, ``hm``). Empty for anything outside
        of U+4E00 to U+9FFF and for the few characters of unknown pronunciation.

    Example:
        >>> sorted(readings("行"))
        ['hang', 'heng', 'xing']
    """
    table = _readings_by_character()
    return table.get(char) or table.get(fold(char)) or frozenset()


def sort_key(text: str) -> list[tuple[str, str]]:
    """Return what sorts texts by their pronunciation, character by character.

    Characters are compared by the first reading in pypinyin's table without tone (长 is zhang in
    every word), then by code point. What has no reading (digits, Latin letters, marks) comes first.
    Traditional characters stand where their Simplified forms do.

    Example:
        >>> sorted(["执法", "复议", "A"], key=sort_key)
        ['A', '复议', '执法']
    """
    table = _first_readings()
    return [(table.get(char, ""), char) for char in fold(text)]


def homophones(char: str) -> frozenset[str]:
    """Return the folded characters that share a reading with ``char``, and ``char`` itself."""
    characters = _characters_by_syllable()
    return frozenset(char).union(*(characters[syllable] for syllable in readings(char)))


def pattern(letters: str) -> re.Pattern[str] | None:
    """Return a regular expression that finds in folded text the strings pronounced ``letters``.

    Letters that can be split into syllables are matched in every split: ``xian`` matches 县 and
    西安, ``xi'an`` only 西安. Other letters are initials of one character each: ``xzfy`` matches
    行政复议. The matched string is group 1, the only group, so that ``findall`` returns strings.
    The match itself is an empty lookahead, so that overlapping strings are all found. Of several
    strings that begin at one offset, only the longest is found.

    Args:
        letters: 2 to 40 letters, and apostrophes between syllables; ü may be typed as v, upper case
            and full width do not matter.

    Returns:
        The expression, or ``None`` when the letters are not pinyin. A scan of 14 million characters
        takes 0.1 to 0.2 s.

    Example:
        >>> pattern("fazhi").findall("法治政府")
        ['法治']
    """
    parts = _parse_letters(letters)
    if not parts:
        return None
    return re.compile(f"(?=({''.join(map(_expression_of, parts))}))")


def beginnings(letters: str) -> tuple[frozenset[str], ...]:
    """Return the characters that can stand at the first places of strings pronounced ``letters``.

    Args:
        letters: as for :func:`pattern`.

    Returns:
        A set for each of the first places that every such string has, at most six; nothing when
        the letters are not pinyin.

    Example:
        >>> [sorted(chars & set("法治政府")) for chars in beginnings("fazhi")]
        [['法'], ['治']]
    """
    places: dict[int, set[str]] = {}
    starts = {0}
    for splits in _parse_letters(letters):
        ends = set()
        for start in starts:
            for split in splits:
                for place, characters in enumerate(split, start):
                    places.setdefault(place, set()).update(characters)
                ends.add(start + len(split))
        starts = ends
    return tuple(frozenset(places[place]) for place in range(min(min(starts), _MOST_PLACES)))


_MOST_PLACES = 6


def _expression_of(splits: list[list[str]]) -> str:
    """Return the expression of one segment, given its splits as strings of characters."""
    choices = ["".join(f"[{characters}]" for characters in split) for split in splits]
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _parse_letters(letters: str) -> list[list[list[str]]]:
    """Return the segments of ``letters``, for each its splits into syllables or initials.

    A split is a list of strings: for each syllable or initial the characters that it stands for.
    The list is empty when the letters are not pinyin.
    """
    plain = fold(letters).replace("ü", "v")
    parts = [part for part in plain.split("'") if part]
    if not _LETTERS.fullmatch(plain) or not _MIN_LETTERS <= len("".join(parts)) <= _MAX_LETTERS:
        return []
    segments_of_parts = [_split_syllables(part) for part in parts]
    if all(segments_of_parts):
        characters = _characters_by_syllable()
        return [
            [[characters[syllable] for syllable in split] for split in splits]
            for segments in segments_of_parts
            for splits in segments
        ]
    initials = _characters_by_initial()
    if len(parts) == 1 and all(letter in initials for letter in plain):
        return [[[initials[letter]]] for letter in parts[0]]
    return []


def _split_syllables(letters: str) -> list[list[tuple[str, ...]]]:
    """Return the segments of ``letters``, for each its splits into syllables; empty without any.

    A segment ends wherever every split has a boundary, so that ``xianxianxian`` has three segments
    of two splits each instead of eight splits.
    """
    syllables, size = _characters_by_syllable(), len(letters)
    longest = max(map(len, syllables))
    ends: list[list[int]] = [[] for _ in range(size)]
    """For each offset, the ends of the syllables that begin there and leave a splittable rest."""
    for start in reversed(range(size)):
        for end in range(start + 1, min(size, start + longest) + 1):
            if letters[start:end] in syllables and (end == size or ends[end]):
                ends[start].append(end)
    segments: list[list[tuple[str, ...]]] = []
    segment_start = 0
    while segment_start < size and ends[segment_start]:
        frontier = set(ends[segment_start])
        while len(frontier) > 1:  # until all splits share a boundary
            nearest = min(frontier)
            frontier.remove(nearest)
            frontier.update(ends[nearest])
        stop = frontier.pop()
        segments.append(_splits_between(letters, segment_start, stop, ends))
        segment_start = stop
    return segments


def _splits_between(
    letters: str, start: int, stop: int, ends: list[list[int]]
) -> list[tuple[str, ...]]:
    """Return the splits from ``start`` to ``stop``, most syllables first.

    If there are more than :data:`_MAX_SPLITS`, those with the fewest syllables are returned.
    """
    splits: dict[int, list[tuple[str, ...]]] = {stop: [()]}
    for position in reversed(range(start, stop)):
        found = [
            (letters[position:end], *rest) for end in ends[position] for rest in splits.get(end, ())
        ]
        splits[position] = sorted(found, key=len)[:_MAX_SPLITS]
    return splits[start][::-1]


@cache
def _readings_by_character() -> dict[str, frozenset[str]]:
    """Return the readings of every folded character that has any."""
    found = {char: frozenset((first,)) for char, first in _first_readings().items()}
    for syllable, chars in re.findall(r"([a-z]+)(\S+)", _OTHER_READINGS):
        for char in chars:
            found[char] = found.get(char, frozenset()) | {syllable}
    return found


@cache
def _first_readings() -> dict[str, str]:
    """Return the first reading with a vowel of every folded character that has any."""
    table = _pypinyin_table()
    han = "".join(chr(code) for code in _HAN if code in table)
    found: dict[str, str] = {}
    for char, folded in zip(han, fold(han), strict=True):
        spoken = (
            plain for plain in map(_without_tone, table[ord(char)].split(",")) if _has_vowel(plain)
        )
        if char == folded and (first := next(spoken, "")):
            found[char] = first
    return found


def _has_vowel(syllable: str) -> bool:
    """Return whether a syllable has a vowel; interjections such as n and hm have none."""
    return not _VOWELS.isdisjoint(syllable)


@cache
def _without_tone(syllable: str) -> str:
    """Return a syllable without its tone, ``v`` for ü."""
    parts = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(part for part in parts if not unicodedata.combining(part))


@cache
def _characters_by_syllable() -> dict[str, str]:
    """Return for every syllable a string of the characters that have this reading."""
    table: dict[str, str] = {}
    for char, syllables in _readings_by_character().items():
        for syllable in syllables:
            table[syllable] = table.get(syllable, "") + char
    table.update(
        {typed: table[syllable] for typed, syllable in _UNAMBIGUOUS_WITHOUT_UMLAUT.items()}
    )
    for typed, syllable in _AMBIGUOUS_WITHOUT_UMLAUT.items():
        table[typed] += table[syllable]
    return table


@cache
def _characters_by_initial() -> dict[str, str]:
    """Return for every letter the characters with a reading that begins with it (zh under z)."""
    table: dict[str, str] = {}
    for char, syllables in _readings_by_character().items():
        for letter in {syllable[0] for syllable in syllables}:
            table[letter] = table.get(letter, "") + char
    return table


def _pypinyin_table() -> dict[int, str]:
    """Return pypinyin's table: code point to readings with tones, joined by commas.

    The module is loaded without its package, which would take 0.1 s more to load the phrases.
    """
    package = find_spec("pypinyin")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("pypinyin.pinyin_dict", places) if places else None
    if spec and spec.loader:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    else:  # bundled into an executable, or not installed
        # late: only where the module cannot be loaded by itself; raises the usual error
        from pypinyin import pinyin_dict as module
    table: dict[int, str] = module.pinyin_dict
    return table
