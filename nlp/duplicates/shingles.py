"""Compute the comparable text of a report, its numbers, and hashes of its character shingles.

A report made from a template has the same words as the template but other numbers, so numbers can
be masked and compared apart (:class:`MaskedText`). Punctuation and white space are removed, because
they vary between copies of one report.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..records import Document
from ..text.normalize import squeeze
from ..text.numerals import in_digits

Hashes = NDArray[np.uint64]

SHINGLE = 8
"""Characters in a shingle. Unrelated reports of one kind share up to 16 % of their shingles of 5
characters, 7 % of 8 characters, and 4 % of 12 characters; one wrong character changes as many
shingles as a shingle has characters."""
NUMBER_MASK = "0"
"""Replaces each number in a masked text."""
HASH_BITS = 63
"""Bits of a hash, so that it fits into the signed 64-bit integers of SQLite."""

_NUMBER = re.compile("[0-9]+")
# By code point, because the Unicode categories of characters differ between Python versions.
_PUNCTUATION = re.compile(
    "[\x00-/:-@\\[-`{-\xbf\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f"
    "\ue000-\uf8ff\ufe00-\ufe6f\ufff0-\uffff]+"
)
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
"""Shifts and multipliers of the finalizer of SplitMix64 (Steele, Lea and Flood, 2014)."""


class MaskedText(NamedTuple):
    """The comparable text of a report with its numbers masked, and the numbers.

    Attributes:
        text: the comparable text with :data:`NUMBER_MASK` in place of each number.
        numbers: the numbers in digits, in text order. Points and commas are removed, and numbers
            that only these separated are joined, because line breaks may occur there.
    """

    text: str
    numbers: list[str]


def comparable_text(document: Document) -> str:
    """Return the letters and digits of ``document`` from its title on, without boilerplate.

    Chinese numbers are converted to digits. A document without sentences is compared by its text.
    """
    units = [unit for unit in document.sentences if unit.kind != "boilerplate"]
    first = next((i for i, unit in enumerate(units) if unit.kind == "title"), 0)
    parts = [unit.text for unit in units[first:]] if document.sentences else [document.text]
    return _PUNCTUATION.sub("", " ".join(in_digits(squeeze(part)) for part in parts))


def mask_numbers(document: Document) -> MaskedText:
    """Return the comparable text of ``document`` with its numbers masked, and the numbers.

    Example:
        >>> mask_numbers(Document("全年办案十七件，罚款3万元。"))
        MaskedText(text='全年办案0件罚款0万元', numbers=['17', '3'])
    """
    text = comparable_text(document)
    return MaskedText(_NUMBER.sub(NUMBER_MASK, text), _NUMBER.findall(text))


def shingle_hashes(text: str) -> Hashes:
    """Return the 63-bit hash of each shingle of ``text``, in text order.

    A text of n characters has n - 7 shingles of :data:`SHINGLE` characters; a shorter text that is
    not empty is one shingle. The hash is a polynomial of the code points modulo 2 ** 64, mixed by
    SplitMix64, and the same on every machine.

    Example:
        >>> len(shingle_hashes("法治政府建设年度报告"))
        3
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    if 0 < len(codes) < SHINGLE:
        codes = np.pad(codes, (0, SHINGLE - len(codes)))
    count = max(0, len(codes) - SHINGLE + 1)
    hashes = np.zeros(count, np.uint64)
    for i in range(SHINGLE):
        hashes = hashes * _BASE + codes[i : i + count]
    for shift, multiplier in _MIX_STEPS:
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(multiplier)
    return (hashes ^ (hashes >> np.uint64(31))) >> np.uint64(64 - HASH_BITS)
