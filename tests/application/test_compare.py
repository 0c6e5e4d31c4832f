"""Two reports compared sentence by sentence: pairs made by hand, what is marked, every output."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

import gongwen
from gongwen.cli import compare as command
from gongwen.cli.text_width import columns
from gongwen.nlp.errors import QueryError, UnknownNameError
from gongwen.research.compare_reports import FIGURE_COLUMNS, ReportComparison
from gongwen.research.sentence_alignment import MOST_CANDIDATES, Alignment, Unit
from gongwen.research.sentence_pairs import PAIR_COLUMNS, bare_words, differences

from .conftest import Command

PAIRS = Path(__file__).with_name("compare_pairs.txt")
_KINDS = {"kept": "=", "changed": "~", "new": "+"}


def made_by_hand() -> Iterator[tuple[str, list[str], list[str], list[str]]]:
    """Yield the pairs of reports: their name, both texts, and what becomes of each later sentence.

    That is ``=`` kept, ``~`` changed or ``+`` new, with the numbers of the earlier sentences; then
    whether it moved or was numbered otherwise. Earlier sentences that are not named are dropped.
    """
    for block in PAIRS.read_text("utf-8").strip().split("\n\n"):
        name, *lines = block.split("\n")
        at = lines.index("=>")
        after = [line.split(" | ", 1) for line in lines[at + 1 :]]
        before = [line.removeprefix("- ") for line in lines[:at]]
        yield name.removeprefix("# "), before, [text for _, text in after], [w for w, _ in after]


CASES = list(made_by_hand())


def library_of(folder: Path, *texts: str) -> tuple[gongwen.Library, list[str]]:
    """Return a library with a report of each text, and their ids."""
    files = [folder / f"{n}.txt" for n in range(1, len(texts) + 1)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, "utf-8")
    library = gongwen.open(folder / "library")
    outcomes = library.add(files)
    assert [outcome.status for outcome in outcomes] == ["added"] * len(texts)
    return library, [outcome.report for outcome in outcomes]


def became(found: ReportComparison) -> dict[int, str]:
    """Return what became of each sentence of the later report, as the table of pairs says it."""
    said: dict[int, str] = {}
    for pair in found:
        words = [_KINDS.get(pair.kind, "-") + ",".join(str(s.n) for s in pair.before)]
        words += [pair.moved] if pair.moved else []
        words += ["renumbered"] if pair.renumbered else []
        said |= {sentence.n: " ".join(words) for sentence in pair.after}
    return said


def test_there_are_enough_pairs() -> None:
    assert len(CASES) >= 20
    assert all(5 <= len(side) <= 15 for _name, *sides, _said in CASES for side in sides)


@pytest.mark.parametrize(
    ("before", "after", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_every_sentence_of_the_pairs_made_by_hand(
    tmp_path: Path, before: list[str], after: list[str], expected: list[str]
) -> None:
    library, ids = library_of(tmp_path, "\n".join(before) + "\n", "\n".join(after) + "\n")
    with library:
        assert [s.text for s in library.sentences(ids[0])] == before
        assert [s.text for s in library.sentences(ids[1])] == after
        found = library.compare(*ids)
    said = became(found)
    assert [said[n] for n in range(1, len(after) + 1)] == expected
    partners = {int(n) for want in expected for n in re.findall(r"\d+", want)}
    dropped = {s.n for pair in found if pair.kind == "dropped" for s in pair.before}
    assert dropped == set(range(1, len(before) + 1)) - partners
    # Each sentence is in one pair.
    assert Counter(s.n for pair in found for s in pair.before) == Counter(range(1, len(before) + 1))
    assert Counter(s.n for pair in found for s in pair.after) == Counter(range(1, len(after) + 1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("（一）办理“行政复议”案件十七件。", "二、辦理行政复议案件１７件；"),
        ("1. 投资1.2亿元，增长百分之八点五", "投资１２０００万元、增长8.5%。"),
        ("3·15活动", "3.15活动"),
        ("《Big Data》 应用", "big data应用"),
        ("1.2 加强领导。", "1.3 加强领导。"),
        ("2019—2021年", "2019-2021年"),
        ("一是加强领导。", "首先，加强领导。"),
    ],
)
def test_words_that_are_equal(one: str, other: str) -> None:
    assert bare_words(one) == bare_words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("增长3.5%。", "增长35%。"),
        ("增长5%。", "增长5‰。"),
        ("增长5%。", "增长5。"),
        ("增速为-5%。", "增速为5%。"),
        ("出台文件3、5件。", "出台文件35件。"),
        ("工期3-5年。", "工期3、5年。"),
        ("能够完成。", "不能够完成。"),
        ("1,236件。", "1236.5件。"),
        ("1、236件。", "1236件。"),
        ("5.8级地震。", "4.8级地震。"),
        ("Big Data应用", "Bigdata应用"),
    ],
)
def test_words_that_differ(one: str, other: str) -> None:
    assert bare_words(one) != bare_words(other)


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("办案12件。", "办案15件。", "办案[-12-]{+15+}件。"),
        ("结12件收15件。", "结15件收18件。", "结[-12-]{+15+}件收[-15-]{+18+}件。"),
        ("程序执行到位。", "程序执行不到位。", "程序执行{+不+}到位。"),
        ("积极组织旁听庭审。", "组织旁听庭审。", "[-积极-]组织旁听庭审。"),
        ("培训“两期”。", "培训《三期》。", "培训《[-两-]{+三+}期》。"),
        ("投资1.2亿元。", "投资1.5亿元。", "投资[-1.2亿-]{+1.5亿+}元。"),
        ("增长３．５％。", "增长3.6%。", "增长[-３．５-]{+3.6+}%。"),
        ("全面从严治党，依法治国。", "依法治国。", "[-全面从严治党-]依法治国。"),
        ("嚴格執法，規範用權。", "严格执法，规范用权力。", "严格执法，规范用权{+力+}。"),
    ],
)  # fmt: skip
def test_what_is_marked(before: str, after: str, marked: str) -> None:
    parts, done = [], 0
    for one in differences(before, after)[0]:
        parts.append(after[done : one.after[0]])
        old, new = before[slice(*one.before)], after[slice(*one.after)]
        parts += [f"[-{old}-]" if old else "", f"{{+{new}+}}" if new else ""]
        done = one.after[1]
    assert "".join(parts) + after[done:] == marked


def test_numbers_are_named_before_other_changes(tmp_path: Path) -> None:
    library, ids = library_of(
        tmp_path,
        "甲县2020年工作总结\n认真办理行政复议案件12件，全部按期审结。\n",
        "甲县2021年工作总结\n依法办理行政复议案件15件，全部按期审结。\n",
    )
    with library:
        [pair] = [p for p in library.compare(*ids) if p.kind == "changed" and p.after[0].n == 2]
    assert [(one.before, one.after, one.number) for one in pair.changes] == [
        ("12", "15", True),
        ("认真", "依法", False),
    ]


# -- figures ---------------------------------------------------------------------------------------

BEFORE = """甲县2019年政府工作报告
一、2018年工作回顾
全县生产总值增长6.1%，城镇新增就业5230人。
办理行政复议案件12件。
粮食总产量达到18万吨。
二、2019年工作安排
生产总值增长6.5%左右，财政收入增长5%。
引进项目20个。
全县社会大局和谐稳定。
"""
AFTER = """甲县2020年政府工作报告
一、2019年工作回顾
全县生产总值增长5.8%，城镇新增就业4184人。
办理行政复议案件15件。
夏粮丰收，粮食总产量稳定在18.6万吨以上，连续三年增产。
二、2020年工作安排
生产总值增长6%左右，财政收入增长5%。
引进亿元以上项目25个。
全县社会大局和谐稳定。
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[gongwen.Library, list[str]]]:
    library, ids = library_of(tmp_path_factory.mktemp("two"), BEFORE, AFTER)
    with library:
        yield library, ids


