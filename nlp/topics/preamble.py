"""Recognize the preamble of a report, which thanks those who led and tells of no single topic."""

from __future__ import annotations

import re

from ..text.normalize import squeeze
from .samples import HasText

GENERAL = "other"
"""Topic of a sentence that is of no subject."""
_LONGEST_OPENING = 160
"""Characters in which a preamble says who led."""
_OPENING = re.compile(
    r"(?:(?:自)?[0-9]{4}年(?:度|以来|来)?,?|[今近去]年(?:以)?来?,?|一年(?:以)?来,?|年初以来,?){0,2}"
    r"(?:[^,。;:]{0,12},|[^,。;:在]{1,8})?在(?:[^。;,]{2,40},在){0,3}[^。;,]{2,40}"
    r"(?:坚强|正确|统一|有力|关心|大力|高度|精心|悉心|具体|亲切)[^。;,]{0,12}下,"
)
"""How the preamble of a report begins, squeezed: 在县委、县政府的坚强领导下."""
_COUNTED = re.compile(r"[0-9]+(?!年|[0-9])")


def opens_report(sample: str | HasText) -> bool:
    """Say whether ``sample`` is a preamble that thanks for being led, and counts nothing.

    It stands under no heading. Whatever it goes on to name, such as the duties of the first person
    responsible, it tells of all the work of its year and not of these.

    Example:
        >>> opens_report("在县委的坚强领导下，我局主要负责人切实履行第一责任人职责。")
        True
        >>> opens_report("在县委的坚强领导下，我局主要负责人带头述法12次。")
        False
    """
    text = sample if isinstance(sample, str) else sample.text
    if "下" not in text[:_LONGEST_OPENING] or (not isinstance(sample, str) and sample.heading):
        return False
    bare = squeeze(text[: 2 * _LONGEST_OPENING])
    opening = _OPENING.match(bare)
    return opening is not None and not _COUNTED.search(bare)
