"""Pictures of pivots: what is a mark, what is joined and written, and that nothing is loaded."""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from gongwen import Library
from gongwen.figures import figure_table
from gongwen.figures.figure_table import FigureRow
from gongwen.figures.pivot import Pivot, pivot
from gongwen.nlp.errors import WriteError
from gongwen.nlp.records import Figure
from gongwen.results import Report

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from gongwen.render import plot as plotting
from gongwen.render import plot_drawing, plot_layout
from gongwen.render.plot import check_plot, draw
from gongwen.render.plot_layout import (
    _round_numbers,
    _scale_for,
    ems,
    picture_of,
    shortened,
    wrapped,
    year_ticks,
)

SVG = "{http://www.w3.org/2000/svg}"
PROVINCES = (
    "北京市 天津市 河北省 山西省 内蒙古自治区 辽宁省 吉林省 黑龙江省 上海市 江苏省 浙江省 安徽省"
    " 福建省 江西省 山东省 河南省 湖北省 湖南省 广东省 广西壮族自治区 海南省 重庆市 四川省 贵州省"
    " 云南省 西藏自治区 陕西省 甘肃省 青海省 宁夏回族自治区 新疆维吾尔自治区"
).split()


def value(region: str, year: int | str, number: Any, **known: Any) -> FigureRow:
    """A figure of a region; a result of the calendar year unless ``known`` says otherwise."""
    sentence = known.pop("sentence", "城镇新增就业若干。")
    title = known.pop("title", f"{region}{year}年工作总结")
    about = {
        "unit": "人", "indicator": "城镇新增就业", "kind": "quantity", "qualifier": "", "raw": "",
        "status": "result", "period_kind": "year", "period_start": str(year),
        "period_end": str(year), "year": year if isinstance(year, int) else "",
    } | known  # fmt: skip
    about.setdefault("approximate", bool(about["qualifier"]))
    report = Report(
        id=f"{region}-{year}", source="x.txt", sentences=1, sha256="", added="", title=title,
        region=region, year=about["year"], date="2026-01-27",
    )  # fmt: skip
    figure = Figure(report=report.id, n=1, start=0, end=1, value=number, **about)
    return FigureRow(figure, report, sentence, 0, "achievement", "")


def span(region: str, first: int, last: int, number: float, **known: Any) -> FigureRow:
    """A value of several years together."""
    about = {"period": "五年来", "period_start": str(first), "period_end": str(last)}
    return value(region, last, number, **({"period_kind": "span"} | about | known))


def laid_out(rows: Sequence[FigureRow], *dimensions: str) -> Pivot:
    found = pivot(rows, dimensions or ("region", "year"))
    assert found
    return found


def growth(regions: Sequence[str], years: Sequence[int], **known: Any) -> list[FigureRow]:
    """Values that differ for every region and year."""
    return [
        value(region, year, 50_000 + 7_000 * i + 1_300 * (year % 7), **known)
        for i, region in enumerate(regions)
        for year in years
    ]


def rate(region: str, year: int, number: float) -> FigureRow:
    return value(region, year, number, unit="%", kind="change", measure="change")


MIXED = [
    *(value("甲县", year, 1000 + 30 * (year - 2015)) for year in (2015, 2016, 2017, 2019, 2020)),
    *(
        value("甲县", year, 500 + year - 2015, period_kind="part", period="上半年",
              period_start=f"{year}-01", period_end=f"{year}-06")
        for year in (2017, 2018, 2020)
    ),
    *(
        value("甲县", year, 1600 + year - 2015, period_kind="until", period=f"截至{year}年底",
              period_start="", period_end=f"{year}-12")
        for year in (2018, 2019)
    ),
    value("甲县", 2018, 1200, status="plan"),
    value("甲县", 2021, 1300, status="plan"),
    value("甲县", 2021, 1350, status="forecast"),
    value("甲县", 2018, 1450, status="standard"),
    value("甲县", 2018, 800, status=""),
    value("甲县", 2016, 700, period_kind="", period_start="", period_end=""),
    value("甲县", 2020, 1100, raw="约1100人", qualifier="约"),
    value("甲县", 2022, [1400, 1500], status="plan"),
    span("甲县", 2016, 2020, 5200),
    span("甲县", 2021, 2025, 6000, status="plan", period="十四五时期"),
    value("甲县", 2022, 99_999, period_kind="cumulative", period_start="", period_end="2022"),
]  # fmt: skip
"""All kinds of values of one region."""

