"""Characters that Word takes from a symbol font: ☑ in Wingdings is no letter of any alphabet."""

from __future__ import annotations

import re
from functools import lru_cache


def _row(first: int, characters: str) -> dict[int, str]:
    return {first + i: char for i, char in enumerate(characters) if char != " "}


_FONTS = {
    "symbol": {
        **_row(0x20, " !∀#∃%&∍()∗+,−./0123456789:;<=>?"),
        **_row(0x40, "≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_"),
        **_row(0x61, "αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"),
        **_row(0xA2, "′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…"),
        **_row(0xC4, "⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠ ®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊"),
        0xE5: "∑",
        0xF2: "∫",
    },
    "wingdings": {
        **_row(0x81, "①②③④⑤⑥⑦⑧⑨⑩"),
        **_row(0x8C, "❶❷❸❹❺❻❼❽❾❿"),
        **_row(0x6C, "●❍■□"),
        **_row(0xFB, "✗✓☒☑"),
        0x28: "☎", 0x2A: "✉", 0x75: "◆", 0x76: "❖", 0x9F: "•", 0xA1: "○", 0xA7: "▪", 0xA8: "□",
        0xAB: "★", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE8: "➔",
    },
    "wingdings 2": {
        **_row(0x4F, "✗✓☒☑☒☒"),
        **_row(0x6A, "①②③④⑤⑥⑦⑧⑨⑩"),
        **_row(0x75, "❶❷❸❹❺❻❼❽❾❿"),
        0xA3: "□",
    },
}  # fmt: skip
"""What the codes of a font show, in Unicode (the fonts' mappings by their makers)."""

_PRIVATE = 0xF000
"""What Word adds to the codes, so that they are no letters; letters that were typed lack it."""


@lru_cache(maxsize=8)
def symbols(font: str) -> dict[int, str]:
    """Return what the characters of a font show, for ``str.translate``; empty for other fonts."""
    codes = _FONTS.get(font.lower(), {})
    unknown = dict.fromkeys(range(_PRIVATE, _PRIVATE + 0x100), "") if codes else {}
    return codes | unknown | {_PRIVATE + code: char for code, char in codes.items()}


def symbol(font: str, code: str) -> str:
    """Return the character that is shown for a code of a font, ``""`` when there is none for it.

    Args:
        font: its name.
        code: in hexadecimal.
    """
    number = int(code, 16) if re.fullmatch("[0-9A-Fa-f]{1,4}", code) else 0
    shown = chr(number).translate(symbols(font))
    return shown if shown.isprintable() else ""
