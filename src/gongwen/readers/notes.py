"""Show the notes of readers in the language of the user.

A reader runs in a worker process, which has no language: it writes its notes in English, and so
they are stored. What stands in a note is found by the message that it was made of.
"""

from __future__ import annotations

import re

from ..catalog import _, gettext_noop
from .damage import KINDS, MESSAGES

_OTHERS = (
    gettext_noop("damaged: 1 byte left out, at byte {byte} (line {line})"),
    gettext_noop("damaged: {count} bytes left out, the first at byte {byte} (line {line})"),
    gettext_noop("damaged: 1 lost character on line {line}"),
    gettext_noop("damaged: {count} lost characters, the first on line {line}"),
    gettext_noop("numbers of lines left out"),
    gettext_noop("on its pages, left out: {line} ({count} times)"),
    gettext_noop("1 block of program code left out"),
    gettext_noop("{count} blocks of program code left out"),
    gettext_noop("1 piece of text that is struck out left out"),
    gettext_noop("{count} pieces of text that is struck out left out"),
    gettext_noop("a chart was left out"),
    gettext_noop("a diagram (SmartArt) was left out"),
    gettext_noop("an embedded document was left out"),
    gettext_noop("an embedded document was left out: {reason}"),
    gettext_noop("1 row without text left out: {places}"),
    gettext_noop("{count} rows without text left out: {places}"),
    gettext_noop("1 row left out: {places}"),
    gettext_noop("{count} rows left out: {places}"),
    gettext_noop("column {name} is taken for that of the texts"),
    gettext_noop("sheets without a column of texts left out: {names}"),
    gettext_noop("sheets without numbers left out: {names}"),
    gettext_noop("hidden sheets left out: {names}"),
    gettext_noop("files attached to this document were left out; save them and add them too"),
    gettext_noop("attached files of formats that are not read: {names}"),
    gettext_noop(
        "{pages}: a scan without text, left out; to have it too, run OCR on the file first, for"
        " example {command}"
    ),
    gettext_noop("{pages}: {count} characters left out, the font does not say which they are"),
    gettext_noop("{pages}: missing or damaged, left out"),
    gettext_noop("{pages}: damaged, left out"),
)
"""Messages of other modules; their order counts where one is the beginning of another."""
_PAGES = re.compile(r"pages? ([0-9, -]+) of ([0-9]+)")


def in_language(note: str) -> str:
    """Return a note or refusal of a reader in the language of the current context.

    Notes of other modules are returned as they are.

    Args:
        note: as it is stored, in English.

    Example:
        >>> in_language("damaged: 1 lost character on line 3")  # in English
        'damaged: 1 lost character on line 3'
    """
    for message in (*MESSAGES, *_OTHERS):
        if (values := values_in(message, note)) is not None:
            if values.get("what") in KINDS:
                values["what"] = _(values["what"])
            if pages := _PAGES.fullmatch(values.get("pages", "")):
                of_all = _("pages {pages} of {count}")
                values["pages"] = of_all.format(pages=pages[1], count=pages[2])
            return _(message).format(**values)
    return note


def values_in(message: str, note: str) -> dict[str, str] | None:
    """Return what stands in a note for the fields of a message, ``None`` if it is another one.

    Example:
        >>> values_in("damaged: {count} bytes left out", "damaged: 3 bytes left out")
        {'count': '3'}
    """
    pieces = re.split(r"\{(\w+)\}", message)
    if not note.startswith(pieces[0]) or not note.endswith(pieces[-1]):
        return None
    values: dict[str, str] = {}
    at = len(pieces[0])
    for i in range(1, len(pieces), 2):
        end = len(note) - len(pieces[-1]) if i == len(pieces) - 2 else note.find(pieces[i + 1], at)
        if end < at:
            return None
        values[pieces[i]] = note[at:end]
        at = end + len(pieces[i + 1])
    return values if len(pieces) > 1 or note == message else None
