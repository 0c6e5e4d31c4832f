"""Match text by its pronunciation: which strings of a text are pronounced ``fazhi``?

Sounds are syllables of Hanyu Pinyin without tones, with ``v`` for ü: ``fa``, ``zhi``, ``lv``. Of
the readings that pypinyin's table has for a character, the first counts. The others are mostly
from old books (事 zi, 有 wei) and would make of every string a hundred; those that are heard are
listed here: what pypinyin's 47,000 phrases use, but for what only classics and surnames do.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec

from .normalize import fold

_HAN = range(0x4E00, 0xA000)
"""CJK Unified Ideographs, the block; what lies in its extensions does not occur in reports."""
_FURTHER = """
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
"""How characters are read besides their first reading: a syllable and those that can sound so."""
_MOST_SPLITS = 32
"""Ways to split a stretch of letters that are tried; ``anananan…`` has thousands."""
_SHORTEST, _LONGEST = 2, 40
_LETTERS = re.compile(r"[a-z']*")
_VOWELS = frozenset("aeiouv")
_TYPED_WITHOUT_DOTS = {"lue": "lve", "nue": "nve"}
"""Syllables that are as often typed without the dots, because no other sounds so: zhanlue."""
_OFTEN_WITHOUT_DOTS = {"lu": "lv", "nu": "nv"}
"""Syllables that some type without the dots though others sound so: lushi is 律师 too."""


def readings(char: str) -> frozenset[str]:
    """Return how ``char`` is read: plain syllables, most often one, ``v`` for ü.

    Args:
        char: one character, folded or not (a Traditional one is read as its Simplified form).

    Returns:
        The syllables, such as ``xing``, ``hang`` and ``heng`` of 行, without those that are only a
        hum (``n``, ``hm``). Empty for what is no character of the block U+4E00 to U+9FFF, and for
        the few of them whose sound nobody knows.
    """
    sounds = _sounds()
    return sounds.get(char) or sounds.get(fold(char)) or frozenset()


def homophones(char: str) -> frozenset[str]:
    """Return the folded characters that share a reading with ``char``, and ``char`` itself."""
    characters = _characters()
    return frozenset(char).union(*(characters[syllable] for syllable in readings(char)))


def pattern(letters: str) -> re.Pattern[str] | None:
    """Return an expression that finds, in folded text, what sounds like ``letters``.

    Letters that can be split into syllables are read so, in every way: ``xian`` is 县 and 西安,
    ``xi'an`` only 西安. Others are initials, a character each: ``xzfy`` is 行政复议. The string
    found is group 1, the only one, so that ``findall`` gives strings. The match itself is empty:
    none is missed where two overlap. Where one string begins as another does, the longer is found.

    Args:
        letters: 2 to 40 letters, and apostrophes between syllables; ü may be typed as v, upper case
            and full width do not matter.

    Returns:
        The expression, or ``None`` when the letters cannot be read. It takes 0.1 to 0.2 s for 14
        million characters.
    """
    parts = _read(letters)
    if not parts:
        return None
    return re.compile(f"(?=({''.join(map(_alternatives, parts))}))")


def _alternatives(ways: list[list[str]]) -> str:
    """Return the expression for a stretch of letters, given the classes of each way to read it."""
    choices = ["".join(f"[{characters}]" for characters in way) for way in ways]
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _read(letters: str) -> list[list[list[str]]]:
    """Return the stretches of ``letters``, each as its readings, each as characters by place."""
    plain = fold(letters).replace("ü", "v")
    parts = [part for part in plain.split("'") if part]
    if not _LETTERS.fullmatch(plain) or not _SHORTEST <= len("".join(parts)) <= _LONGEST:
        return []
    split = [_split(part) for part in parts]
    if all(split):
        characters = _characters()
        return [
            [[characters[syllable] for syllable in way] for way in ways]
            for stretches in split
            for ways in stretches
        ]
    initials = _initials()
    if len(parts) == 1 and all(letter in initials for letter in plain):
        return [[[initials[letter]]] for letter in parts[0]]
    return []