LONG = "新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县"
MAGNITUDES = {"甲村": 3, "乙县": 30_000, "丙市": 50_000_000, "全国": 40_000_000_000}
CASES: dict[str, tuple[list[FigureRow], tuple[str, ...], list[tuple[str, int]]]] = {
    # name: figures, dimensions, and the parts of the picture with the number of their regions
    "one value": ([value("武功县", 2020, 1234)], (), [("rows", 1)]),
    "one year": (growth(PROVINCES, [2025]), (), [("rows", 31)]),
    "one year with plans": (
        [*growth(PROVINCES[:9], [2025]), *growth(PROVINCES[:5], [2025], status="plan")],
        (),
        [("rows", 9)],
    ),
    "lines": (growth(PROVINCES[:7], range(2016, 2024)), (), [("lines", 7)]),
    "years above": (growth(PROVINCES[:3], [2019, 2020, 2022]), ("year", "region"), [("lines", 3)]),
    "year alone": (growth(PROVINCES[:2], [2019, 2020]), ("year",), [("lines", 2)]),
    "region alone": (growth(PROVINCES[:4], [2019, 2020]), ("region",), [("rows", 4)]),
    "panels": (growth(PROVINCES, range(2021, 2026)), (), [("grid", 31)]),
    "a country and its provinces": (
        [*growth(["全国"], range(2000, 2025, 2)), *growth(PROVINCES[:15], [2025, 2026])],
        (),
        [("lines", 1), ("rows", 15)],
    ),
    "many years, few of each": (
        [value(p, 2000 + i, 100 + i) for i, p in enumerate(PROVINCES[:20])],
        (),
        [("grid", 20)],
    ),
    "all kinds": (MIXED, (), [("lines", 1)]),
    "negative lines": (
        [rate(p, y, (3 * i + y) % 9 - 4.5) for i, p in enumerate("甲乙丙") for y in (2019, 2020)],
        (),
        [("lines", 3)],
    ),
    "negative bars": (
        [rate(p, 2025, i - 6.5) for i, p in enumerate(PROVINCES[:14])],
        (),
        [("rows", 14)],
    ),
    "ranges": (
        [value("甲县", y, [100 * y - 201_000, 100 * y - 200_700]) for y in range(2015, 2020)],
        (),
        [("lines", 1)],
    ),
    "ten orders of magnitude": (
        [value(p, y, n * (y - 2015)) for p, n in MAGNITUDES.items() for y in range(2018, 2023)],
        (),
        [("lines", 4)],
    ),
    "ten orders on both sides": (
        [value(p, y, n * (-1) ** y) for p, n in MAGNITUDES.items() for y in range(2018, 2023)],
        (),
        [("lines", 4)],
    ),
    "ten orders in rows": ([value(p, 2025, n) for p, n in MAGNITUDES.items()], (), [("rows", 4)]),
    "long names": (
        growth([f"{LONG}{end}" for end in ("甲镇", "乙街道办事处", "人民政府")], range(2018, 2022)),
        (),
        [("lines", 3)],
    ),
    "long names in rows": (growth([f"{LONG}{end}" for end in "甲乙丙"], [2020]), (), [("rows", 3)]),
    "no year is known": (
        [value("甲县", "", 5, period_kind="", period_start="", period_end="")],
        (),
        [],
    ),
}  # fmt: skip


