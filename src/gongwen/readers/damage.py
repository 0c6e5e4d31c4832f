"""Find what is wrong with the text of a file, repair what can be repaired, and say what cannot.

Every reader's text goes through :func:`inspect` once, after extraction; :func:`document_notes`
looks at the parsed report. A note says what is wrong, where, with an excerpt, and what to do. A
text of which nothing can be read is refused. Notes and refusals are English where they are made,
since worker processes have no language; :mod:`.notes` translates them when they are shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import PurePosixPath

from ..catalog import gettext_noop
from ..nlp.document.blocks import Block
from ..nlp.errors import ReadError
from ..nlp.records import Document
from ..nlp.text.normalize import squeeze
from ..nlp.validation import visible
from ..nlp.vocabulary import WordLists
from .base import Blob, Extract, Seen, number_ranges
from .escaped_text import decode_escapes
from .mojibake import LOST, Repair, count_hanzi, reads_wrong, repair

_WORDS = WordLists("damage", "error-page barrier-page elsewhere")

# -- messages --------------------------------------------------------------------------------------

_REPAIRED = gettext_noop(
    "damaged: {mistake} (lines: {count}, the first {line}: “{before}”); repaired, it"
    " now reads “{after}”"
)
_MIXED = gettext_noop(
    "damaged: mixed encodings, {encoding} on lines {lines} ({count} in all), UTF-8 on the others;"
    " each line was decoded by its own"
)
_BOM_LIES = gettext_noop(
    "damaged: its mark says UTF-8, but all text is {encoding}; decoded as that"
)
_SEVEN_BIT = gettext_noop("the text was encoded as {encoding} for mail; decoded")
_DECODED = gettext_noop(
    "{what} in the text ({count}×, the first on line {line}: “{excerpt}”); decoded"
)
_REMOVED = gettext_noop(
    "{what} in the text ({count}×, the first on line {line}: “{excerpt}”); left out"
)
_MARKUP = gettext_noop(
    "{what} left as text (markup or code; {count}×, the first on line {line}: “{excerpt}”); save"
    " the text alone and add it again"
)
_PRIVATE = gettext_noop(
    "damaged: private-use characters ({count}: {codes}; the first on line {line}: “{excerpt}”) that"
    " only a font of the file explains, often digits; compare with the page, or run OCR on a"
    " picture of it"
)
_FONT = gettext_noop(
    "the page has an embedded font ({font}) that may draw other digits and letters than the text"
    " has (private font against copying); compare with the page"
)
_LOST_TEXT = gettext_noop(
    "damaged: characters were lost before ({count}, the first on line {line}: “{excerpt}”); get the"
    " file again from its source"
)
_UNREADABLE_LINES = gettext_noop(
    "damaged: lines that cannot be read ({count}, the first is line {line}: “{excerpt}”), decoded"
    " wrongly before; get the file again from its source"
)
_CUT_CHARACTER = gettext_noop("the file ends in the middle of a character: cut off? get it again")
_CUT_SENTENCE = gettext_noop(
    "the text ends in the middle of a sentence (“…{excerpt}”): cut off? get the file again"
)
_CUT_TAG = gettext_noop(
    "the page ends in the middle of a tag (“{excerpt}”): cut off? save it again"
)
_REPEATED = gettext_noop(
    "the same paragraph stands {count} times, on lines {lines} (“{excerpt}”); remove the copies if"
    " they are none of the report"
)
_TWICE = gettext_noop(
    "most of the text stands twice, the second time from line {line} on (“{excerpt}”); remove one"
)
_PICTURES = gettext_noop(
    "hardly any text, but {count} pictures (images) whose text is not read: the report may be in"
    " them; recognise their text (OCR) first, or get it as a text file"
)
_ATTACHMENT = gettext_noop(
    "hardly any text, but the name of an attachment: the report may be in the file {file}; get and"
    " add that file"
)
_ELSEWHERE = gettext_noop(
    "hardly any text, and “{excerpt}” on line {line}: the report may be in another file"
    " (attachment); get and add that"
)
_ERROR_LIKE = gettext_noop(
    "line {line} (“{excerpt}”) is of a page that displays an error or asks for a login: is this"
    " the report? open the page in a browser and save it when the report is displayed"
)
_NO_SENTENCE = gettext_noop(
    "no sentence in it, only {what}: is the report in another file or in pictures?"
)
_ONE_SENTENCE = gettext_noop("only one sentence in it (“{excerpt}”): is this the whole report?")
_NOT_CHINESE = gettext_noop(
    "hardly any Chinese in the text (“{excerpt}”): gongwen reads Chinese reports only"
)
_ALL_LOST = gettext_noop(
    "damaged: nothing can be read, most characters were lost before (line {line}: “{excerpt}”); get"
    " the file again from its source"
)
_ERROR_PAGE = gettext_noop(
    "not a report but a page that displays an error or asks for a login (“{excerpt}”); open it in"
    " a browser and save it when the report is displayed"
)
_NO_TEXT_BUT_FILE = gettext_noop(
    "no text in this page, only a link to an attachment: get and add the file {file}"
)
_NO_TEXT_BUT_PICTURES = gettext_noop(
    "no text in this page, only {count} pictures (images); recognise their text (OCR) first"
)
MESSAGES = tuple(
    value for name, value in list(globals().items()) if name[0] == "_" and name.isupper()
    and isinstance(value, str) and not name.startswith("__")
)  # fmt: skip

KINDS = {
    "a title": gettext_noop("a title"),
    "headings": gettext_noop("headings"),
    "a table": gettext_noop("a table"),
    "names of attachments": gettext_noop("names of attachments"),
}


_LONGEST_EXCERPT = 30
_MOST_RUNS = 8
"""Most runs of lines that a note names."""


def _excerpt(text: str, start: int = 0) -> str:
    """Return the part of the line around an offset, on one line and visible, for a message."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    first = max(line_start, start - _LONGEST_EXCERPT // 3)
    last = min(line_end if line_end >= 0 else len(text), first + _LONGEST_EXCERPT)
    shown = "".join(
        f"<U+{ord(char):04X}>" if _PRIVATE_USE.match(char) else char
        for char in text[first:last].replace(LOST, "�")
    )
    return visible(" ".join(shown.split()), lines=False)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


