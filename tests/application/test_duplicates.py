"""The same report again is kept once; a template with other figures is another report."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from make_docx import docx_bytes
from make_html import html_bytes

import gongwen
from gongwen import Library

SEED = Path(__file__).parents[2] / "seeds" / "reports" / "wugong-2020.txt"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    opened = gongwen.open(tmp_path / "library")
    opened.add(SEED)
    return opened


@pytest.fixture
def lines(seed_text: str) -> list[str]:
    return [line.strip() for line in seed_text.splitlines() if line.strip()]


def reposts(lines: list[str]) -> dict[str, bytes]:
    page = ["首页 > 政务公开", "来源：武功县司法局", "[打印] [关闭]"]
    wide = str.maketrans(",;:()", "，；：（）")
    return {
        "网页.html": html_bytes(lines),
        "文档.docx": docx_bytes(lines),
        "国标.txt": "\n".join(lines).encode("gb18030"),
        "加菜单.txt": "\n".join([*page, *lines, "版权所有 武功县人民政府"]).encode(),
        "全角.txt": "\n\n".join(line.translate(wide) for line in lines).encode(),
        "错字.txt": "\n".join(lines).replace("推进依法行政", "推进依法行攻", 1).encode(),
    }


def test_a_repost_is_kept_once_and_listed_as_a_further_source(
    library: Library, lines: list[str], tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name, data in reposts(lines).items():
        (files / name).write_bytes(data)
    outcomes = library.add(files)
    assert {o.status for o in outcomes} == {"copy"}
    assert {o.report for o in outcomes} == {"wugong-2020"}
    assert all("wugong-2020.txt" in o.message for o in outcomes)
    [report] = library.reports()
    assert report.copies == tuple(sorted(str(path) for path in files.iterdir()))
    assert {o.status for o in library.add(files)} == {"unchanged"}
    assert library.status()["copies"] == len(report.copies)


def test_in_an_archive_too(library: Library, lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "各县.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("武功.docx", docx_bytes(lines))
        archive.writestr("甲县.txt", "甲县2020年工作总结\n办理案件3件。\n")
    assert sorted(o.status for o in library.add(path)) == ["added", "copy"]
    statuses = {Path(o.source).name: o.status for o in library.add(path)}
    assert statuses == {"武功.docx": "unchanged", "甲县.txt": "unchanged"}
    assert library.report("甲县").source == f"{path}!/甲县.txt"


@pytest.mark.parametrize(
    "changes",
    [
        (("2020年", "2021年"),),
        (("武功县", "礼泉县"),),
        (("254", "312"), ("243", "290"), ("249", "301"), ("162", "199"), ("90.72", "88.15")),
    ],
    ids=["year", "place", "figures"],
)
def test_a_template_copy_is_another_report_and_similar(
    library: Library, seed_text: str, tmp_path: Path, changes: tuple[tuple[str, str], ...]
) -> None:
    for old, new in changes:
        seed_text = seed_text.replace(old, new)
    path = tmp_path / "另一份.txt"
    path.write_text(seed_text, "utf-8")
    [outcome] = library.add(path)
    assert (outcome.status, outcome.report) == ("added", "另一份")
    assert "similar to wugong-2020" in outcome.message
    [similar] = library.report("另一份").similar
    assert similar.report == "wugong-2020"
    assert similar.containment > 0.7
    [back] = library.report("wugong-2020").similar
    assert back.report == "另一份"


def test_an_excerpt_is_another_report(library: Library, lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "摘要.txt"
    path.write_text("\n".join(lines[: len(lines) // 3]), "utf-8")
    assert [o.status for o in library.add(path)] == ["added"]
    [similar] = library.report("摘要").similar
    assert similar.containment > 0.8 > similar.jaccard


def test_a_copy_that_changes_becomes_a_report_of_its_own(
    library: Library, seed_text: str, tmp_path: Path
) -> None:
    path = tmp_path / "副本.txt"
    path.write_text(seed_text + "\n", "utf-8")
    assert [o.status for o in library.add(path)] == ["copy"]
    path.write_text("乙县2019年工作总结\n开展检查8次。\n", "utf-8")
    assert [o.status for o in library.add(path)] == ["added"]
    assert library.report("wugong-2020").copies == ()


def test_copies_go_with_their_report(library: Library, seed_text: str, tmp_path: Path) -> None:
    path = tmp_path / "副本.txt"
    path.write_text(seed_text + "\n", "utf-8")
    library.add(path)
    library.remove("wugong-2020")
    assert [o.status for o in library.add(path)] == ["added"]