class Drawn:
    """An SVG picture, read back."""

    def __init__(self, found: Pivot) -> None:
        content, self.said = draw(found, ".svg")
        self.root = ElementTree.fromstring(content)
        self.size = [float(n) for n in self.root.get("viewBox", "").split()[2:]]
        self.elements = [e for e in self.root.iter() if e.get("class")]

    def of(self, *kinds: str) -> list[ElementTree.Element]:
        return [e for e in self.elements if set(kinds) <= set(e.get("class", "").split())]

    def points(self, *kinds: str) -> list[tuple[float, float]]:
        """Centres of the marks."""
        uses = [use for e in self.of("mark", *kinds) for use in e.iter(f"{SVG}use")]
        return [(float(u.get("x", "")), float(u.get("y", ""))) for u in uses]

    def lines(self, *kinds: str) -> list[list[tuple[float, float]]]:
        """Corners of the lines between marks."""
        paths = [
            path.get("d", "") for e in self.of("join", *kinds) for path in e.iter(f"{SVG}path")
        ]
        return [
            [(float(x), float(y)) for x, y in re.findall(r"[ML] ([\d.-]+) ([\d.-]+)", path)]
            for path in paths
        ]

    def texts(self) -> list[str]:
        return [e.text or "" for e in self.root.iter(f"{SVG}text")]

    def tooltips(self, *kinds: str) -> list[str]:
        return [e.findtext(f"{SVG}title") or "" for e in self.of(*kinds)]

    def boxes(self) -> list[tuple[float, float, float, float, str]]:
        """About where each text stands: left, upper, right and lower edge."""
        found = []
        for e in self.root.iter(f"{SVG}text"):
            style = e.get("style", "")
            [size] = [float(n) for n in re.findall(r"font-size: ([\d.]+)px", style)]
            anchor = "".join(re.findall(r"text-anchor: (\w+)", style)) or "start"
            if e.get("x"):
                x, y = float(e.get("x", "")), float(e.get("y", ""))
            else:
                x, y = map(
                    float,
                    re.findall(r"translate\(([\d.-]+) ([\d.-]+)\)", e.get("transform", ""))[0],
                )
            wide = 0.94 * ems(e.text or "") * size
            left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
            found.append((left, y - 0.75 * size, left + wide, y + 0.1 * size, e.text or ""))
        return found


