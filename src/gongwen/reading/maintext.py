"""The main text of a web page: the block that holds its sentences, without what surrounds it.

Nothing is looked up by the name of a system or template. Sentences are counted in every block; from
the page one goes down while one block holds nearly all of them, and up again while that adds
nothing but text. A sentence outside is the report's as well, unless it stands among links or in a
block that is named as furniture and holds less than half of the page: names may mislead, and no
sentence of the report may be lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .furniture import (
    is_attachment,
    is_card,
    is_edge_furniture,
    is_furniture_block,
    is_notice,
    may_hold_sentences,
)
from .page import Line, Page
from .tablerows import join_rows

_NEARLY_ALL = 0.9
"""Share of the sentences of a block that one inside of it must hold to be gone down into."""
_FEWEST_LINES = 2
_MOSTLY_LINKED = 0.6
_AMONG_LINKS = 0.4
"""Share of the characters of a block that are lines of links, from which it is a list of news."""
_LONGEST_DIGEST = 150
"""Characters of the sentences below a headline."""
_LINKS_IN_A_ROW = 3
_SMALL = 150
"""Characters of furniture beside the main text: buttons and bylines have less, menus more."""
_MOST_OF_PAGE = 0.8
"""Share of all sentences from which a block is the text, whatever its name and style say."""
_SHORTEST_SENTENCE = 4
_SHORTEST_UNENDED = 30
_LONGEST_VALUE = 30
"""Characters of the value of a label that stands alone in its line."""
_ENDS = re.compile("[。！？；;!?]")
_PAUSES = re.compile("[，,、]")


class MainText(NamedTuple):
    """What of a page is its report, and what stands around it.

    Attributes:
        lines: the main text; rows of tables are lines with tabs in them.
        above: lines above it that are shown and no links.
        below: such lines among and below it.
    """

    lines: list[Line]
    above: list[Line]
    below: list[Line]


def main_text(page: Page) -> MainText:
    """Return the main text of ``page``.

    When nothing on the page is like a sentence, it is all that is shown and neither a link nor
    furniture.
    """
    lines = join_rows(page)
    worths = [_worth(line) for line in lines]
    hidden, furniture = _marks(page, lines, worths)
    shown = [i for i, line in enumerate(lines) if not hidden[line.owner]]
    sentences = [i for i in shown if worths[i] and furniture[lines[i].owner] < _NOTHING_KEPT]
    if sentences:
        kept = _around(page, lines, worths, sentences, shown, furniture)
    else:
        kept = [
            i
            for i in shown
            if not (furniture[lines[i].owner] or _is_link(lines[i], 0))
            and not is_edge_furniture(lines[i].text)
        ]
    first = kept[0] if kept else len(lines)
    others = set(shown).difference(kept)
    unlinked = [i for i in sorted(others) if not _is_link(lines[i], worths[i])]
    return MainText(
        lines=[lines[i] for i in kept],
        above=[lines[i] for i in unlinked if i < first],
        below=[lines[i] for i in unlinked if i > first],
    )


_NOT_FURNITURE, _SENTENCES_KEPT, _NOTHING_KEPT = range(3)


def _length(text: str) -> int:
    return sum(map(len, text.split()))


def _worth(line: Line) -> int:
    """Return how many characters of sentences the line has outside of links."""
    text = line.text
    length = _length(text) - line.linked
    if length < _SHORTEST_SENTENCE:
        return 0
    # A headline in a list may ask or exclaim; a sentence with a link in it ends behind that.
    ended = _ENDS.search(text if line.linked < length else text.rstrip()[-1:])
    if not ended and (length < _SHORTEST_UNENDED or not _PAUSES.search(text)):
        return 0
    return 0 if is_notice(text) or is_card(text) or is_edge_furniture(text) else length


def _is_link(line: Line, worth: int) -> bool:
    return not worth and line.linked >= _MOSTLY_LINKED * _length(line.text)


def _totals(page: Page, amounts: Iterable[tuple[int, int]]) -> list[int]:
    """Return for every block the sum of the amounts in it, given as pairs of block and amount."""
    totals = [0] * len(page.elements)
    for owner, amount in amounts:
        totals[owner] += amount
    for number in range(len(totals) - 1, 0, -1):
        totals[page.elements[number].parent] += totals[number]
    return totals


def _marks(page: Page, lines: list[Line], worths: list[int]) -> tuple[list[bool], list[int]]:
    """Return for every block whether it is hidden, and how far it is furniture."""
    worth_in = _totals(page, ((line.owner, w) for line, w in zip(lines, worths, strict=True)))
    news = _news_lists(page, lines, worths, worth_in)
    hidden = [False] * len(worth_in)
    furniture = [_NOT_FURNITURE] * len(worth_in)
    for number, element in enumerate(page.elements[1:], start=1):
        hidden[number] = hidden[element.parent]
        furniture[number] = furniture[element.parent]
        if worth_in[number] > _MOST_OF_PAGE * worth_in[0]:
            continue
        hidden[number] |= element.hidden
        if news[number]:
            furniture[number] = _NOTHING_KEPT
        elif is_furniture_block(element.tag, element.name):
            certain = may_hold_sentences(element.tag, element.name)
            own = _NOTHING_KEPT if certain else _SENTENCES_KEPT
            furniture[number] = max(furniture[number], own)
    return hidden, furniture


def _news_lists(
    page: Page, lines: list[Line], worths: list[int], worth_in: list[int]
) -> list[bool]:
    """Return for every block whether it is a list of links whose sentences are digests of news.

    It is not when one block in it, not among links itself, holds half of its sentences: that is
    a report with lists beside it.
    """
    links = [line for line, w in zip(lines, worths, strict=True) if _is_link(line, w)]
    linked = _totals(page, ((line.owner, line.linked) for line in links))
    link_lines = _totals(page, ((line.owner, 1) for line in links))
    sizes = _totals(page, ((line.owner, _length(line.text)) for line in lines))
    news = [False] * len(sizes)
    largest_text = [0] * len(sizes)
    for number in range(len(sizes) - 1, 0, -1):
        worth, parent = worth_in[number], page.elements[number].parent
        if link_lines[number] >= _LINKS_IN_A_ROW and linked[number] > _AMONG_LINKS * sizes[number]:
            largest = largest_text[number]
            is_report = largest > _LONGEST_DIGEST and 2 * largest > worth
            news[number] = not is_report and 2 * worth <= worth_in[0]
        else:
            largest = worth
        largest_text[parent] = max(largest_text[parent], largest)
    return news


def _around(
    page: Page,
    lines: list[Line],
    worths: list[int],
    sentences: list[int],
    shown: list[int],
    furniture: list[int],
) -> list[int]:
    """Return the numbers of the lines that belong to the report with these sentences."""
    worth_in = _totals(page, ((lines[i].owner, worths[i]) for i in sentences))
    lines_in = _totals(page, ((line.owner, 1) for line in lines))
    path = _path_down(page, worth_in, lines_in)
    meeting = _meetings(page, path)
    core = _core(lines, worths, shown, furniture, meeting, len(path) - 1)
    first, last = sentences[0], sentences[-1]
    accepted = set(sentences)
    kept: list[int] = []
    links: list[int] = []
    label = ""
    for i in shown:
        line = lines[i]
        inside = meeting[line.owner] >= core
        if furniture[line.owner] and i not in accepted:
            continue
        if _is_link(line, worths[i]):
            if inside and is_attachment(line.text):
                kept.append(i)
            elif first < i < last:
                links.append(i)
            continue
        if len(links) < _LINKS_IN_A_ROW:
            kept += links
        links.clear()
        if first <= i <= last:
            kept.append(i)
        elif inside:
            value_of_label = label.endswith((":", "：")) and len(line.text) < _LONGEST_VALUE
            label = ""
            if i < first and is_card(line.text):
                label = line.text.rstrip()
            elif not value_of_label and not is_edge_furniture(line.text):
                kept.append(i)
    return kept


def _path_down(page: Page, worth_in: list[int], lines_in: list[int]) -> list[int]:
    """Return the blocks from the page to the innermost that holds nearly all sentences.

    A block of a single line is a paragraph, however much of the page it holds.
    """
    largest = [0] * len(worth_in)
    for number, element in enumerate(page.elements[1:], start=1):
        if not largest[element.parent] or worth_in[number] > worth_in[largest[element.parent]]:
            largest[element.parent] = number
    path = [0]
    while inner := largest[path[-1]]:
        if worth_in[inner] < _NEARLY_ALL * worth_in[path[-1]] or lines_in[inner] < _FEWEST_LINES:
            break
        path.append(inner)
    return path


def _meetings(page: Page, path: Sequence[int]) -> list[int]:
    """Return for every block the place on ``path`` of the innermost block that holds it."""
    places = {number: place for place, number in enumerate(path)}
    meetings = [0] * len(page.elements)
    for number, element in enumerate(page.elements[1:], start=1):
        meetings[number] = places.get(number, meetings[element.parent])
    return meetings


def _core(
    lines: list[Line],
    worths: list[int],
    shown: list[int],
    furniture: list[int],
    meeting: list[int],
    innermost: int,
) -> int:
    """Return the place on the path of the outermost block that adds nothing but text."""
    around = [0] * innermost
    for i in shown:
        line, place = lines[i], meeting[lines[i].owner]
        if place == innermost:
            continue
        if furniture[line.owner] and not worths[i]:
            around[place] += _length(line.text)
        elif _is_link(line, worths[i]) or is_card(line.text) or is_edge_furniture(line.text):
            around[place] += _SMALL + 1
    return next((p + 1 for p in reversed(range(innermost)) if around[p] > _SMALL), 0)