# -- decoding --------------------------------------------------------------------------------------


def repair_notes(repaired: Repair) -> tuple[str, ...]:
    """Return a note for each mistake that :func:`~.mojibake.repair` undid."""
    notes = []
    for mistake, lines in repaired.lines.items():
        before, after = repaired.before[mistake], repaired.after[mistake].replace(LOST, "□")
        pairs = enumerate(zip(before, after, strict=False))
        place = next((i for i, (old, new) in pairs if old != new), 0)
        was, now = _excerpt(before, place), _excerpt(after, place)
        notes.append(
            _REPAIRED.format(
                mistake=mistake, count=len(lines), line=lines[0], before=was, after=now
            )
        )
    return tuple(notes)


def mixed_notes(others: dict[str, list[int]], utf8: int) -> tuple[str, ...]:
    """Return a note for each encoding of a file of mixed encodings, by its lines."""
    if not utf8:
        return tuple(_BOM_LIES.format(encoding=encoding) for encoding in others)
    return tuple(
        _MIXED.format(count=len(lines), encoding=encoding, lines=number_ranges(lines, _MOST_RUNS))
        for encoding, lines in others.items()
    )


def seven_bit_note(encoding: str) -> str:
    """Return the note for a text in an encoding of seven bits, such as HZ."""
    return _SEVEN_BIT.format(encoding=encoding)


CUT_CHARACTER = _CUT_CHARACTER
"""The note for a file whose last character is cut off."""


# -- texts -----------------------------------------------------------------------------------------

_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_BULLET = re.compile(
    "^[ \t\u3000]*[\uf000-\uf0ff](?=[ \t\u3000]*[^\\s\ue000-\uf8ff])", re.MULTILINE
)
"""A character of a symbol font (Wingdings) in front of a line, where it is the mark of a list."""
_GBK_PRIVATE = {
    0xE5E5: "\u3000",
    **dict(
        zip(
            (0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864),
            map(chr, range(0x9FB4, 0x9FBC)),
            strict=True,
        )
    ),
}
"""Private-use codes that converters of GBK give, and the characters that Unicode has for them."""
_LOST_CHARACTERS = re.compile(
    "锟斤拷(?:锟斤拷){0,1999}锟?|锟斤|斤拷|锟锟{1,1999}|烫烫烫{1,1998}|屯屯屯{1,1998}|葺葺葺{1,1998}"
    "|锘[挎縺-縿]|\ufffd\ufffd{0,1999}|\\?\\?\\?{1,1998}"
)
"""What text becomes whose characters were replaced: U+FFFD in UTF-8 read as GBK, memory that was
never written to (烫, 屯), question marks."""
_MIN_QUESTION_MARKS = 6
_ALL_LOST_SHARE, _MIN_LOST = 0.5, 6
"""Share of lost characters in a text, and how many there must be, from which on it is refused."""