def test_figures_that_changed(two: tuple[gongwen.Library, list[str]]) -> None:
    found = two[0].compare(*two[1])
    rows = [one.to_dict() for one in found.figures]
    assert all(tuple(row) == FIGURE_COLUMNS for row in rows)
    shown = {
        (row["before"], row["after"], row["unit"]): (
            row["difference"], row["difference_unit"], row["rate"], row["before_status"],
            row["after_status"],
        )
        for row in rows
    }  # fmt: skip
    assert shown[6.1, 5.8, "%"] == (-0.3, "个百分点", None, "result", "result")
    assert shown[5230, 4184, "人"] == (-1046, "人", -20.0, "result", "result")
    assert shown[12, 15, "件"] == (3, "件", 25.0, "result", "result")
    assert shown[180_000, 186_000, "吨"] == (6000, "吨", 3.33, "result", "result")
    assert shown[6.5, 6, "%"] == (-0.5, "个百分点", None, "plan", "plan")
    assert (5, 5, "%") not in shown


def test_a_plan_and_a_result_stand_beside_their_status(tmp_path: Path) -> None:
    library, ids = library_of(
        tmp_path,
        "甲县2020年政府工作报告\n今年计划新增城镇就业5000人。\n",
        "甲县2021年政府工作报告\n全年新增城镇就业5230人。\n",
    )
    with library:
        [one] = library.compare(*ids).figures
    assert (one.before_value, one.after_value, one.difference) == (5000, 5230, 230)
    assert (one.before.status, one.after.status) == ("plan", "result")


