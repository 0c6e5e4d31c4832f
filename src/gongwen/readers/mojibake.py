"""Recognise Chinese text that was decoded wrongly, and decode it by the right encoding.

Text that was decoded with the wrong encoding (*mojibake*) can be turned back into its bytes with
that encoding. The result is accepted only if the bytes are valid in another encoding and the new
text reads as Chinese: :func:`chinese_share` is above 0.99 in real reports, 0.75 in their shortest
lines (names of persons), and 0.14 in UTF-8 that was decoded as GBK.

Encodings for e-mail that use ASCII bytes only (HZ, UTF-7, ISO-2022-CN) are decoded here too, since
every other detector takes them for ASCII.

charset-normalizer 3.5 was tried again in place of :func:`~.plain_text.detect_encoding`,
restricted to UTF-8, GB18030, Big5 (decoded as cp950) and UTF-16. Of 40 pieces of 10 characters
each it was right for 33 of GB18030, 28 of Big5 and 38 of UTF-16, ours for all; from 20 characters
on both are right, but for one. It knows neither ISO-2022-CN nor mixed files nor text decoded
wrongly before, so it is no dependency.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from ..nlp.text.normalize import simplified

_READS_CHINESE = 0.85
"""Least share of common characters in text that counts as read correctly."""
_IN_DOUBT = 0.6
"""Share of common characters below which a text may have been decoded wrongly.

A line with less is decoded anew if that gives Chinese text; none is changed for its share alone.
"""
_LOST_SHARE = 0.3
"""Largest share of lost characters in a line that is repaired."""
_LONGEST_LINE = 20_000
"""Longer lines are looked at piece by piece, each as long as this."""

_FREQUENT = frozenset(
    "的和业国一发政建展进全化大人工加实要产法新设民力行中年制经会作有生在增不推改动高重地强务提体济成开资主持区能理保个合上社等是治对市定现以家农面度平长企公为出用基"
    "我各项革方好入到了施量机部事点同分三步府深规水坚件文技续服育管效城代质性场系关调万品创多科本安策学十级决下五办结目完快们村造问稳收支金时外整位善投放利通升自来教"
    "程优费领应解共就题心省过构得更取义活期标源积总内元统律向前与域立案群口范二任亿信局于商员极防环县四议明计这导促消后术护电融两监乡把权条境特营次打落划健数众交门运"
    "执集职格际比做扩镇继查所小依转正型态流审率严专单意争财责海必物第处协种复居础战达由路组价准表百当求广险医台引益道起及党风障老先批式可之院干证色并精情形均接督供联"
    "网线低原突需预值控贸族今少存综算别排清节着试委间研确果都使须从抓势些备子措税认还难其类相配模里名努减培超报补去切况也指央易变核八速团降日军房验养普六千略较南思西"
    "将头常住九户"
)
"""The most frequent hanzi of 37 government reports and of the labelled sentences.

They are 85 % of the hanzi of real reports, and 10 % of those of Big5 that was read as GBK, in which
rarer characters are common ones all the same.
"""
_FEW_FREQUENT, _MANY_FREQUENT = 0.2, 0.5
"""Shares of frequent characters below which, and from which on, a line reads wrong or right."""
_SHORTEST_RARE_LINE = 6
"""Least number of hanzi in a line that is judged by its frequent characters."""

LOST = "\ufffd"
_LATIN_RUN = re.compile(r"[\x80-\xff\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{3,}")
"""Characters of cp1252 and Latin-1 above ASCII; three in a row stand in no Chinese text."""
_LATIN_LETTER = re.compile(r"[\xc0-\xd6\xd8-\xf6\xf8-\xff]")
_HANZI_RUN = re.compile("[\u3400-\u9fff\uf900-\ufaff]{6,}")
_RUN = re.compile("[^\0-\x7f]{2,}")
_HANZI_CLASS = "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_HANZI = re.compile(_HANZI_CLASS)
_HANZI_RUNS = re.compile(f"{_HANZI_CLASS}+")
_NOT_FREQUENT = re.compile(f"[^{''.join(sorted(_FREQUENT))}]")
_QUESTION_MARKS = re.compile(r"(?<=[^\0-\x7f])\?{1,20}")
_LOSSES = re.compile(f"{LOST}+")
_LOST_0X80 = re.compile(rb"(?:(?<=[\xe2-\xef])|(?<=[\xe2-\xef][\x80-\xbf]))\xff(?=[\x80-\xfe])")
"""A lost byte inside a character of UTF-8 that was read as GBK, with no ASCII character behind.