def near(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return math.dist(a, b) < 0.01


# -- what is drawn ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_parts_of_a_picture_and_no_text_over_another(name: str) -> None:
    rows, dimensions, parts = CASES[name]
    found = laid_out(rows, *dimensions)
    assert [(block.kind, len(block.marks)) for block in picture_of(found).blocks] == parts
    drawn = Drawn(found)
    boxes = drawn.boxes()
    wide, tall = drawn.size
    for i, (left, top, right, bottom, text) in enumerate(boxes):
        assert left >= -1 and right <= wide + 1 and top >= 0 and bottom <= tall, text
        for other in boxes[i + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, (text, other[4])
    for x, y in drawn.points():
        assert 0 <= x <= wide and 0 <= y <= tall


def test_each_kind_of_value_has_its_mark() -> None:
    drawn = Drawn(laid_out(MIXED))
    kinds = Counter(e.get("class") for e in drawn.elements)
    assert kinds == {
        "mark result year": 5,
        "mark result year also": 1,
        "mark result part": 3,
        "mark result until": 2,
        "mark result unknown": 1,
        "mark plan year": 2,
        "mark plan year range": 1,
        "mark forecast year": 1,
        "mark standard year": 1,
        "mark unknown year": 1,
        "span result": 1,
        "span plan": 1,
        "join": 5,
        "join gap": 2,
    }
    shapes = {
        (e.get("class", ""), path.get("d"))
        for e in drawn.of("mark")
        for path in e.iter(f"{SVG}path")
        if path.get("id")
    }
    shape = {kind: d for kind, d in shapes if "also" not in kind and "range" not in kind}
    hollow = ("plan year", "forecast year", "standard year")
    assert len({shape[f"mark {kind}"] for kind in ("result year", "result part", *hollow)}) >= 4
    for e in drawn.of("mark"):
        [fill] = {re.search(r"fill: (#\w+)", u.get("style", ""))[1] for u in e.iter(f"{SVG}use")}  # type: ignore[index]
        assert (fill != "#ffffff") == ("result" in e.get("class", "")), e.get("class")


def test_a_line_joins_results_of_one_kind_and_nothing_else() -> None:
    drawn = Drawn(laid_out(MIXED))
    ends = {kind: drawn.points("result", kind) for kind in ("year", "part", "until")}
    joined = []
    for line in drawn.lines():
        assert len(line) == 2
        [kind] = [
            kind for kind, points in ends.items()
            if all(any(near(end, point) for point in points) for end in line)
        ]  # fmt: skip
        joined.append(kind)
    assert Counter(joined) == {"year": 4, "part": 2, "until": 1}
    for kind in ("plan", "forecast", "standard", "unknown", "also", "range"):
        for point in drawn.points(kind):
            assert not any(near(point, end) for line in drawn.lines() for end in line)
    assert all("stroke-dasharray" in str(ElementTree.tostring(e)) for e in drawn.of("join", "gap"))
    whole = [e for e in drawn.of("join") if "gap" not in e.get("class", "")]
    assert not any("stroke-dasharray" in str(ElementTree.tostring(e)) for e in whole)


def test_lines_do_not_run_from_one_region_to_another() -> None:
    drawn = Drawn(laid_out(growth("甲乙", [2019, 2020, 2023])))
    assert (len(drawn.lines()), len(drawn.lines("gap"))) == (4, 2)
    assert not Drawn(laid_out(growth("甲乙", [2020], status="plan"))).lines()
    only_plans = Drawn(laid_out(growth("甲", [2020, 2021, 2022], status="plan")))
    assert (len(only_plans.points("plan")), only_plans.lines()) == (3, [])


def test_years_are_numbers_on_the_axis() -> None:
    drawn = Drawn(laid_out(growth("甲", [2000, 2001, 2010, 2020])))
    x = sorted(x for x, _y in drawn.points("result"))
    assert (x[1] - x[0]) * 10 == pytest.approx(x[2] - x[0], rel=0.01)
    assert (x[3] - x[2]) == pytest.approx(x[2] - x[0], rel=0.01)


def test_several_years_are_never_points() -> None:
    rows = [*growth("甲", range(2016, 2021)), span("甲", 2016, 2020, 9e6)]
    drawn = Drawn(laid_out(rows))
    assert len(drawn.points()) == 5
    assert drawn.tooltips("span") == ["甲 2016–2020 900万人 五年来"]
    assert "900万 五年来 2016–2020" in drawn.texts()
    bar = next(e.get("d", "") for e in drawn.of("span")[0].iter(f"{SVG}path"))
    edges = [float(x) for x, _y in re.findall(r"[ML] ([\d.-]+) ([\d.-]+)", bar)]
    years = [x for x, _y in drawn.points()]
    assert min(edges) < min(years) and max(years) < max(edges)


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ([*growth(PROVINCES, [2024, 2025]), span("北京市", 2021, 2025, 9e6)], "several years"),
        ([*growth(PROVINCES, range(2021, 2026)), span("北京市", 2021, 2025, 9e6)], "several years"),
        (
            [
                *growth("甲", range(2000, 2026)),
                *(span("甲", y, y + 4, 9e6) for y in range(2000, 2011)),
            ],
            "are not drawn: 11.",
        ),
        ([*growth("甲", [2020]), value("甲", 2020, 9e6, period_kind="cumulative", period_start="")],
         "not known are not drawn: 1."),
        (growth([f"{i}村" for i in range(95)], [2020]), "Further rows are not drawn: 5."),
        (growth([f"{i}村" for i in range(64)], [2019, 2020, 2021]), "rows are not drawn: 4."),
        (CASES["ten orders in rows"][0], "logarithmic"),
        ([*growth(PROVINCES, [2019, 2020, 2021]), *growth(["全国"], [2019, 2020, 2021])], ""),
        (
            [
                *growth(PROVINCES, range(2019, 2022)),
                *(value("全国", y, 9e7) for y in range(2019, 2022)),
            ],
            "axis of its own",
        ),
    ],
)  # fmt: skip
def test_what_is_left_out_is_said(rows: list[FigureRow], note: str) -> None:
    drawn = Drawn(laid_out(rows))
    shown = " ".join(drawn.texts())
    assert note in shown
    assert bool(note) == bool(re.search("not drawn|axis of", shown))
    assert not [tip for tip in drawn.tooltips("mark") if "900万" in tip]


def test_of_many_panels_those_with_the_largest_values_are_drawn() -> None:
    names = [f"{i}村" for i in range(64)]
    drawn = Drawn(laid_out(growth(names, [2019, 2020, 2021])))
    left_out = {name for name in names if name not in drawn.texts()}
    assert left_out == {"0村", "1村", "2村", "3村"}  # growth() gives later names larger values


