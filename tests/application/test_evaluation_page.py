"""The page of an evaluation: well-formed, self-contained, escaped, nothing left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from gongwen.nlp import Tag, Taxonomy
from gongwen.nlp.topics.evaluation import ReliabilityBin, evaluate
from gongwen.nlp.topics.labels import LabelledSentence
from gongwen.render.html_reports import evaluation_page, heat_map, reliability_curve
from gongwen.training.evaluate import EvaluatedModel

TAXONOMY = Taxonomy.shipped()
SLUGS = TAXONOMY.topics.slugs
EVIL = "<script>alert(1)</script> & \"引号\" '单' </td></table>"


@dataclass
class Page(HTMLParser):
    """What stands on a page; closing a tag that is not open is an error."""

    open: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    svg: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)
        if "svg" in self.open and "title" not in self.open:
            self.svg.append(data.strip())


def parsed(page: str) -> Page:
    reader = Page()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def report(labels: list[LabelledSentence], tags: list[Tag], **facts: object) -> EvaluatedModel:
    known = {"version": 3, "created": "2024-05-06T07:08:09Z", "labels": 7, "labels_sha256": "0a1b"}
    return EvaluatedModel(
        **(known | {"files": ("我的.jsonl",)} | facts),  # type: ignore[arg-type]
        evaluation=evaluate(labels, tags),
    )


def all_topics() -> EvaluatedModel:
    """Two sentences of each topic, the second taken for the next topic and ever less sure."""
    labels = [
        LabelledSentence(f"第{i}句。", s, group=str(n)) for i, s in enumerate(SLUGS) for n in (1, 2)
    ]
    tags = []
    for i, slug in enumerate(SLUGS):
        tags += [Tag(slug, (), 0.95), Tag(SLUGS[i - 1], (), 0.9 - i / 20)]
    return report(labels, tags)


def evil() -> EvaluatedModel:
    labels = [LabelledSentence(EVIL, "enforcement", also=("oversight",), heading=EVIL)]
    return report(labels, [Tag("other", (), 0.987)], files=("<b>.jsonl",), seen=1)


def test_a_page_is_well_formed_and_names_every_topic_on_both_axes() -> None:
    found = all_topics()
    page = parsed(evaluation_page(found, TAXONOMY))
    for slug in SLUGS:
        assert page.svg.count(TAXONOMY.topics.zh(slug)) == 2, slug
        assert slug in page.text
    assert page.tags.count("svg") == 2
    matrix = parsed(heat_map(found.evaluation.confusion, SLUGS))
    assert matrix.svg.count("1") == 2 * len(SLUGS)  # one right and one wrong of each topic
    assert matrix.tags.count("rect") == len(SLUGS) ** 2


def test_a_page_says_what_was_tested() -> None:
    text = "".join(parsed(evaluation_page(all_topics(), TAXONOMY)).text)
    for fact in (
        "model 3", "7 labelled sentences, 2024-05-06T07:08:09Z", "0a1b", "我的.jsonl",
        "28 sentences (2 distinct) in 2 groups",
        "not be compared", "own file", "none of these sentences was trained on", "macro-F1",
        "14 of 14", "0.900",
    ):  # fmt: skip
        assert fact in text, fact


def test_nothing_is_fetched_or_run() -> None:
    source = evaluation_page(all_topics(), TAXONOMY)
    assert not re.search(r"https?:|//|url\(|@import", source)
    page = parsed(source)
    assert not {"script", "link", "img", "iframe", "object", "use", "image"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"src", "href"})
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_text_stays_text() -> None:
    page = parsed(evaluation_page(evil(), TAXONOMY))
    assert "script" not in page.tags
    assert page.text.count(EVIL) == 3  # the example of the pair, the heading, the sentence
    assert "b" not in page.tags
    assert "1 of these 1 sentences were trained on: the figures flatter" in page.text


def test_the_most_confident_mistakes_come_first_and_are_at_most_fifty() -> None:
    labels = [LabelledSentence(f"第{n}句。", "other") for n in range(60)]
    tags = [Tag("enforcement", (), n / 100) for n in range(60)]
    source = evaluation_page(report(labels, tags), TAXONOMY)
    _, _, worst = source.partition("Worst mistakes")
    shown = re.findall(r"第(\d+)句。", worst)
    assert shown == [str(n) for n in range(59, 9, -1)]
    assert "50 of 60" in worst


def test_without_mistakes() -> None:
    found = report([LabelledSentence("句。", "other")], [Tag("other", (), 0.9)])
    text = "".join(parsed(evaluation_page(found, TAXONOMY)).text)
    assert "every sentence got its topic" in text
    assert "Most confused" not in text
    assert "hard" not in text


def test_same_evaluation_same_page() -> None:
    assert evaluation_page(all_topics(), TAXONOMY) == evaluation_page(all_topics(), TAXONOMY)


# The charts.


def box(svg: str) -> tuple[float, float]:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found
    return float(found[1]), float(found[2])


@pytest.mark.parametrize(
    "name", ["其他", "制度建设:立法、规章与规范性文件", "a-slug-of-a-topic-of-ones-own"]
)
def test_names_of_the_heat_map_lie_inside_it_and_apart(name: str) -> None:
    svg = heat_map([[3] * 14] * 14, [name] * 14)
    width, _ = box(svg)
    places = [
        (float(x), float(y))
        for x, y in re.findall(r"translate\(([\d.]+) ([\d.]+)\) rotate\(-45\)", svg)
    ]
    assert len(places) == 14
    long = max(len(name) * 12 if not name.isascii() else len(name) * 7.2, 12) * 0.7071
    assert places[-1][0] + long <= width
    assert places[0][1] - long >= 0
    # Lines of slanted text lie apart by the step over the square root of two.
    steps = {round((b[0] - a[0]) * 0.7071) for a, b in pairwise(places)}
    assert min(steps) >= 12


def test_a_name_that_is_too_long_is_cut() -> None:
    svg = heat_map([[1]], ["一个特别特别特别特别特别特别长的主题名称"])
    assert "…</text>" in svg
    assert "一个特别特别特别特别特别特别长的主题名称" in svg  # in the title of the cell


def test_big_counts_widen_the_cells() -> None:
    def cell(count: int) -> int:
        found = re.search(r'<rect [^>]*width="(\d+)"', heat_map([[count]], ["其他"]))
        assert found
        return int(found[1])

    assert cell(1_234_567) > 8 * 7 > cell(999) - 1


def test_points_of_the_reliability_curve() -> None:
    bins = [ReliabilityBin(0.0, 0.1, 5, 0.05, 0.0), ReliabilityBin(0.9, 1.0, 20, 1.0, 1.0)]
    svg = reliability_curve(bins)
    # 400 pixels a side from 48, 12: x to the right, y up.
    assert '<polyline points="68,412 448,12" class="curve"/>' in svg
    assert re.findall(r"<text[^>]*>(\d+)</text>", svg) == ["5", "20"]
    assert "0.9–1.0: 20 sentences, 100.0% right" in svg