_FILE_NAME = re.compile(
    r"[^\s:：/\\\"“”<>（）()，。；]{1,80}\.(?:docx?|pdf|wps|ofd|xlsx?|zip|rar|7z|pptx?)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_THIN = 150
"""Hanzi below which a text is hardly a report, if something else says that the report is elsewhere;
the shortest real report that was seen has 600."""
_ERROR_PAGE_HANZI = 120
_SHARE_OF_WORDS = 0.2
"""Share of a line, above which words make it one of an error page or a reference to a file."""
_HANZI_A_PICTURE = 150
_MIN_PICTURES = 3
_MIN_PARAGRAPH = 15
_MIN_COPIES = 3
_MOST_LINES_LOOKED_AT = 100_000


def inspect(extract: Extract, blob: Blob) -> Extract:
    """Return what was extracted with its text repaired, and with notes about what is wrong.

    Args:
        extract: what a reader gave; its text may have any control characters.
        blob: the file.

    Raises:
        ReadError: nothing of the text can be read, or it is a page that displays an error.

    Example:
        >>> inspect(Extract("&#27861;治"), Blob("a.txt", b"")).text
        '法治'
    """
    repaired = repair(extract.text)
    text = repaired.text
    if _PRIVATE_USE.search(text):
        text = text.translate(_GBK_PRIVATE)
    text, found = decode_escapes(text)
    notes = [*extract.notes, *repair_notes(repaired)]
    for one in found:
        if one.decoded:
            left_out = one.what in ("HTML tags", "embedded files (data:)")
            message = _REMOVED if left_out else _DECODED
        else:
            message = _MARKUP
        excerpt = visible(one.excerpt, False)
        notes.append(message.format(what=one.what, count=one.count, line=one.line, excerpt=excerpt))
        if one.what == "base64" and not one.decoded and not count_hanzi(text):
            raise ReadError(f"{blob.name}: {notes[-1]}")
    for note, is_readable in _damage(text):
        if not is_readable and not extract.part:
            raise ReadError(f"{blob.name}: {note}")
        notes.append(note)
    if not extract.part:  # rows of a table may be short
        notes += _elsewhere(text, extract.seen, blob)
        notes += _copies(text)
    blocks = extract.blocks if text == extract.text else tuple(_found_again(extract, text))
    return replace(extract, text=text, notes=tuple(dict.fromkeys(notes)), blocks=blocks)


_MOST_SEARCHED = 500_000_000
"""Characters that are searched in vain for the blocks of a text, before the rest is given up."""


def _found_again(extract: Extract, text: str) -> Iterator[Block]:
    """Yield the blocks of ``extract`` that stand in its mended ``text``, with new offsets."""
    at = 0
    most = _MOST_SEARCHED
    for block in extract.blocks:
        piece = extract.text[block.start : block.end]
        start = text.find(piece, at) if piece else -1
        if start < 0:
            most -= len(text) - at
            piece = decode_escapes(repair(piece).text)[0]
            start = text.find(piece, at) if piece else -1
        if start >= 0:
            at = start + len(piece)
            yield replace(block, start=start, end=at)
        elif (most := most - len(text) + at) < 0:
            return


def _damage(text: str) -> Iterator[tuple[str, bool]]:
    """Yield notes about characters that are lost or that only a font explains.

    With each is said whether anything of the text can be read.
    """
    lost = [
        match
        for match in _LOST_CHARACTERS.finditer(text)
        if match[0][0] != "?" or text.count("?") >= _MIN_QUESTION_MARKS
    ]
    wrong = [(n, line) for n, line in enumerate(text.split("\n"), 1) if reads_wrong(line)]
    count = sum(len(match[0]) for match in lost)
    hanzi = count_hanzi(text) - sum(count_hanzi(match[0]) for match in lost)
    unread = sum(sum(char > "\x7f" for char in line) for _, line in wrong)
    marks = [match for match in lost if match[0][0] != LOST]
    if count + unread > max(_ALL_LOST_SHARE * (hanzi + count + unread), _MIN_LOST):
        number = wrong[0][0] if wrong else _line(text, lost[0].start())
        excerpt = _excerpt(wrong[0][1]) if wrong else _excerpt(text, lost[0].start())
        yield _ALL_LOST.format(line=number, excerpt=excerpt), False
        return
    if marks:
        first = marks[0].start()
        number, found = _line(text, first), sum(len(match[0]) for match in marks)
        yield _LOST_TEXT.format(count=found, line=number, excerpt=_excerpt(text, first)), True
    if wrong:
        excerpt = _excerpt(wrong[0][1])
        yield _UNREADABLE_LINES.format(count=len(wrong), line=wrong[0][0], excerpt=excerpt), True
    bullets = {match.end() - 1 for match in _BULLET.finditer(text)}
    private = [m for m in _PRIVATE_USE.finditer(text) if m.start() not in bullets]
    if private:
        codes = Counter(f"U+{ord(match[0]):04X}" for match in private)
        shown = ", ".join(list(codes)[:5]) + (", …" if len(codes) > 5 else "")
        first = private[0].start()
        number, excerpt = _line(text, first), _excerpt(text, first)
        yield _PRIVATE.format(count=len(private), codes=shown, line=number, excerpt=excerpt), True


def _elsewhere(text: str, seen: Seen, blob: Blob) -> Iterator[str]:
    """Yield notes that say that the report is in another file, in pictures, or not there at all."""
    if seen.font:
        yield _FONT.format(font=seen.font)
    if seen.cut:
        yield _CUT_TAG.format(excerpt=visible(seen.cut, False))
    hanzi = count_hanzi(text)
    if hanzi < 2 * _THIN:
        lines = text.split("\n")
        if found := _first_line(lines, _no_report()):
            number, excerpt = found
            if hanzi < _ERROR_PAGE_HANZI:
                raise ReadError(f"{blob.name}: {_ERROR_PAGE.format(excerpt=excerpt)}")
            yield _ERROR_LIKE.format(line=number, excerpt=excerpt)
        names = [name[0] for name in _FILE_NAME.finditer(text)]
        body = count_hanzi(_FILE_NAME.sub("", text))
        thin = body < _THIN
        if thin and (names or seen.files):
            file = seen.files[0] if seen.files else names[0]
            yield _ATTACHMENT.format(file=visible(file, False))
        elif thin and (found := _first_line(lines, _in_other_file())):
            yield _ELSEWHERE.format(line=found[0], excerpt=found[1])
        if thin and seen.pictures:
            yield _PICTURES.format(count=seen.pictures)
            return
    if seen.pictures >= _MIN_PICTURES and hanzi < _HANZI_A_PICTURE * seen.pictures:
        yield _PICTURES.format(count=seen.pictures)


def _first_line(lines: list[str], pattern: re.Pattern[str]) -> tuple[int, str] | None:
    """Return the number and an excerpt of the first line that hardly says more than its words."""
    for number, line in enumerate(lines, 1):
        plain = squeeze(line).replace(" ", "")
        if sum(map(len, pattern.findall(plain))) > _SHARE_OF_WORDS * len(plain):
            return number, _excerpt(line)
    return None


@cache
def _no_report() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("error-page", "barrier-page"))


