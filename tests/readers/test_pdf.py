"""PDF files to text."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_pdf import (
    FONT,
    chinese_font,
    encrypted_bytes,
    mapped_bytes,
    new_canvas,
    pdf_bytes,
    scan_bytes,
)

from gongwen.nlp import parse_document
from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Blob, Extract, Limits
from gongwen.readers.pdf.pdf import read

LINES = [
    "青岚县2021年法治政府建设年度报告",
    "2021年，青岚县坚持把法治政府建设摆在全局工作的重要位置，各项任务有序推进，现将有关情况报告如下：",
    "一、主要工作",
    "（一）依法履职水平不断提高。全年取消行政许可事项17项，“最多跑一次”事项占比达到96.4%。"
    "县政务服务大厅进驻窗口42个，办结各类事项13865件，群众满意率98.7%。",
    "二、存在的问题",
    "一是个别部门对法治建设认识不足。二是基层执法力量薄弱，专业人员占比不到三成。",
]


needs_font = pytest.mark.skipif(
    not chinese_font(),
    reason="no Chinese font is installed, and without one PDFium gives characters no size",
)


def extract(data: bytes, **limits: int) -> Extract:
    (found,) = read(Blob("年报.pdf", data, limits=Limits(**limits)))
    return found


def problem(data: bytes, **limits: int) -> str:
    with pytest.raises(ReadError) as error:
        extract(data, **limits)
    message = str(error.value)
    assert message.startswith("年报.pdf: ")
    assert "\n" not in message
    return message.removeprefix("年报.pdf: ")


@pytest.mark.parametrize("number", ["— {} —", "第{}页", "{}"])
@pytest.mark.parametrize("indent", [0, 2])
@pytest.mark.parametrize("columns", [1, 2])
def test_paragraphs_come_back(number: str, indent: int, columns: int) -> None:
    data = pdf_bytes(
        LINES * 8, header="青岚县人民政府文件", number=number, indent=indent, columns=columns,
        font_size=16 if columns == 1 else 10, chars_per_line=28 if columns == 1 else 44,
    )  # fmt: skip
    found = extract(data)
    assert found.text == "\n".join(LINES * 8)
    assert not found.notes


def test_words_of_latin_letters_keep_their_spaces() -> None:
    text = "2021年全县GDP per capita为3.2万元，Grade A企业17家。"
    assert extract(pdf_bytes([text])).text == text


def same_sentences(text: str, expected: str) -> float:
    """Return the share of the sentences of ``expected`` that ``text`` has too."""
    counts = [
        Counter(re.sub(r"\s", "", sentence.text) for sentence in parse_document(whole).sentences)
        for whole in (expected, text)
    ]
    return (counts[0] & counts[1]).total() / counts[0].total()


def paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("indent", [0, 2])
def test_the_seed_report_comes_back(seed_text: str, indent: int) -> None:
    data = pdf_bytes(paragraphs(seed_text), header="武功县人民政府文件", indent=indent)
    assert same_sentences(extract(data).text, seed_text) == 1


@needs_font
def test_the_seed_report_comes_back_in_two_columns(seed_text: str) -> None:
    data = pdf_bytes(
        paragraphs(seed_text), header="公报", font_size=10.5, chars_per_line=42, columns=2
    )
    assert same_sentences(extract(data).text, seed_text) == 1


def test_real_reports_come_back(shared_reports: list[Path]) -> None:
    for path in shared_reports[::9]:
        text = path.read_text("utf-8")
        data = pdf_bytes(paragraphs(text), header="政府工作报告", number="第{}页")
        assert same_sentences(extract(data).text, text) > 0.99, path.name


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
def test_what_an_office_program_prints_comes_back(seed_text: str, tmp_path: Path) -> None:
    source = tmp_path / "report.txt"
    source.write_text(seed_text, "utf-8")
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
         "--infilter=Text (encoded):UTF8", "--convert-to", "pdf", "--outdir", tmp_path, source],
        check=True, capture_output=True,
    )  # fmt: skip
    data = source.with_suffix(".pdf").read_bytes()
    if "武功县" not in "".join(e.text for e in read(Blob("report.pdf", data))):
        pytest.skip("LibreOffice has no font with Chinese characters here")
    assert same_sentences(extract(data).text, seed_text) >= 0.98


# What fonts say of their characters


@pytest.mark.parametrize(
    ("meanings", "text"),
    [
        ("⼀、⼯作⻓效机制⺠⽣", "一、工作长效机制民生"),
        ("\uf907\ufa0b", "龜廓"),
        ("甲\U0002f804", "甲你"),
        ("\ufb01", "fi"),
        ("\uf0b7甲", "•甲"),
        ("甲\u200b乙", "甲乙"),
        ("①③㎡℃％（）", "①③㎡℃％（）"),
        ("甲𠮷\U00030edd", "甲𠮷\U00030edd"),
    ],
)
def test_characters_are_ordinary_ones(meanings: str, text: str) -> None:
    assert extract(mapped_bytes(meanings)).text == text


def test_characters_without_a_meaning_are_left_out_and_reported() -> None:
    found = extract(mapped_bytes(["甲", "", "乙", "\ufffd", "丙"]))
    assert found.text == "甲乙丙"
    assert found.notes == (
        "page 1 of 1: 2 characters left out, the font does not say which they are",
    )


def test_a_font_that_says_nothing() -> None:
    message = problem(mapped_bytes([""] * 30))
    assert message == (
        "its fonts do not say which characters they draw; run OCR on it first, for example"
        " ocrmypdf -l chi_sim --force-ocr IN OUT"
    )


# Where text stands on a page


UNSET = "\n".join(
    f"{first}行政复议案件三十七件，审结三十三件，纠错三件，其余维持，负责人出庭应诉二十件，出庭率较上年提高"
    "三个百分点，行政调解成功率稳步提升，群众满意度明显提高。"
    for first in "甲乙丙"
)
SET = [
    line
    for text in UNSET.split("\n")
    for line in (f"　　{text}"[:30], *re.findall(".{1,30}", text[28:]))
]


def drawn(draw: Callable[..., None]) -> Extract:
    stream = io.BytesIO()
    canvas = new_canvas(stream)
    canvas.setFont(FONT, 16)
    draw(canvas)
    canvas.save()
    return extract(stream.getvalue())


@needs_font
def test_a_page_that_is_set_sideways() -> None:
    def draw(canvas, degrees: int) -> None:  # type: ignore[no-untyped-def]
        canvas.translate(300, 400)
        canvas.rotate(degrees)
        for i, line in enumerate(SET):
            canvas.drawString(-240, 100 - 28 * i, line)

    for degrees in (90, 180, 270):
        assert drawn(lambda canvas, d=degrees: draw(canvas, d)).text == UNSET


@needs_font
def test_vertical_lines_from_right_to_left() -> None:
    def draw(canvas) -> None:  # type: ignore[no-untyped-def]
        for i, line in enumerate(SET):
            for j, character in enumerate(line):
                canvas.drawString(500 - 30 * i, 670 - 17 * j, character)

    assert drawn(draw).text == UNSET


def test_a_watermark_across_the_page_is_left_out() -> None:
    def draw(canvas) -> None:  # type: ignore[no-untyped-def]
        canvas.drawString(90, 700, "全县办结行政复议案件。")
        canvas.translate(200, 300)
        canvas.rotate(45)
        canvas.drawString(0, 0, "内部资料")

    assert drawn(draw).text == "全县办结行政复议案件。"


def test_text_that_is_drawn_twice_and_text_beyond_the_page() -> None:
    def draw(canvas) -> None:  # type: ignore[no-untyped-def]
        for shift in (0, 0, 0.4):
            canvas.drawString(90 + shift, 700, "一、依法行政")
        canvas.drawString(900, 700, "裁去的字")

    assert drawn(draw).text == "一、依法行政"


def test_a_ruled_table() -> None:
    def draw(canvas) -> None:  # type: ignore[no-untyped-def]
        canvas.grid([90, 140, 320, 420], [600, 640, 680])
        for x, y, text in [
            (94, 655, "序号"), (144, 655, "任务"), (324, 655, "单位"),
            (94, 620, "1"), (144, 620, "健全行政执法公示制度"), (144, 603, "并抽查案卷。"),
            (324, 620, "司法局"),
        ]:  # fmt: skip
            canvas.drawString(x, y, text)

    assert drawn(draw).text == "序号\t任务\t单位\n1\t健全行政执法公示制度并抽查案卷。\t司法局"


# Files that cannot be read, or not as a whole


SCAN = "a scan without text; run OCR on it first, for example ocrmypdf -l chi_sim IN OUT"


@pytest.mark.parametrize("stamp", ["", "— 3 —", "第3页", "扫描件"])
def test_a_scan_names_the_way_out(stamp: str) -> None:
    assert problem(scan_bytes("", "", stamp=stamp)) == SCAN
    assert problem(scan_bytes("", stamp=stamp)) == SCAN


def test_pages_that_are_scans_are_reported() -> None:
    found = extract(scan_bytes("", "全县办结行政复议案件。", "", ""))
    assert found.text == "全县办结行政复议案件。"
    assert found.notes == (
        "pages 1, 3-4 of 4: a scan without text, left out; to have it too, run OCR on the file"
        " first, for example ocrmypdf -l chi_sim --skip-text IN OUT",
    )


def test_a_title_on_a_picture_stays() -> None:
    found = extract(scan_bytes("", "全县办结行政复议案件。", stamp="青岚县2021年年度报告"))
    assert found.text == "青岚县2021年年度报告\n全县办结行政复议案件。"


def test_nothing_but_page_numbers() -> None:
    assert problem(pdf_bytes(["— 7 —"], numbers=True)) == "no text on any page"


def test_encrypted_files() -> None:
    assert problem(encrypted_bytes("甲", "secret")) == "encrypted; save it without a password first"
    assert extract(encrypted_bytes("全县办结案件。", "")).text == "全县办结案件。"


BROKEN = {
    "nothing": b"",
    "not a PDF": "全县办结行政复议案件。".encode() * 20,
    "a head": b"%PDF-1.7\n",
    "half a file": pdf_bytes(LINES)[:2000],
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_broken_files(data: bytes) -> None:
    assert problem(data).startswith("not a whole PDF file")


def test_a_file_without_text() -> None:
    stream = io.BytesIO()
    canvas = new_canvas(stream)
    canvas.showPage()
    canvas.save()
    assert problem(stream.getvalue()) == "no text on any page"


def test_limits() -> None:
    data = pdf_bytes(LINES * 12)
    pages = int(re.search(rb"/Count (\d+)", data)[1])
    assert extract(data, pages=pages)
    assert problem(data, pages=pages - 1) == (
        f"{pages} pages, more than {pages - 1}; split it first"
    )
    assert problem(data, characters=100) == "more than 100 characters of text; split it first"


def test_the_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert problem(pdf_bytes(LINES)) == (
        "reading PDF files needs pypdfium2: pip install pypdfium2, or save it as .docx"
    )


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_is_given_back() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    data, scan = pdf_bytes(LINES * 2), scan_bytes("")
    for _ in range(20):
        extract(data)
    before = resident()
    for _ in range(150):
        extract(data)
        problem(scan)
        problem(data[:3000])
    assert resident() - before < 8 << 20


# Properties

SAMPLES = [
    pdf_bytes(LINES, header="青岚县人民政府文件"),
    mapped_bytes("⼀、⼯作⻓效机制"),
    encrypted_bytes("全县办结案件。", ""),
    scan_bytes("", "全县办结行政复议案件。"),
]
TOKENS = [b"/Kids[3 0 R]", b"stream", b"endobj", b"obj<<", b"/Count 99999999", b"1e38", b"-0.0001"]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["byte", "cut", "token", "twice"])):
            case "byte":
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at : at + draw(st.integers(1, 300))]
                data = data or bytearray(b"%")
            case "token":
                data[at:at] = draw(st.sampled_from(TOKENS))
            case "twice":
                data[at:at] = data[at : at + draw(st.integers(1, 300))]
    return bytes(data)


@settings(deadline=None)
@given(mutated())
def test_damaged_files_are_read_or_refused(data: bytes) -> None:
    try:
        found = extract(data)
    except ReadError as error:
        assert "\n" not in str(error)
    else:
        assert found.text
        assert "\ufffd" not in found.text