# -- totals and sides ------------------------------------------------------------------------------


def test_totals_and_what_is_taken_over(two: tuple[gongwen.Library, list[str]]) -> None:
    library, ids = two
    found = library.compare(*ids)
    totals = found.totals()
    assert sum(totals[kind] for kind in ("kept", "changed", "new", "dropped")) == len(found)
    for name, number in totals.items():
        assert sum(found.totals(slug)[name] for slug in found.topics) == number
    same = library.compare(ids[0], ids[0])
    assert same.share == 1
    assert {pair.kind for pair in same} == {"kept"}
    assert same.notes == (f"on both sides: {ids[0]}",)
    assert 0.5 < found.share < 1


def test_years_are_sides_and_regions_are_named(tmp_path: Path) -> None:
    text = (
        "{place}{year}年法治政府建设工作总结\n{place}办理行政复议案件{n}件。\n本县特色是{place}。\n"
    )
    library, ids = library_of(
        tmp_path,
        *(
            text.format(place=place, year=year, n=n)
            for place, year, n in (
                ("武功县", 2019, 3), ("武功县", 2020, 4), ("乾县", 2019, 5), ("乾县", 2020, 6),
                ("泾阳县", 2020, 9),
            )
        ),
    )  # fmt: skip
    with library:
        one = library.compare(years=(2019, 2020), fields={"地区": "武功县"})
        both = library.compare(years=("2019", "2020"))
        reverse = library.compare(years=(2020, 2019), fields={"region": "武功县"})
        with pytest.raises(QueryError, match="2017"):
            library.compare(years=(2017, 2019))
        for wrong in (
            {"before": ids[0]}, {}, {"before": ids[0], "after": ids[1], "years": (2019, 2020)},
            {"years": 2019}, {"before": ids[0], "after": ids[1], "fields": {"region": "乾县"}},
        ):  # fmt: skip
            with pytest.raises(QueryError):
                library.compare(**wrong)
        with pytest.raises(UnknownNameError):
            library.compare(ids[0], "no such report")
    assert [r.id for r in one.before] == [ids[0]]
    assert [r.id for r in one.after] == [ids[1]]
    assert one.notes == ()
    assert [r.region for r in both.after] == ["乾县", "武功县", "泾阳县"]
    assert both.notes == (
        "several regions are compared together: 乾县、武功县、泾阳县",
        "only the later side has 泾阳县",
    )
    regions = {r.id: r.region for r in (*both.before, *both.after)}
    for pair in both:  # a sentence finds that of its own region among equal ones
        if pair.before and pair.after:
            assert regions[pair.before[0].report] == regions[pair.after[0].report]
    assert len(reverse.notes) == 1
    assert "later year" in reverse.notes[0]


# -- work ------------------------------------------------------------------------------------------


def templates(count: int, year: int) -> list[Unit]:
    """Return sentences of one mould, which all have the same characters but for a few."""
    names = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    made = [
        f"{names[i % 22]}{names[i // 22 % 22]}{names[i // 484 % 22]}局深入推进法治政府建设工作"
        f"{'并取得' if year % 2 else '且获得'}{names[(i * 7 + year) % 22]}等成效{i % 9}项。"
        for i in range(count)
    ]
    return [Unit(text, "sentence") for text in made]


