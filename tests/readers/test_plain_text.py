"""Plain text: which encoding it is in, and what is left of it when it is damaged."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice, takewhile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Blob
from gongwen.readers.detect import kind_of, read
from gongwen.readers.plain_text import decode, detect_encoding, with_rows

SIMPLIFIED = """\
一、加强组织领导，压实法治建设责任
县委、县政府主要负责同志切实履行推进法治建设第一责任人职责，全年召开专题会议6次。
（二）行政执法“三项制度”全面推行，公示执法信息1,203条，抽查案卷87宗。
各乡镇（街道）配齐法律顾问，审查合同、协议等文件四百余件；对不合法的一律退回。
群众来信来访比上年下降12.5%，矛盾纠纷调处成功率达98.6%以上。
存在的主要问题：一是基层执法力量薄弱，二是部分干部运用法治思维的能力还不强。
下一步，我们将认真贯彻落实上级部署，把《条例》学深学透，努力让人民满意。
"""
TRADITIONAL = """\
一、加強組織領導，落實依法行政責任
全縣各機關依規定辦理訴願案件4件，駁回2件，撤銷原處分1件，另1件尚在審議。
（二）公開招標、採購及補助事項均已上網公告，供民眾查閱。
對於執行職務所遇困難，已請法律顧問提供書面意見，並列入會議紀錄。
今後將持續檢討改進，務使民眾感受到政府的誠意與效率。
"""
ENCODINGS = (
    ("utf-8", SIMPLIFIED),
    ("utf-8-sig", SIMPLIFIED),
    ("gb18030", SIMPLIFIED),
    ("gb18030", TRADITIONAL),
    ("gbk", TRADITIONAL),
    ("gb2312", SIMPLIFIED),
    ("big5", TRADITIONAL),
    ("cp950", TRADITIONAL),
    ("big5hkscs", TRADITIONAL + "呢啲嘢冇人咁做，佢哋喺度。\n"),
    ("utf-16", SIMPLIFIED),
    ("utf-16-le", SIMPLIFIED),
    ("utf-16-be", TRADITIONAL),
    ("utf-32", SIMPLIFIED),
)


@pytest.mark.parametrize(("encoding", "text"), ENCODINGS)
def test_an_encoding_is_recognised(encoding: str, text: str) -> None:
    decoded = decode(text.encode(encoding), "报告.txt")
    assert decoded.text == text
    assert decoded.notes == ()


@pytest.mark.parametrize(("encoding", "text"), ENCODINGS)
def test_an_encoding_can_be_forced(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), "报告.txt", encoding).text == text


@pytest.mark.parametrize(
    ("said", "written", "text"),
    [("gb2312", "gb18030", "朱镕基 𠮷"), ("gbk", "gb18030", "㐂䶮"), ("big5", "cp950", "裏恒粧")],
)
def test_an_encoding_stands_for_what_it_grew_to(said: str, written: str, text: str) -> None:
    with pytest.raises(UnicodeEncodeError):
        text.encode(said)
    assert decode(text.encode(written), "a.txt", said).text == text


def pieces(text: str, encoding: str, size: int, number: int) -> Iterator[str]:
    """Yield pieces of ``text``, each of about ``size`` bytes and with hanzi in it."""
    chance = random.Random(f"{encoding} {size}")
    text = text.encode(encoding, "ignore").decode(encoding)
    while number:
        start = chance.randrange(max(1, len(text) - size // 2))
        piece = text[start : start + size // 2]
        if sum("一" <= char <= "鿿" for char in piece) > 3:
            number -= 1
            yield piece


def share_recognised(text: str, encoding: str, size: int, number: int) -> float:
    found = (decoded(p.encode(encoding)) == p for p in pieces(text, encoding, size, number))
    return sum(found) / number


def decoded(data: bytes) -> str:
    try:
        return decode(data, "a.txt").text
    except ReadError:
        return ""


@pytest.mark.parametrize("encoding", ["gb18030", "cp950", "utf-16-le", "utf-16-be"])
def test_twenty_bytes_are_enough(encoding: str) -> None:
    text = TRADITIONAL if encoding == "cp950" else SIMPLIFIED
    assert share_recognised(text, encoding, 20, 300) >= 0.99


@pytest.mark.parametrize("encoding", ["gb18030", "cp950", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [50, 200, 1000, 1 << 20])
def test_pieces_of_real_reports_are_recognised(
    shared_reports: list[Path], encoding: str, size: int
) -> None:
    text = "\n".join(path.read_text("utf-8") for path in shared_reports[::6])
    assert share_recognised(text, encoding, size, 100 if size < 1 << 20 else 1) >= 0.99


def test_a_few_chinese_words_in_a_page_of_ascii_are_enough() -> None:
    text = "Annual report 2020\nhttp://example.org/a?b=1\n" * 20 + "县政府\n"
    for encoding in ("gb18030", "utf-16-le", "utf-16-be"):
        assert decode(text.encode(encoding), "a.txt").text == text


@pytest.mark.parametrize(
    ("data", "encoding", "said"),
    [
        (bytes(range(256)) * 20, None, "a binary file, not text; save it as .txt first"),
        ("法治".encode() + b"\0\1\2\3" * 9, None, "a binary file"),
        (b"caf\xe9, d\xe9j\xe0 vu, \xe0 l'\xe9t\xe9", None, "not text in a known encoding"),
        (SIMPLIFIED.encode("gb18030"), "utf-8", "not utf-8 (byte 2); try another --encoding"),
        (SIMPLIFIED.encode("gb18030"), "ascii", "not ascii"),
        (b"abc", "没有", "unknown encoding '没有'; try utf-8, gb18030 or big5"),
        (b"abc", "rot13", "unknown encoding 'rot13'"),
        (b"abc", "a\0b", "unknown encoding"),
    ],
)
def test_what_is_not_text_is_refused(data: bytes, encoding: str | None, said: str) -> None:
    with pytest.raises(ReadError) as error:
        decode(data, "甲.txt", encoding)
    assert str(error.value).startswith("甲.txt: ")
    assert said in str(error.value)


# -- damage ----------------------------------------------------------------------------------------


def test_bad_bytes_are_left_out_and_their_place_is_noted() -> None:
    data = ("第一段。\n" * 60 + "甲乙丙\n" + "第末段。\n" * 60).encode()
    place = data.index("乙".encode())
    decoded = decode(data[:place] + b"\xff\xfe" + data[place:] + b"\xe6\xb3", "a.txt")
    assert decoded.text == data.decode()
    [note] = decoded.notes
    assert note == f"damaged: 4 bytes left out, the first at byte {place} (line 61)"


def test_a_last_character_that_is_cut_off_is_left_out() -> None:
    for encoding in ("utf-8", "gb18030", "utf-16-le", "cp950"):
        text = TRADITIONAL.strip().removesuffix("。")
        data = text.encode(encoding)
        decoded = decode(data[:-1], "a.txt")
        assert decoded.text == text[:-1]
        [note] = decoded.notes
        left_out = len(data) - 1 - len(text[:-1].encode(encoding))
        start = len(data) - 1 - left_out
        what = "1 byte left out," if left_out == 1 else f"{left_out} bytes left out, the first"
        assert note == (
            f"damaged: {what} at byte {start} (line 5); the file ends in the middle of a"
            " character: cut off? get it again"
        )


def test_the_byte_order_mark_counts_in_the_place_of_damage() -> None:
    data = SIMPLIFIED.encode("utf-8-sig")
    [note] = decode(data + b"\xff", "a.txt").notes
    assert f"at byte {len(data)} (line 8)" in note


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(line_end: str) -> None:
    data = SIMPLIFIED.replace("\n", line_end).encode() + b"\xff"
    assert "(line 8)" in decode(data, "a.txt").notes[0]


def test_a_lone_surrogate_in_utf16_is_damage() -> None:
    data = SIMPLIFIED.encode("utf-16") + b"\x00\xd8" + "完。".encode("utf-16-le")
    decoded = decode(data, "a.txt")
    assert decoded.text == SIMPLIFIED + "完。"
    assert decoded.notes[0].startswith("damaged: 2 bytes left out")


def test_what_is_mostly_damage_is_refused() -> None:
    data = bytearray(SIMPLIFIED.encode() * 5)
    for place in range(0, len(data), 40):
        data[place] = 0xFF
    with pytest.raises(ReadError, match=r"a.txt: too damaged to be read as utf-8 \(from byte 0"):
        decode(bytes(data), "a.txt")


def differences(text: str, read: str) -> int:
    """Return how many characters lie between what ``text`` and ``read`` begin and end with."""

    def same(one: str, other: str) -> int:
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other)))  # noqa: B905

    start = same(text, read)
    end = same(text[start:][::-1], read[start:][::-1])
    return max(len(text), len(read)) - start - end


@pytest.mark.parametrize("lost", ["dropped", "replaced"])
def test_gb18030_comes_back_into_step_after_a_lost_byte(lost: str) -> None:
    """Unmended, all characters up to the next ASCII one are others: 40 or more in a paragraph."""
    text = (SIMPLIFIED.replace("\n", "") + "\n") * 6
    for place in range(200, 1600, 97):
        data = bytearray(text.encode("gb18030"))
        if lost == "dropped":
            del data[place]
        else:
            data[place] ^= 0x80
        decoded = decode(bytes(data), "a.txt")
        assert decoded.encoding == "gb18030"
        assert differences(text, decoded.text) <= 8, place


def test_gb18030_is_mended_in_a_real_report(shared_reports: list[Path]) -> None:
    text = max((path.read_text("utf-8") for path in shared_reports), key=len)[:20_000]
    data = bytearray(text.encode("gb18030"))
    places = list(islice(range(999, len(data), 4_001), 9))
    for place in reversed(places):
        del data[place]
    decoded = decode(bytes(data), "a.txt")
    lines = zip(text.split("\n"), decoded.text.split("\n"), strict=False)
    wrong = sum(differences(a, b) for a, b in lines if a != b)
    assert wrong <= 6 * len(places)
    assert decoded.notes


def test_lines_that_are_not_damaged_stay_as_they_are_beside_one_that_is() -> None:
    rare = "龘靐齉爨灪麤鱻，" * 5
    data = f"{rare}\n{SIMPLIFIED * 4}".encode("gb18030") + b"\xff"
    assert decode(data, "a.txt").text == f"{rare}\n{SIMPLIFIED * 4}"


# -- properties ------------------------------------------------------------------------------------


@settings(deadline=None)  # some examples load a reader
@given(st.binary(max_size=300), st.sampled_from([None, "gb18030", "utf-8", "utf-16", "cp1252"]))
def test_any_bytes_give_clean_text_or_one_clear_error(data: bytes, encoding: str | None) -> None:
    if kind_of(data, "a.txt") in ("doc", "rtf", "odt", "wordxml"):
        return  # these start LibreOffice
    try:
        extracts = list(read(Blob("a.txt", data, encoding)))
    except ReadError as error:
        assert "\n" not in str(error)
        return
    for extract in extracts:
        extract.text.encode("utf-8")
        assert not set(extract.text) & set("\0\r\ufffd\ufeff\x0b\x0c\x1a")


@given(st.text("的一是在不了有和人这中大为上个国政府报告，。：；（）0123456789 \n", min_size=12))
def test_common_text_is_read_as_it_was_written(text: str) -> None:
    for encoding in ("utf-8", "gb18030"):
        assert decode(text.encode(encoding), "a.txt").text == text


@given(st.binary(min_size=100, max_size=400))
def test_random_bytes_are_not_taken_for_chinese(data: bytes) -> None:
    assert detect_encoding(random.Random(data).randbytes(200)) is None


@pytest.mark.parametrize(
    ("lines", "made"),
    [
        ("单位 件数 甲局 12 乙局 8 以上。", "单位\t件数 甲局\t12 乙局\t8 以上。"),
        ("表1 单位 立案 结案 甲局 12 9 乙局 — 8", "表1 单位\t立案\t结案 甲局\t12\t9 乙局\t—\t8"),
        ("序号 单位 占比 1 甲局 9.5% 2 乙局 8%", "序号\t单位\t占比 1\t甲局\t9.5% 2\t乙局\t8%"),
        ("年份 件数 2020 12 2021 1,318", "年份\t件数 2020\t12 2021\t1,318"),
        ("单位 立案 金额 甲局 _ 12 乙局 8 _", "单位\t立案\t金额 甲局\t\t12 乙局\t8\t"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_cells_in_lines_of_their_own(lines: str, made: str, end: str) -> None:
    text = lines.replace("_", "").replace(" ", end)
    assert with_rows(text) == made.replace(" ", end)


@pytest.mark.parametrize(
    "lines",
    [
        "王小明 李大伟 张建国 刘志强 陈文华 杨秀英",
        "目录 一、总体情况 1 二、存在问题 3 三、下一步打算 5",
        "单位 件数 甲局 12",
        "一、总体情况 全年办案12件。 二、存在问题 力量不足。 三、打算 加强。",
        "武功县司法局 2021年1月8日",
        "立案数 412 结案数 398 罚没数 156",
    ],
)
def test_lines_that_are_no_cells(lines: str) -> None:
    text = lines.replace(" ", "\n")
    assert with_rows(text) == text