0x80 is the only byte of UTF-8 that GBK does not read as the first of two.
"""

_LATIN_MARKS = "\x85\xa0\xa7\xad\xb0\xb1\xb7\xd7\xf7"
"""Marks of Latin-1 that Chinese text uses, such as the middle dot in names."""

_SLOPPY = "cp1252"
_NAMES = {
    _SLOPPY: "Latin-1",
    "gb18030": "GBK",
    "cp950": "Big5",
    "mac_roman": "Mac Roman",
    "cp437": "code page 437",
    "cp1251": "Windows-1251",
    "koi8_r": "KOI8-R",
    "cp932": "Shift-JIS",
    "cp949": "EUC-KR",
    "utf-8": "UTF-8",
}
"""Names for messages of the encodings that a text may have been decoded with."""
_WRONG = tuple(name for name in _NAMES if name != "utf-8")
_RIGHT = ("utf-8", "gb18030", "cp950")
_LEVEL_1_ROWS = range(0xB0, 0xD8)


@cache
def _common() -> frozenset[str]:
    """Return the 3,755 hanzi of the first level of GB2312, the common ones."""
    codes = bytes(b for row in _LEVEL_1_ROWS for cell in range(0xA1, 0xFF) for b in (row, cell))
    return frozenset(codes.decode("gb2312", "ignore"))


def is_hanzi(char: str) -> bool:
    """Return whether a character is a Chinese one."""
    return bool(_HANZI.match(char))


def count_hanzi(text: str) -> int:
    """Return how many characters of a text are Chinese ones."""
    return len("".join(_HANZI_RUNS.findall(text)))


def chinese_share(text: str) -> float:
    """Return the share (0 to 1) of common hanzi among the letters of a text that are not ASCII.

    Traditional characters count as the simplified ones. Lost characters, private-use characters
    and control codes above ASCII count as letters that are not common; punctuation does not count.

    Example:
        >>> chinese_share("全年辦案12件"), chinese_share("娉曟不")
        (1.0, 0.3333333333333333)
    """
    common, letters = _counts(text)
    return common / letters if letters else 0.0


def _counts(text: str) -> tuple[int, int]:
    """Return the number of common hanzi, and of all letters above ASCII."""
    common = others = 0
    for char, count in Counter(simplified(text)).items():
        if char <= "\x7f":
            continue
        if char in _common():
            common += count
        elif char.isalpha() or char == LOST or _is_odd(char):
            others += count
    return common, common + others


def _is_odd(char: str) -> bool:
    """Return whether a character is of Latin-1 or of the private-use area, and no punctuation."""
    return ("\x80" <= char <= "\xff" and char not in _LATIN_MARKS) or "\ue000" <= char < "\uf900"


def _common_count(text: str) -> int:
    return _counts(text)[0]


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done to a text that had been decoded wrongly.

    Attributes:
        text: the text, with U+FFFD for each character that is lost.
        lines: for each mistake, such as ``UTF-8 read as GBK``, the numbers of the lines with it.
        before: the first line with each mistake as it was.
        after: the same line as it is now.
    """

    text: str
    lines: dict[str, list[int]]
    before: dict[str, str]
    after: dict[str, str]


def repair(text: str) -> Repair:
    r"""Decode anew the lines of a text that were decoded with a wrong encoding.

    Lines end with ``\n`` only, since the code U+0085 may be half of a character here.

    Example:
        >>> repair("2021å¹´æ³\x95æ²»").text, repair("全年办案12件。").lines
        ('2021年法治', {})
    """
    done = Repair(text, {}, {}, {})
    if text.isascii():
        return done
    lines = text.split("\n")
    doubtful = [n for n, line in enumerate(lines) if _is_doubtful(line)]
    if not doubtful:
        return done
    strong = Counter[tuple[str, str]]()
    for n in doubtful[:200]:
        if found := _best(lines[n], ()):
            strong[found[1][0], found[1][1]] += 1
    expected = tuple(chain for chain, _ in strong.most_common(2))
    for n in doubtful:
        fixed, mistake = _repaired_line(lines[n], expected)
        if mistake and fixed != lines[n]:
            done.lines.setdefault(mistake, []).append(n + 1)
            done.before.setdefault(mistake, lines[n])
            done.after.setdefault(mistake, fixed)
            lines[n] = fixed
    return Repair("\n".join(lines), done.lines, done.before, done.after)