def test_rows_are_sorted_and_say_their_values() -> None:
    rows = [value("甲", 2025, 10), value("乙", 2025, 30), value("丙", 2025, 20),
            value("乙", 2025, 40, status="plan", raw="40人以上", qualifier="以上")]  # fmt: skip
    drawn = Drawn(laid_out(rows))
    assert [t for t in drawn.texts() if t in "甲乙丙"] == ["乙", "丙", "甲"]
    assert next(t for t in drawn.texts() if "plan" in t) == "30 · plan 40以上"
    assert len(drawn.of("bar")) == 3
    assert len(drawn.points("plan")) == 1


@pytest.mark.parametrize(
    ("number", "raw", "qualifier", "label"),
    [
        (7_000_000, "７００多万人", "多", "700多万"),
        (9_000_000, "不低于900万人", "不低于", "不低于900万"),
        (1_100_000, "110万人以上", "以上", "110万以上"),
        (3000, "近3000人", "近", "近3000"),
        (0.1 + 0.2, "0.3", "", "0.3"),
        ([2000, 3000], "2000至3000人", "", "2000–3000"),
    ],
)
def test_labels_say_what_is_approximate(number: Any, raw: str, qualifier: str, label: str) -> None:
    drawn = Drawn(laid_out([value("甲", 2020, number, raw=raw, qualifier=qualifier)]))
    assert label in drawn.texts()


def test_a_unit_that_has_a_number_itself_is_not_given_another() -> None:
    rows = [value("甲", year, 7e9 * (year - 2018), unit="元") for year in (2019, 2020, 2021)]
    found = pivot(rows, ("region", "year"), units=["万元"])
    assert found
    drawn = Drawn(found)
    assert "城镇新增就业（万元）" in drawn.texts()
    assert "700000" in drawn.texts()
    assert not [text for text in drawn.texts() if re.search(r"\d[万亿]", text)]
    assert drawn.tooltips("mark")[0] == "甲 2019 700000万元"


def test_an_approximate_value_is_marked_where_there_is_no_label() -> None:
    rows = growth(PROVINCES, [2019, 2020], qualifier="约", raw="约5")
    drawn = Drawn(laid_out([*rows, *growth(PROVINCES, [2021])]))
    assert drawn.texts().count("≈") == 62
    assert any("approximate" in text for text in drawn.texts())


def test_sources_are_named_and_cut_where_they_are_many() -> None:
    few = " ".join(Drawn(laid_out(growth("甲", [2020]))).texts())
    assert "Source: 《甲2020年工作总结》(2026-01-27)" in few
    many = Drawn(laid_out(growth(PROVINCES, [2025]))).texts()
    assert any(text.endswith("31 reports in all") for text in many)


# -- files -----------------------------------------------------------------------------------------


def test_a_png_is_a_picture_of_at_least_200_dots_an_inch() -> None:
    image = pytest.importorskip("PIL.Image")
    content, said = draw(laid_out(MIXED), ".PNG")
    assert said == []
    with image.open(io.BytesIO(content)) as picture:
        picture.load()
        assert min(picture.info["dpi"]) >= 200
        assert picture.width > 1500
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 10


def test_equal_pivots_give_equal_files() -> None:
    for suffix in plotting.SUFFIXES:
        assert draw(laid_out(MIXED), suffix) == draw(laid_out(MIXED), suffix)


def test_the_settings_of_matplotlib_stay_as_they_are() -> None:
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 77, "text.parse_math": True, "lines.linewidth": 9}):
        before = dict(mpl.rcParams)
        content, _said = draw(laid_out(MIXED), ".svg")
        assert dict(mpl.rcParams) == before
    assert content == draw(laid_out(MIXED), ".svg")[0]


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