def test_the_work_grows_with_the_length_not_with_its_square() -> None:
    for size in (750, 1500, 3000):
        found = Alignment(templates(size, 2019), templates(size, 2020))
        assert size < found.comparisons <= MOST_CANDIDATES * size
        right = sum(match.before == match.after for match in found.matches)
        assert right >= 0.95 * size


def test_one_sentence_many_times_is_paired_in_order() -> None:
    many = [Unit("工作取得明显成效。", "sentence")] * 1500
    found = Alignment(many, many[:700])
    assert found.comparisons == 0
    assert [match.after for match in found.matches] == [(j,) for j in range(700)]


def test_the_real_reports(real_library: gongwen.Library) -> None:
    found = real_library.compare("2019-国务院", "2021-国务院")
    assert found.to_dict()["before"]["sentences"] == 640
    pairs = {pair.before[0].n: pair for pair in found if pair.before and pair.after}
    for before, after in (
        (7, 3), (14, 26), (16, 24), (64, 31), (118, 75), (133, 78), (178, 190), (349, 214),
        (372, 322), (511, 382), (521, 413), (587, 472), (612, 490),
    ):  # fmt: skip
        assert pairs[before].after[0].n == after, before
    assert 80 <= found.totals()["changed"] <= 130
    shown = [
        (one.after.figure.indicator, one.before_value, one.after_value) for one in found.figures
    ]
    assert ("城镇新增就业", 13_610_000, 11_860_000) in shown
    assert ("居民消费价格", 2.1, 2.5) in shown


# -- outputs ---------------------------------------------------------------------------------------


@pytest.fixture
def run(two: tuple[gongwen.Library, list[str]], gongwen_in: object) -> Command:
    return gongwen_in(two[0].folder)  # type: ignore[operator]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits(
    run: Command,
    two: tuple[gongwen.Library, list[str]],
    width: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "width", lambda: width)
    ran = run("compare", *two[1])
    assert ran.code == 0, ran.err
    assert max(map(columns, ran.out.splitlines())) <= width
    assert "办理行政复议案件[-12-]{+15+}件。" in ran.out
    assert "\x1b" not in ran.out
    figures = ran.out[ran.out.index("Figures that changed") :]
    assert re.search(r"行政复议案件 +12件 +15件 +\+3件 +\+25%", figures)
    assert re.search(r"\nall +\d+ +\d+ +\d+ +\d+", figures)
    assert "of the later side's characters are taken over" in ran.out