def _is_doubtful(line: str) -> bool:
    """Return whether a line may have been decoded wrongly."""
    if line.isascii():
        return False
    if (run := _LATIN_RUN.search(line)) and _LATIN_LETTER.search(run[0]):
        return True
    return any(_reads_wrong(run[0]) for run in _RUN.finditer(line))


def _reads_wrong(text: str) -> bool:
    """Return whether a text has letters above ASCII, of which too few are common hanzi."""
    if _least_frequent_share(text) >= _IN_DOUBT:
        return False
    if sum(map(_common().__contains__, text)) > 0.8 * len(text):
        return _has_few_frequent(text)
    common, letters = _counts(text)
    return letters > 0 and (common < _IN_DOUBT * letters or _has_few_frequent(text))


_FOREIGN_RUN = re.compile("[\uff61-\uff9f]{4,}")
"""Half-width katakana, as which GBK appears that was read as Shift-JIS."""


def reads_wrong(line: str) -> bool:
    """Return whether a line was decoded wrongly, in full or in part, and is not readable.

    Example:
        >>> reads_wrong("æ³æ²»æ¿åº"), reads_wrong("艾尔肯·吐尼亚孜（Erkin Tuniyaz）")
        (True, False)
    """
    if line.isascii():
        return False
    if any(len(_LATIN_LETTER.findall(run[0])) >= 2 for run in _LATIN_RUN.finditer(line)):
        return True
    return bool(_FOREIGN_RUN.search(line)) or any(
        _has_few_frequent(run[0]) and chinese_share(run[0]) < _IN_DOUBT
        for run in _HANZI_RUN.finditer(line)  # lists of rare names have shorter ones
    )


def _least_frequent_share(text: str) -> float:
    """Return the share of the frequent hanzi among all characters of a text.

    Among its hanzi or letters it is as large or larger, and so is that of the common ones: nearly
    all text is seen to read right by this number alone.
    """
    return 1 - len(_NOT_FREQUENT.findall(text)) / len(text)


def _has_few_frequent(text: str) -> bool:
    """Return whether a text has six hanzi or more, of which hardly any is a frequent one."""
    if _least_frequent_share(text) >= _FEW_FREQUENT:
        return False
    hanzi = _HANZI.findall(text)
    if sum(map(_FREQUENT.__contains__, hanzi)) >= _FEW_FREQUENT * len(hanzi):
        return False  # without traditional characters there are only more
    frequent = sum(map(_FREQUENT.__contains__, simplified(text)))
    return len(hanzi) >= _SHORTEST_RARE_LINE and frequent < _FEW_FREQUENT * len(hanzi)


def _has_many_frequent(text: str) -> bool:
    hanzi = _HANZI.findall(simplified(text))
    return sum(char in _FREQUENT for char in hanzi) >= _MANY_FREQUENT * len(hanzi)