@cache
def _in_other_file() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("elsewhere"))


def _copies(text: str) -> Iterator[str]:
    """Yield a note about paragraphs that stand in the text several times."""
    places: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n", _MOST_LINES_LOOKED_AT), 1):
        plain = "".join(line.split())
        if len(plain) >= _MIN_PARAGRAPH and "\t" not in line.strip():
            places.setdefault(plain, []).append(number)
    if not places:
        return
    total = sum(len(plain) * len(lines) for plain, lines in places.items())
    again = {plain: lines for plain, lines in places.items() if len(lines) > 1}
    copied = sum(len(plain) * (len(lines) - 1) for plain, lines in again.items())
    often = max(places, key=lambda plain: len(places[plain]))
    if len(again) >= _MIN_COPIES and 2.5 * copied > total:
        plain = next(iter(again))
        yield _TWICE.format(line=again[plain][1], excerpt=_excerpt(plain))
    elif len(places[often]) >= _MIN_COPIES:
        lines = places[often]
        yield _REPEATED.format(
            count=len(lines), lines=number_ranges(lines, _MOST_RUNS), excerpt=_excerpt(often)
        )


# -- web pages -------------------------------------------------------------------------------------

_PICTURE = re.compile(r"<(?:img|v:imagedata)\b([^<>]{0,2000})", re.IGNORECASE)
_FURNITURE_PICTURE = re.compile(
    r"logo|icon|banner|button|arrow|qr|erweima|weixin|wechat|weibo|share|print|sprite|blank|spacer|\.gif"
    r"|(?:width|height)\s?[=:]\s?[\"']?\s?[0-9]{1,2}(?:px)?[\"'; ]",
    re.IGNORECASE,
)
_FILE_LINK = re.compile(
    r"<(?:a|iframe|embed|object|param)\b[^<>]{0,500}?(?:href|src|data|value)\s?=\s?[\"']?"
    r"([^\"'<>\s]{1,500}?\.(?:pdf|docx?|wps|ofd|xlsx?|zip|rar|7z|pptx?))(?:[\"'?#\s>])",
    re.IGNORECASE,
)
_FONT_FACE = re.compile(r"@font-face\s{0,10}\{([^{}]{0,300})")
_FONT_FAMILY = re.compile(r"font-family\s{0,3}:\s{0,3}[\"']?([^\"';{}]{1,60})")
_FONT_DATA = re.compile(r"url\(\s{0,3}[\"']?data:", re.IGNORECASE)
_ICON_FONT = re.compile(
    r"icon|awesome|glyph|swiper|slick|video|katex|mathjax|element|layui|revicons", re.IGNORECASE
)
_OPEN_TAG_AT_END = re.compile(r"<[a-zA-Z/][^<>]{0,200}$")