def _split(letters: str) -> list[list[tuple[str, ...]]]:
    """Return the ways to split ``letters`` into syllables, stretch by stretch; none, no stretch.

    A stretch ends wherever all of the ways have a boundary, so that ``xianxianxian`` is three
    times two ways and not eight.
    """
    syllables, size = _characters(), len(letters)
    longest = max(map(len, syllables))
    ends: list[list[int]] = [[] for _ in range(size)]
    """Where a syllable that begins here ends, if the rest can be split too."""
    for start in reversed(range(size)):
        for end in range(start + 1, min(size, start + longest) + 1):
            if letters[start:end] in syllables and (end == size or ends[end]):
                ends[start].append(end)
    stretches: list[list[tuple[str, ...]]] = []
    begun = 0
    while begun < size and ends[begun]:
        reached = set(ends[begun])
        while len(reached) > 1:  # until all ways have come to the same place
            behind = min(reached)
            reached.remove(behind)
            reached.update(ends[behind])
        stop = reached.pop()
        stretches.append(_ways(letters, begun, stop, ends))
        begun = stop
    return stretches


def _ways(letters: str, start: int, stop: int, ends: list[list[int]]) -> list[tuple[str, ...]]:
    """Return the ways from ``start`` to ``stop``, the longest first, of too many the shortest."""
    ways: dict[int, list[tuple[str, ...]]] = {stop: [()]}
    for place in reversed(range(start, stop)):
        found = [(letters[place:end], *rest) for end in ends[place] for rest in ways.get(end, ())]
        ways[place] = sorted(found, key=len)[:_MOST_SPLITS]
    return ways[start][::-1]


@cache
def _sounds() -> dict[str, frozenset[str]]:
    """Return the readings of every folded character that has one."""
    table = _table()
    han = "".join(chr(code) for code in _HAN if code in table)
    sounds: dict[str, frozenset[str]] = {}
    for char, folded in zip(han, fold(han), strict=True):
        spoken = (plain for plain in map(_plain, table[ord(char)].split(",")) if _is_spoken(plain))
        if char == folded and (first := next(spoken, "")):
            sounds[char] = frozenset((first,))
    for syllable, chars in re.findall(r"([a-z]+)(\S+)", _FURTHER):
        for char in chars:
            sounds[char] = sounds.get(char, frozenset()) | {syllable}
    return sounds


def _is_spoken(syllable: str) -> bool:
    """Say whether a syllable has a vowel; others are a hum, such as n and hm."""
    return not _VOWELS.isdisjoint(syllable)


@cache
def _plain(syllable: str) -> str:
    """Return a syllable without its tone, ``v`` for ü."""
    parts = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(part for part in parts if not unicodedata.combining(part))


@cache
def _characters() -> dict[str, str]:
    """Return the characters that are read so, for every syllable."""
    table: dict[str, str] = {}
    for char, sounds in _sounds().items():
        for sound in sounds:
            table[sound] = table.get(sound, "") + char
    table.update({typed: table[sound] for typed, sound in _TYPED_WITHOUT_DOTS.items()})
    for typed, sound in _OFTEN_WITHOUT_DOTS.items():
        table[typed] += table[sound]
    return table


@cache
def _initials() -> dict[str, str]:
    """Return the characters whose sound begins so, for every letter; zh, ch and sh as z, c, s."""
    table: dict[str, str] = {}
    for char, sounds in _sounds().items():
        for letter in {sound[0] for sound in sounds}:
            table[letter] = table.get(letter, "") + char
    return table


def _table() -> dict[int, str]:
    """Return the readings of every character by code point, with tones, joined by commas.

    The module is loaded without its package, which would load the phrases too: 0.1 s for nothing.
    """
    package = find_spec("pypinyin")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("pypinyin.pinyin_dict", places) if places else None
    if spec and spec.loader:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    else:  # frozen into a program, or not installed
        from pypinyin import pinyin_dict as module
    table: dict[int, str] = module.pinyin_dict
    return table
