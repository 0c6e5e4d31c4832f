"""The colours of topics can be told from their ground by everybody, and never stand alone."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

import gongwen
from gongwen.web.pages import COLOURS, static_folder, written

from .conftest import Visitor

STYLE = (static_folder() / "style.css").read_text("utf-8")
PAPER = "#ffffff"
SEED = "wugong-2020"


def colours() -> dict[str, tuple[str, str]]:
    """Return edge and tint of each topic by its class."""
    rule = r"\.(t\d+) \{ --topic: (#[0-9a-f]{6}); --tint: (#[0-9a-f]{6}); \}"
    return {name: (edge, tint) for name, edge, tint in re.findall(rule, STYLE)}


def variable(name: str) -> str:
    found = re.search(rf"--{name}: (#[0-9a-f]{{6}})", STYLE)
    assert found
    return found[1]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# Who sees no red, no green or no blue sees these mixes of linear red, green and blue: Viénot,
# Brettel and Mollon (1999) for the first two, Brettel, Viénot and Mollon (1997) for the last.
SEEING = {
    "protanopia": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranopia": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
    "tritanopia": (
        (1.01277, 0.13548, -0.14826), (-0.01243, 0.86812, 0.14431), (0.07589, 0.805, 0.11911),
    ),
}  # fmt: skip


def seen(colour: str, seeing: str) -> str:
    """Return a colour as somebody with a colour vision deficiency sees it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    mixed = [sum(w * one for w, one in zip(row, linear, strict=True)) for row in SEEING[seeing]]
    back = [min(max(one, 0.0), 1.0) for one in mixed]
    shown = [one * 12.92 if one <= 0.0031308 else 1.055 * one ** (1 / 2.4) - 0.055 for one in back]
    return "#" + "".join(f"{round(one * 255):02x}" for one in shown)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert seen("#808080", "deuteranopia") == "#808080"
    assert seen("#ff0000", "protanopia")[1:3] == seen("#ff0000", "protanopia")[3:5]


def test_every_topic_has_a_colour_of_its_own() -> None:
    found = colours()
    assert set(found) == {f"t{place}" for place in range(COLOURS + 1)}
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("name", sorted(colours()))
def test_text_and_edges_stand_out(name: str) -> None:
    edge, tint = colours()[name]
    for ink, ground in product((variable("ink"),), (tint, PAPER)):
        assert contrast(ink, ground) >= 7
    for ground in (tint, PAPER, variable("ground")):
        assert contrast(edge, ground) >= 3
    for seeing in SEEING:
        assert contrast(seen(variable("ink"), seeing), seen(tint, seeing)) >= 7
        for ground in (tint, PAPER):
            assert contrast(seen(edge, seeing), seen(ground, seeing)) >= 3


def test_small_words_stand_out_on_every_ground() -> None:
    for name in ("dim", "bad", "doubt", "good", "link"):
        for ground in (PAPER, variable("ground")):
            assert contrast(variable(name), ground) >= 4.5, name
    assert contrast(variable("accent-ink"), variable("accent")) >= 4.5
    assert contrast(variable("ink"), variable("mark")) >= 7


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=执法", "/search?q=执法&by=report", "/search?q=执法&view=kwic", "/search",
        f"/similar?report={SEED}&n=27", f"/reports/{SEED}?at=27", "/teach?start=1&size=1",
        "/compare?before=甲县2019&after=甲县2020", "/counts?by=topic",
    ],
)  # fmt: skip
def test_the_name_of_a_topic_stands_beside_its_colour(
    visitor: Visitor, library_folder: Path, path: str
) -> None:
    with gongwen.open(library_folder, read_only=True) as library:
        topics = library.taxonomy.topics
        by_class = {f"t{place + 1}": written(label.zh) for place, label in enumerate(topics)}
    tree = LexborHTMLParser(visitor.text(path))
    coloured = 0
    for node in tree.css("[class]"):
        for name in (node.attributes["class"] or "").split():
            if not (topic := by_class.get(name)):
                continue
            coloured += 1
            named = [node, *node.css("*")]
            said = node.text(deep=True) + " ".join(
                str(one.attributes.get(attribute) or "")
                for one in named
                for attribute in ("title", "aria-label", "data-chip", "value")
            )
            assert topic in said or _told_around(node, topic), (path, node.html)
    assert coloured or path == "/counts?by=topic"


def _told_around(node: object, topic: str) -> bool:
    """Return whether the next element around says the name: a row, a figure, an item."""
    parent = getattr(node, "parent", None)
    return parent is not None and topic in parent.text(deep=True)