def seen_in_page(source: str) -> Seen:
    """Return what is in the source of a web page besides text: pictures, links to files, fonts.

    Example:
        >>> seen_in_page('<a href="/a/1.pdf">报告</a><img src="2.jpg">')
        Seen(pictures=1, files=('/a/1.pdf',), font='', cut='')
    """
    pictures = sum(not _FURNITURE_PICTURE.search(tag[1]) for tag in _PICTURE.finditer(source))
    files = dict.fromkeys(link[1] for link in _FILE_LINK.finditer(source))
    font = ""
    for face in _FONT_FACE.finditer(source):
        family = _FONT_FAMILY.search(face[1])
        name = family[1].strip() if family else "?"
        if _FONT_DATA.search(face[1]) and not _ICON_FONT.search(name):
            font = name
            break
    cut = _OPEN_TAG_AT_END.search(source.rstrip()[-300:])
    return Seen(pictures, tuple(files)[:10], font, cut[0][:_LONGEST_EXCERPT] if cut else "")


def no_text_reason(source: str) -> str:
    """Return why a web page without text has none, ``""`` if its source does not say."""
    plain = squeeze(re.sub("<[^<>]{0,2000}>", " ", source[:200_000])).replace(" ", "")
    if word := _no_report().search(plain):
        return _ERROR_PAGE.format(excerpt=_excerpt(plain, word.start()))
    seen = seen_in_page(source)
    if seen.files:
        return _NO_TEXT_BUT_FILE.format(file=PurePosixPath(seen.files[0]))
    if seen.pictures:
        return _NO_TEXT_BUT_PICTURES.format(count=seen.pictures)
    return ""


# -- reports ---------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[。！？；…!?;.:：）)】\]》”’\"'」』]\s*$")
_MIN_CUT_SENTENCE = 12
_MIN_LETTERS = 20
_CHINESE_SHARE = 0.3


def document_notes(document: Document) -> Iterator[str]:
    """Yield notes about a report that is hardly one: no sentence, one sentence, cut off, foreign.

    Example:
        >>> list(document_notes(Document("甲县2020年工作报告")))
        ['no sentence in it, only a title: is the report in another file or in pictures?']
    """
    hanzi = count_hanzi(document.text)
    few = hanzi < _CHINESE_SHARE * len(document.text)  # of all characters: of letters perhaps not
    letters = sum(map(str.isalpha, document.text)) if few else 0
    if letters >= _MIN_LETTERS and hanzi < _CHINESE_SHARE * letters:
        first = next((s.text for s in document.sentences if s.text.strip()), document.text.strip())
        yield _NOT_CHINESE.format(excerpt=_excerpt(first))
        return
    sentences = [s for s in document.sentences if s.kind == "sentence"]
    spoken = [s for s in sentences if "\t" not in s.text and not _FILE_NAME.search(s.text)]
    if not spoken:
        if any("\t" in s.text for s in sentences):
            what = "a table"
        elif any(_FILE_NAME.search(s.text) for s in document.sentences):
            what = "names of attachments"
        else:
            what = "headings" if any(s.kind == "heading" for s in document.sentences) else "a title"
        yield _NO_SENTENCE.format(what=what)
    elif len(spoken) == 1 == len(sentences):
        yield _ONE_SENTENCE.format(excerpt=_excerpt(spoken[0].text))
    else:
        last = next(s for s in reversed(document.sentences) if s.kind != "boilerplate")
        if (
            last.kind == "sentence"
            and last is spoken[-1]
            and len(last.text) >= _MIN_CUT_SENTENCE
            and not _SENTENCE_END.search(last.text)
            and 2 * sum(bool(_SENTENCE_END.search(s.text)) for s in spoken) >= len(spoken)
        ):
            yield _CUT_SENTENCE.format(excerpt=visible(last.text[-_LONGEST_EXCERPT:], False))