def _repaired_line(line: str, expected: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Return a line as it should read and the name of the mistake, ``""`` if there is none."""
    if len(line) > _LONGEST_LINE:
        pieces = [line[i : i + _LONGEST_LINE] for i in range(0, len(line), _LONGEST_LINE)]
        done = [_repaired_line(piece, expected) for piece in pieces]
        return "".join(text for text, _ in done), next(filter(None, (m for _, m in done)), "")
    if found := _best(line, expected):
        return found[0], _name(found[1])
    mistakes: list[str] = []

    def fixed_run(run: re.Match[str]) -> str:
        text = run[0]
        if _reads_wrong(text) and (better := _best(text, expected)):
            mistakes.append(_name(better[1]))
            return better[0]
        return text

    for pattern in (_LATIN_RUN, _RUN):
        fixed = pattern.sub(fixed_run, line)
        if mistakes:
            return fixed, mistakes[0]
    return line, ""


def _name(chain: tuple[str, ...]) -> str:
    wrong, right, *more = chain
    twice = ", twice" if more else ""
    return f"{_NAMES[right]} read as {_NAMES[wrong]}{twice}"


@lru_cache(maxsize=128)
def _best(text: str, expected: tuple[tuple[str, str], ...]) -> tuple[str, tuple[str, ...]] | None:
    """Return the best new decoding of a text and its chain of encodings, ``None`` if none is good.

    Args:
        text: a line or a part of one.
        expected: pairs of encodings that other lines of the text show, for which less is asked.
    """
    before = 0.0 if _has_few_frequent(text) else chinese_share(text)
    if before >= _READS_CHINESE:
        return None
    best: tuple[float, str, tuple[str, ...]] | None = None
    for chain, candidate in _candidates(text):
        common, letters = _counts(candidate)
        share = common / letters if letters else 0.0
        lost = candidate.count(LOST)
        least = 1 if chain[:2] in expected else 2 if chain[1] == "utf-8" else 4
        if (
            common < least
            or share < _READS_CHINESE - (0.2 if lost else 0)
            or share < before + 0.2
            or (chain[1] != "utf-8" and not _has_many_frequent(candidate))
            or lost > _LOST_SHARE * (common + lost)
        ):
            continue
        # A loss counts more than a rare character; in doubt UTF-8, whose bytes prove themselves.
        value = share - lost / (common + lost) + 0.05 * (chain[1] == "utf-8")
        if best is None or value > best[0] + 1e-9:
            best = (value, candidate, chain)
    return (best[1], best[2]) if best else None


def _candidates(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield other decodings of a text with their chains of encodings."""
    for wrong in _WRONG:
        data = _encode(text, wrong)
        if data is None:
            continue
        for right in _RIGHT:
            if wrong == right:
                continue
            try:
                decoded = data.decode(right)
            except UnicodeDecodeError:
                lossy = _encode_lossy(text, wrong) or data
                if right == "utf-8" and wrong == "gb18030":
                    lossy = _LOST_0X80.sub(b"\x80", lossy)
                decoded = _LOSSES.sub(LOST, lossy.decode(right, "replace"))
                if wrong in (_SLOPPY, "gb18030", "cp950"):
                    yield (wrong, right), decoded
                continue
            if decoded == text:
                continue
            yield (wrong, right), decoded
            for _ in range(2):  # encoded twice or three times
                again = _encode(decoded, wrong) if right == "utf-8" else None
                if again is None:
                    break
                try:
                    decoded = again.decode(right)
                except UnicodeDecodeError:
                    break
                yield (wrong, right, "twice"), decoded


def _encode_lossy(text: str, encoding: str) -> bytes | None:
    """Return the bytes of a text with 0xFF for U+FFFD, and for ``?`` behind letters above ASCII."""
    marked = _QUESTION_MARKS.sub(lambda run: LOST * len(run[0]), text)
    if encoding == "gb18030":
        marked = marked.replace("€", LOST)  # what 0x80 is in Windows' code page 936
    parts = [_encode(part, encoding) for part in marked.split(LOST)]
    whole = [part for part in parts if part is not None]
    return b"\xff".join(whole) if len(whole) == len(parts) else None


def _encode(text: str, encoding: str) -> bytes | None:
    """Return the bytes of a text, ``None`` if it has characters that the encoding does not have.

    cp1252 has Latin-1's characters where it has none of its own.
    """
    if encoding != _SLOPPY:
        try:
            return text.encode(encoding)
        except UnicodeEncodeError:
            return None
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        pass
    data = bytearray()
    for char in text:
        try:
            data += char.encode(_SLOPPY)
        except UnicodeEncodeError:
            if char > "\xff":
                return None
            data.append(ord(char))
    return bytes(data)


def decode_chinese(data: bytes) -> str | None:
    """Decode bytes as UTF-8, GB18030, Big5 or UTF-16 if the result reads as Chinese, else ``None``.

    Example:
        >>> decode_chinese("法治".encode("gbk")), decode_chinese(b"abc")
        ('法治', None)
    """
    for encoding in ("utf-8-sig", "gb18030", "cp950", "utf-16"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _common_count(text) and chinese_share(text) >= _READS_CHINESE:
            return text
    return None


# -- encodings of seven bits -----------------------------------------------------------------------

_HZ = re.compile(rb"~\{(?:[!-w][!-~]){1,2000}~\}")
_UTF7 = re.compile(rb"\+[A-Za-z0-9+/]{4,4000}-?")
_ISO_2022 = re.compile(rb"\x1b\$(?:\)A|A)")
_SHIFTED = re.compile(rb"\x0e([!-~\r\n]{0,4000})\x0f")
_DESIGNATION = re.compile(rb"\x1b\$[()*]?[A-H]|\x1b\(B|\x1b[NO]")
_PAIRS = re.compile(rb"\x1b\$A([!-~]{0,4000})(?:\x1b\(B|(?=[\r\n])|$)")


def decode_seven_bit(data: bytes) -> tuple[str, str] | None:
    """Decode HZ, ISO-2022-CN or UTF-7.

    Args:
        data: the bytes of a text.

    Returns:
        The text and the name of its encoding; ``None`` for bytes above ASCII, and for text in
        which decoding gives no Chinese.

    Example:
        >>> decode_seven_bit(b"2021~{Dj~}")
        ('2021年', 'HZ')
    """
    if not data.isascii():
        return None
    tries: list[tuple[str, str]] = []
    if _HZ.search(data):
        tries.append((_hz(data), "HZ"))
    if _ISO_2022.search(data):
        tries.append((_iso_2022(data), "ISO-2022-CN"))
    if _UTF7.search(data):
        tries.append((data.decode("utf-7", "replace"), "UTF-7"))
    for text, name in tries:
        if _common_count(text) and chinese_share(text) >= _READS_CHINESE:
            return text, name
    return None


def _hz(data: bytes) -> str:
    plain = _HZ.sub(lambda run: bytes(b | 0x80 for b in run[0][2:-2]), data).replace(b"~~", b"~")
    return plain.replace(b"~\n", b"").decode("gb18030", "replace")


def _iso_2022(data: bytes) -> str:
    def raised(run: re.Match[bytes]) -> bytes:
        return bytes(b | 0x80 if b > 0x20 else b for b in run[1])

    plain = _DESIGNATION.sub(b"", _SHIFTED.sub(raised, _PAIRS.sub(raised, data)))
    return plain.decode("gb18030", "replace")


# -- mixed encodings -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mixed:
    """A text whose lines were in different encodings.

    Attributes:
        text: the text; invalid bytes are lone surrogates.
        others: the numbers of the lines by the name of their encoding, those in UTF-8 left out.
        utf8: how many lines with characters above ASCII are UTF-8.
    """

    text: str
    others: dict[str, list[int]]
    utf8: int


def decode_mixed(data: bytes) -> Mixed | None:
    r"""Decode each line of a file by its own encoding if some are UTF-8 and some GBK or Big5.

    Returns:
        ``None`` if the file is in one encoding.

    Example:
        >>> decode_mixed("全年办案\n".encode() + "受理申请".encode("gbk")).others
        {'GBK': [2]}
    """
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    texts: list[str] = []
    undecoded: list[int] = []
    utf8 = 0
    for index, line in enumerate(lines):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            texts.append("")
            undecoded.append(index)
        else:
            utf8 += not line.isascii() and bool(_HANZI.search(texts[-1]))
    if not utf8 and not data.startswith(codecs.BOM_UTF8):
        return None
    others: dict[str, list[int]] = {}
    for index in undecoded:
        texts[index], name = _other_line(lines[index])
        if name:
            others.setdefault(name, []).append(index + 1)
    return Mixed("\n".join(texts), others, utf8) if others else None


def _other_line(line: bytes) -> tuple[str, str]:
    """Return a line that is not UTF-8, and the name of its encoding, ``""`` if it is damaged."""
    best = (0.0, "", "")
    for encoding in ("gb18030", "cp950"):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            continue
        share = chinese_share(text)
        if share > best[0] and share >= _READS_CHINESE:
            best = (share, text, _NAMES[encoding])
    if best[1]:
        return best[1], best[2]
    return line.decode("utf-8", "surrogateescape"), ""