def test_kinds_can_be_chosen_in_both_languages(
    run: Command, two: tuple[gongwen.Library, list[str]]
) -> None:
    for asked in (
        ["--only", "changed,new"],
        ["--only", "改动，新增"],
        ["--only", "new", "--only", "改动"],
    ):
        whole = run("compare", *two[1], *asked, "--format", "json").json()
        assert {one["kind"] for one in whole["sentences"]} <= {"changed", "new"}
        assert whole["totals"]["kept"] > 0
    assert run("compare", *two[1], "--only", "gone").code == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("1",), 2),
        (("1", "2", "3"), 2),
        (("1", "2", "--region", "甲县"), 2),
        (("1", "2", "--year", "2019", "2020"), 2),
        (("1", "2", "-o", "a.pdf"), 2),
        (("1", "2", "-o", "none/a.html"), 1),
        (("1", "2", "--format", "xlsx"), 2),
        (("no such", "2"), 1),
        (("--year", "2019", "1066"), 1),
        (("--year", "2019", "2020", "--region", "甲县"), 0),
        (("--year", "2019", "2020", "--kind", "政府工作报告"), 0),
    ],
)
def test_exit_codes(
    run: Command,
    two: tuple[gongwen.Library, list[str]],
    arguments: tuple[str, ...],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    ids = {"1": two[1][0], "2": two[1][1]}
    ran = run("compare", *(ids.get(one, one) for one in arguments))
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err


def test_json_has_the_documented_names(
    run: Command, two: tuple[gongwen.Library, list[str]]
) -> None:
    whole = run("compare", *two[1], "--format", "json").json()
    assert list(whole) == [
        "before", "after", "totals", "characters", "taken_over", "share_taken_over", "topics",
        "sentences", "figures", "notes",
    ]  # fmt: skip
    assert list(whole["before"]) == ["reports", "sentences"]
    assert list(whole["totals"]) == [
        "changed",
        "new",
        "dropped",
        "kept",
        "moved",
        "split",
        "merged",
    ]
    for one in whole["sentences"]:
        assert list(one) == [
            "kind", "topic", "moved", "renumbered", "split", "merged", "likeness", "marked",
            "before", "after", "changes",
        ]  # fmt: skip
        for change in one["changes"]:
            texts = ["".join(s["text"] for s in one[side]) for side in ("before", "after")]
            assert texts[0][slice(*change["before_span"])] == change["before"]
            assert texts[1][slice(*change["after_span"])] == change["after"]
    assert two[0].compare(*two[1]).to_dict() == whole


def test_rows(run: Command, two: tuple[gongwen.Library, list[str]], tmp_path: Path) -> None:
    lines = run("compare", *two[1], "--format", "jsonl").lines()
    assert all(tuple(line) == PAIR_COLUMNS for line in lines)
    assert run("compare", *two[1], "-o", str(tmp_path / "a.csv")).code == 0
    text = (tmp_path / "a.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["marked"] for row in rows] == [line["marked"] for line in lines]
    [row] = [row for row in rows if "行政复议" in row["after"]]
    assert (row["kind"], row["numbers"], row["topic_zh"]) == (
        "changed",
        "12→15",
        "行政复议与行政应诉",
    )
    assert run("compare", *two[1], "-o", str(tmp_path / "a.json")).code == 0
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["totals"]["changed"] > 3


def test_the_page(run: Command, two: tuple[gongwen.Library, list[str]], tmp_path: Path) -> None:
    assert run("compare", *two[1], "-o", str(tmp_path / "a.html")).code == 0
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=", page)
    assert '案件<del class="number">12</del>件。' in page
    assert '案件<ins class="number">15</ins>件。' in page
    for kind in ("kept", "changed", "new", "dropped"):
        assert f'id="show-{kind}" checked' in page
        assert f"#show-{kind}:not(:checked) ~ section .{kind} {{ display: none; }}" in page
    assert page.count("<section>") == page.count("</section>") > 0
    assert '<html lang="en">' in page


def test_the_workbook(run: Command, two: tuple[gongwen.Library, list[str]], tmp_path: Path) -> None:
    assert run("compare", *two[1], "-o", str(tmp_path / "a.xlsx")).code == 0
    book = openpyxl.load_workbook(tmp_path / "a.xlsx", rich_text=True)
    assert book.sheetnames == ["Sentence by sentence", "Figures", "Totals", "Overview", "列名"]
    rows = list(book["Sentence by sentence"].iter_rows(min_row=2, values_only=True))
    [row] = [row for row in rows if "行政复议" in str(row[3])]
    assert [str(part) for part in row[2]] == ["办理行政复议案件", "12", "件。"]
    assert row[2][1].font.strike
    assert row[3][1].font.u == "single"
    assert row[4] == "12→15"
    heads = [cell.value for cell in book["Figures"][1]]
    values = [
        dict(zip(heads, r, strict=True))
        for r in book["Figures"].iter_rows(min_row=2, values_only=True)
    ]
    assert {"Earlier": 12, "Later": 15, "Difference": 3, "Change in %": 25}.items() <= next(
        row for row in values if row["Unit"] == "件"
    ).items()


def test_a_formula_stays_text(tmp_path: Path) -> None:
    from gongwen.render.comparison_page import write_comparison_book

    library, ids = library_of(
        tmp_path,
        "甲县2020年工作总结\n=1+1的办案件数为12件。\n=2+2\n",
        "甲县2021年工作总结\n=1+1的办案件数为15件。\n=2+2\n",
    )
    with library:
        write_comparison_book(tmp_path / "a.xlsx", library.compare(*ids))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    kinds = {
        cell.data_type
        for row in book["Sentence by sentence"].iter_rows()
        for cell in row
        if cell.value
    }
    assert kinds == {"s"}