HOSTILE = [
    "</script><script>alert(1)</script>",
    "</title></svg><img src=https://example.com/x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "$\\frac{1}{0$ $x^2$",
    "\\input{/etc/passwd}",
    '"onmouseover="alert(1)',
    "=HYPERLINK(1)",
    "a\x00b\x1bc\ufffed\u202ee",
    "换\n行\t格",
    "_下划线",
    "&amp;&lt;",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_strangers_are_text(name: str) -> None:
    rows = [
        value(name, year, year, title=f"{name}总结", indicator=f"{name}就业", unit="人")
        for year in (2019, 2020, 2021)
    ]
    rows.append(span(name, 2016, 2020, 5, period=name, indicator=f"{name}就业"))
    assert draw(laid_out(rows), ".png")[0].startswith(b"\x89PNG")
    for dimensions in (("region", "year"), ("region",)):
        found = laid_out(rows, *dimensions)
        drawn = Drawn(found)
        cleaned = " ".join(re.sub("[\x00-\x1f\ufffe\u202e]", "·", name).split("·")).strip()
        assert any(cleaned.split()[0][:4] in text for text in drawn.texts())
        text = draw(found, ".html")[0].decode()
        parsed = Tags(text)
        tags = {tag for tag, _known in parsed.tags}
        assert not tags & {
            "script",
            "img",
            "link",
            "iframe",
            "object",
            "a",
            "image",
            "foreignobject",
        }
        for tag, known in parsed.tags:
            assert not [key for key in known if key.startswith("on") or key in ("src", "href")]
            assert (known.get("xlink:href") or "#").startswith("#"), tag
        policy = [known["content"] for tag, known in parsed.tags if "http-equiv" in known]
        assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
        assert not re.search(r"@import|url\((?!#)", text)


def test_a_large_page_stays_below_its_limit() -> None:
    rows = [
        value(f"{LONG}{i}村", year, 1000 + i, sentence="全年城镇新增就业若干人，" * 40)
        for i in range(64)
        for year in range(2010, 2026)
    ]
    text = draw(laid_out(rows), ".html")[0]
    assert len(text) < 1_500_000
    assert "further values are left out here" in text.decode()
    # Names of the formats in the SVG element are no addresses that are loaded.
    addresses = set(re.findall(r'https?://[^"<\s]*', text.decode()))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


# -- fonts and what is missing ---------------------------------------------------------------------


def test_without_a_chinese_font_png_is_refused_and_a_page_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plotting, "_chinese_fonts", list)
    with pytest.raises(WriteError, match="no font with Chinese characters") as caught:
        draw(laid_out(MIXED), ".png")
    assert "\n" not in str(caught.value)
    with pytest.raises(WriteError):
        check_plot(Path("x.png"))
    for suffix in (".html", ".svg"):
        text = draw(laid_out(MIXED), suffix)[0].decode()
        assert "甲县" in text and "Microsoft YaHei" in text


def test_fonts_that_matplotlib_has_not_listed_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    known = plotting._chinese_fonts()
    if not known:
        pytest.skip("no font with Chinese characters is installed")
    manager = font_manager.fontManager
    latin = [font for font in manager.ttflist if "DejaVu" in font.name]
    monkeypatch.setattr(manager, "ttflist", latin)
    assert {name for name, _path in plotting._chinese_fonts()} & {name for name, _path in known}


def test_a_character_that_no_font_has_becomes_a_question_mark() -> None:
    rows = growth(["甲\U000e0fff乡", "乙乡"], [2020])
    content, said = draw(laid_out(rows), ".png")
    assert content.startswith(b"\x89PNG")
    assert len(said) == 1 and "\U000e0fff" in said[0]
    assert "\U000e0fff" in draw(laid_out(rows), ".svg")[0].decode()


@pytest.mark.parametrize("name", ["x.pdf", "x", "x.htm", "x.png.txt"])
def test_other_suffixes_are_refused(name: str) -> None:
    with pytest.raises(WriteError, match=r"is \.html, \.png or \.svg"):
        check_plot(Path(name))


def test_without_the_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, gongwen_in: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(plotting, "find_spec", lambda name: None)
    (tmp_path / "甲县.txt").write_text("甲县2020年工作总结\n城镇新增就业1200人。\n", "utf-8")
    run = gongwen_in(tmp_path / "library")
    run("add", str(tmp_path / "甲县.txt"))
    done = run("figures", "--plot", str(tmp_path / "x.png"))
    assert done.code != 0
    assert "pip install matplotlib" in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not (tmp_path / "x.png").exists()


def test_the_command_draws_each_kind_of_file(gongwen_in: Any, tmp_path: Path) -> None:
    text = "甲县2021年工作总结\n2019年城镇新增就业1100人。2020年城镇新增就业1200人。\n"
    (tmp_path / "甲县.txt").write_text(text, "utf-8")
    run = gongwen_in(tmp_path / "library")
    run("add", str(tmp_path / "甲县.txt"))
    for suffix, start in ((".html", b"<!DOCTYPE html>"), (".png", b"\x89PNG"), (".svg", b"<?xml")):
        path = tmp_path / f"就业{suffix}"
        done = run("figures", "--indicator", "城镇新增就业", "--plot", str(path))
        assert f"wrote {path}" in done.err
        assert path.read_bytes().startswith(start)
    page = (tmp_path / "就业.html").read_text("utf-8")
    assert "《甲县2021年工作总结》" in page and "1200人" in page
    done = run("figures", "--plot", str(tmp_path / "x.pdf"))
    assert (done.code != 0, (tmp_path / "x.pdf").exists()) == (True, False)


def test_every_word_around_the_values_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (plot_layout, plot_drawing, figure_table):
        monkeypatch.setattr(module, "_", lambda message: f"译{message}")
    rows = [*MIXED, *growth("乙", [2019, 2020], qualifier="约", raw="约")]
    for found in (laid_out(rows), laid_out([*rows, *growth(PROVINCES, range(2019, 2022))])):
        english = [text for text in Drawn(found).texts() if re.search("[a-z]{2}", text)]
        assert len(english) >= 8
        assert not [text for text in english if "译" not in text]
        assert any(text.startswith("译Source: ") for text in english)


# -- parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind", "labels"),
    [
        ([0, 100], "linear", ["0", "20", "40", "60", "80", "100"]),
        ([5_000_000, 13_610_000], "linear", ["0", "500万", "1000万"]),
        ([-7.5, 12], "linear", ["-5", "0", "5", "10"]),
        ([0], "linear", ["0"]),
        ([-3], "linear", ["-3", "-2", "-1", "0"]),
        ([3, 4e10], "log", ["100", "1万", "100万", "1亿", "100亿"]),
        ([-4e6, 0, 30], "symlog", ["-10万", "-1000", "-10", "0", "10"]),
    ],
)
def test_axes_of_values(values: list[float], kind: str, labels: list[str]) -> None:
    scale = _scale_for(values)
    assert (scale.kind, scale.labels) == (kind, labels)
    assert scale.low <= min(values) and max(values) <= scale.high
    assert len(scale.ticks) <= 8
    assert _scale_for(values, bars=True).kind == "linear"


@pytest.mark.parametrize(
    ("limits", "most", "years"),
    [
        ((2019.4, 2025.6), 10, list(range(2020, 2026))),
        ((1995.4, 2026.6), 8, [2000, 2005, 2010, 2015, 2020, 2025]),
        ((2019.4, 2020.6), 2, [2020]),
        ((-0.6, 9999.6), 3, [0]),
    ],
)
def test_axes_of_years(limits: tuple[float, float], most: int, years: list[int]) -> None:
    assert year_ticks(*limits, most) == years


def test_round_numbers() -> None:
    assert _round_numbers(0, 1e-5) == [0, 2e-6, 4e-6, 6e-6, 8e-6, 1e-5]


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("", 10, [""]),
        ("甲乙丙丁", 2, ["甲乙", "丙丁"]),
        ("甲乙，丙", 2, ["甲", "乙，", "丙"]),
        ("甲（2020）", 5, ["甲", "（2020）"]),
        ("several years together", 6, ["several", "years", "together"]),
    ],
)
def test_lines_are_broken_between_words(text: str, most: float, lines: list[str]) -> None:
    assert wrapped(text, most) == lines


def test_a_long_name_keeps_both_ends() -> None:
    assert shortened("甲乙丙", 3) == "甲乙丙"
    short = shortened(f"{LONG}甲镇", 12)
    assert ems(short) <= 12 and short.startswith("新疆维吾尔") and short.endswith("县甲镇")


def test_the_real_reports_as_a_page(real_library: Library) -> None:
    rows = real_library.figures(indicators="城镇新增就业")
    found = pivot(rows, ("region", "year"), ["城镇新增就业"])
    assert found
    text = draw(found, ".html")[0]
    assert len(text) < 300_000
    picture = picture_of(found)
    assert {block.kind for block in picture.blocks} == {"lines", "rows"}
    for block in picture.blocks:
        assert all(mark.status == "result" for pair in block.pairs for mark in pair)
        assert all(mark.kind not in ("span", "cumulative") for mark in block.all)
