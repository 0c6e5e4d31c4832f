"""Files whose text is damaged, coded or elsewhere: what is repaired, said and refused."""

from __future__ import annotations

import base64
import quopri
from email.header import Header
from urllib.parse import quote

import pytest
from make_docx import package, paragraph

from gongwen.catalog import use_language
from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Blob
from gongwen.readers.damage import document_notes
from gongwen.readers.detect import read
from gongwen.readers.mojibake import chinese_share, decode_mixed, decode_seven_bit, repair
from gongwen.translation import in_language

TITLE = "青石县2022年依法行政工作报告"
FIRST = "全年受理行政复议申请157件，审结149件。"
SECOND = "基层执法人员培训不够，部分乡镇没有配备法律顾问。"
TEXT = f"{TITLE}\n一、主要工作\n{FIRST}\n二、存在的问题\n{SECOND}\n"
TRADITIONAL = (
    "本縣各機關辦理訴願案件九件，駁回七件，撤銷原處分兩件。\n招標資料均已上網公告供民眾查閱。\n"
)
LONG = "\n".join(
    f"（{n}）第{n}季度召开会议{n + 3}次，研究解决问题{n * 7}个，群众反映良好。" for n in range(1, 9)
)


def windows(data: bytes) -> str:
    """Decode as browsers decode Latin-1: as cp1252, with control codes where that has none."""
    return "".join(
        chr(b) if b in b"\x81\x8d\x8f\x90\x9d" else bytes([b]).decode("cp1252") for b in data
    )


def notes_of(name: str, data: bytes | str) -> tuple[str, list[str]]:
    """Return the text of a file and all notes about it."""
    data = data.encode() if isinstance(data, str) else data
    [extract] = read(Blob(name, data))
    return extract.text, [*extract.notes, *document_notes(parse_document(extract.text))]


WRONGLY_DECODED = {
    "UTF-8 as Latin-1": (TEXT.encode().decode("latin-1"), "UTF-8 read as Latin-1"),
    "UTF-8 as cp1252": (windows(TEXT.encode()), "UTF-8 read as Latin-1"),
    "UTF-8 as Latin-1 twice": (windows(windows(TEXT.encode()).encode()), "twice"),
    "GBK as Latin-1": (TEXT.encode("gbk").decode("latin-1"), "GBK read as Latin-1"),
    "UTF-8 as Mac Roman": (TEXT.encode().decode("mac_roman"), "UTF-8 read as Mac Roman"),
    "UTF-8 as code page 437": (TEXT.encode().decode("cp437"), "UTF-8 read as code page 437"),
    "GBK as Big5": (
        "基层执法力量不足，镇村法律顾问作用发挥不够充分。\n".encode("gbk").decode("cp950") + TEXT,
        "GBK read as Big5",
    ),
    "Big5 as GBK": (TRADITIONAL.encode("big5").decode("gb18030"), "Big5 read as GBK"),
    "one line of many": (TEXT + "另外办结".encode().decode("latin-1"), "UTF-8 read as Latin-1"),
}


@pytest.mark.parametrize("case", WRONGLY_DECODED)
def test_what_was_decoded_wrongly_is_decoded_anew(case: str) -> None:
    text, mistake = WRONGLY_DECODED[case]
    found, notes = notes_of("a.txt", text)
    assert chinese_share(found) > 0.9
    assert any("damaged" in note and mistake in note and "repaired" in note for note in notes)
    assert not repair(found).lines


def test_utf8_that_was_read_as_gbk_keeps_all_but_the_lost_characters() -> None:
    damaged = TEXT.encode().decode("gb18030", "replace")
    for text in (damaged, damaged.replace("\ufffd", "?")):
        found, notes = notes_of("a.txt", text)
        assert "受理行政复议申请157件，审结149件" in found
        assert "部分乡镇没有配备法律顾问" in found
        assert "UTF-8 read as GBK" in notes[0] and "lost character" in " ".join(notes)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("HZ", TEXT.encode("hz")),
        ("UTF-7", TEXT.encode("utf-7")),
        (
            "ISO-2022-CN",
            b"\x1b$)A"
            + b"\n".join(
                b"\x0e" + bytes(b & 0x7F for b in line.encode("gb2312")) + b"\x0f"
                for line in ("青石县报告", "全年受理申请，审结案件。", "基层力量不足。")
            ),
        ),
    ],
)
def test_encodings_of_seven_bits_are_decoded(name: str, data: bytes) -> None:
    text, notes = notes_of("a.txt", data)
    assert "全年受理" in text and "基层" in text
    assert any(name in note and "decoded" in note for note in notes)


@pytest.mark.parametrize("data", [b"a~{b}~", b"1+1=2, C++ +abcd- and more", b"plain text"])
def test_what_looks_like_seven_bits_is_left_alone(data: bytes) -> None:
    assert decode_seven_bit(data) is None


def test_each_line_of_a_mixed_file_is_decoded_by_its_own_encoding() -> None:
    for encoding, more in (("gb18030", SECOND), ("cp950", "本縣辦理訴願案件九件，駁回七件。")):
        data = TEXT.encode() + f"{more}\n{more}\n".encode(encoding) + "完成任务。\n".encode()
        text, notes = notes_of("a.txt", data)
        assert text == f"{TEXT}{more}\n{more}\n完成任务。\n"
        assert any(
            "mixed encodings" in note and "on lines 6-7 (2 in all)" in note for note in notes
        )
    assert decode_mixed(TEXT.encode("gb18030")) is None
    text, notes = notes_of("a.txt", b"\xef\xbb\xbf" + TEXT.encode("gbk"))
    assert text == TEXT and "its mark says UTF-8" in notes[0]


def test_nul_bytes_are_left_out_of_text() -> None:
    text, notes = notes_of("a.txt", TEXT.replace("件", "件\0"))
    assert text == TEXT and "lost characters" in notes[0]
    assert notes_of("a.txt", TEXT.encode("utf-16-le")) == (TEXT, [])


CODED = {
    "base64": base64.encodebytes(TEXT.encode()).decode(),
    "base64 of GBK": base64.b64encode(TEXT.encode("gbk")).decode(),
    "base64 below text": "以下为正文。\n" + base64.encodebytes(TEXT.encode()).decode() + "完毕。",
    "quoted-printable": quopri.encodestring(TEXT.encode()).decode(),
    "quoted-printable of GBK": quopri.encodestring(TEXT.encode("gbk")).decode(),
    "RFC 2047": f"{Header(TITLE, 'utf-8').encode()}\n{TEXT.partition(chr(10))[2]}",
    "percent": quote(TEXT),
    "percent codes of GBK": quote(TEXT.encode("gbk")),
    "%uXXXX": "".join(f"%u{ord(c):04x}" if c > "\x7f" else c for c in TEXT),
    "uXXXX": TEXT.encode("unicode_escape").decode(),
    "xXX": "".join(f"\\x{b:02x}" if b > 0x7F else chr(b) for b in TEXT.encode()),
    "entities": TEXT.encode("ascii", "xmlcharrefreplace").decode(),
    "hexadecimal entities": "".join(f"&#x{ord(c):X};" if c > "\x7f" else c for c in TEXT),
    "tags": f"青石县<br/>{TEXT}<p class='a'>好</p><script>var a = 1;</script><!-- b -->",
}


@pytest.mark.parametrize("case", CODED)
def test_codes_in_a_text_are_decoded_and_said(case: str) -> None:
    text, notes = notes_of("a.txt", CODED[case])
    plain = "".join(text.split())
    assert "".join(FIRST.split()) in plain and TITLE in plain and SECOND in plain
    assert "<" not in text and "var a" not in text
    word = case.split()[0] if case != "hexadecimal entities" else "entities"
    assert any(word in note and ("decoded" in note or "left out" in note) for note in notes)


LEFT = {
    "JSON": f'{{\n "title": "{TITLE}",\n "content": "{FIRST}{SECOND}",\n',
    "XML tags": f"说明\n<doc><biaoti>{TITLE}</biaoti><zhengwen>{FIRST}</zhengwen></doc>",
    "RTF control words": f"前言 {{\\rtf1\\ansi\\pard\\fs24 {FIRST}\\par {SECOND}\\par}}",
    "LaTeX commands": f"\\section{{总体}}\n{FIRST}\n\\begin{{itemize}}{SECOND}\\end{{itemize}}",
    "CSS": f"{TEXT}.title{{color:red;font-size:12px;}}\n",
    "JavaScript": f"{TEXT}function share(){{ window.open('x'); }}\n",
}


@pytest.mark.parametrize("case", LEFT)
def test_markup_in_a_text_is_said(case: str) -> None:
    _, notes = notes_of("a.txt", LEFT[case])
    assert any(f"{case} left as text" in note and "on line" in note for note in notes)


SAID: dict[str, tuple[str | bytes, str]] = {
    "锟斤拷": (
        TEXT.replace("审结", "锟斤拷锟斤拷"),
        "characters were lost before (6, the first on line 3",
    ),
    "烫烫烫": (TEXT + "烫烫烫烫烫烫", "characters were lost"),
    "question marks": (
        TEXT.replace("行政", "????").replace("基层", "????"),
        "characters were lost",
    ),
    "private digits": (
        TEXT.replace("157", "\ue351\ue355\ue357"),
        "private-use characters (3: U+E351",
    ),
    "symbol font": (TEXT.replace("157", "\uf031\uf035\uf037"), "private-use characters (3: U+F031"),
    "a title": (TITLE, "no sentence in it, only a title"),
    "a table": ("青石县统计表\n项目\t数量\n行政复议\t157\n行政诉讼\t24\n", "no sentence in it"),
    "attachments": (
        f"{TITLE}\n附件下载：{TITLE}.docx",
        f"attachment: the report may be in the file {TITLE}.docx",
    ),
    "see attachment": (f"{TITLE}\n现将报告予以公布，详见附件。", "in another file (attachment)"),
    "one sentence": (f"{TITLE}\n{FIRST}", "only one sentence in it"),
    "English": (
        "The county government handled 157 cases in 2022. Most were settled.",
        "hardly any Chinese",
    ),
    "Uyghur": ("ناھىيەلىك ھۆكۈمەتنىڭ خىزمەت دوكلاتى ۋە پىلانى", "hardly any Chinese"),
    "cut sentence": (TEXT + "下一步，我们将继续加强执法队伍建", "middle of a sentence"),
    "cut character": (TEXT.encode() + "继续努力".encode()[:-1], "middle of a character"),
    "many times": (
        f"{TEXT}{SECOND}\n{SECOND}\n其他工作正在推进。\n{LONG}",
        "stands 3 times, on lines 5-7",
    ),
    "twice": (
        TEXT + LONG + "\n" + TEXT + LONG,
        "most of the text stands twice, the second time from line",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_wrong_with_a_text_is_said(case: str) -> None:
    data, expected = SAID[case]
    _, notes = notes_of("a.txt", data)
    assert any(expected in note for note in notes), notes


REFUSED = {
    "lost": ("锟斤拷锟斤拷2022锟斤拷\n锟斤拷锟斤拷锟斤拷", "nothing can be read"),
    "control codes dropped": (
        "".join(c for c in TEXT.encode().decode("latin-1") if not "\x80" <= c <= "\x9f"),
        "nothing can be read",
    ),
    "base64 of a picture": (
        base64.encodebytes(b"\x89PNG\r\n" + bytes(range(256))).decode(),
        "base64",
    ),
    "an error": ("404 Not Found\nnginx", "displays an error or asks for a login"),
    "a login": ("统一身份认证平台\n请先登录后再访问", "displays an error or asks for a login"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_text_of_which_nothing_can_be_read_is_refused(case: str) -> None:
    text, expected = REFUSED[case]
    with pytest.raises(ReadError, match=expected):
        list(read(Blob("a.txt", text.encode())))


def page(body: str, head: str = "") -> str:
    return f"<html><head><title>{TITLE}</title>{head}</head><body>{body}</body></html>"


BODY = "".join(f"<p>{line}</p>" for line in TEXT.split("\n"))
FONT = '<style>@font-face{{font-family:"{}";src:url(data:font/woff;base64,d09GRg==)}}</style>'
PAGES = {
    "link": (
        page(f'<h1>{TITLE}</h1><p>附件：<a href="/f/1.pdf">{TITLE}.pdf</a></p>'),
        "file /f/1.pdf",
    ),
    "pictures": (page(f'<h1>{TITLE}</h1><img src="/1.jpg"><img src="/2.jpg">'), "2 pictures"),
    "font": (page(BODY, FONT.format("hiddenNumbers")), "embedded font (hiddenNumbers)"),
    "cut": (
        page(BODY)[: -len("</body></html>")] + "<p>下一步，我们将继续加强<span sty",
        "middle of a tag",
    ),
    "only pictures": (
        '<html><body><img src="/1.jpg"></body></html>',
        "no text in this page, only 1 pict",
    ),
    "only a link": (
        '<html><body><a href="/f/1.docx"><img src="a.gif"></a></body></html>',
        "file /f/1.docx",
    ),
    "script": (
        "<html><body><noscript>请开启JavaScript</noscript></body></html>",
        "asks for a login",
    ),
    "captcha": ("<html><body><p>请输入验证码</p></body></html>", "asks for a login"),
    "missing": ("<html><body><p>抱歉，您访问的页面不存在</p></body></html>", "displays an error"),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_page_that_is_not_the_report_says_so(case: str) -> None:
    source, expected = PAGES[case]
    try:
        notes = notes_of("a.html", source)[1]
    except ReadError as error:
        notes = [str(error)]
    assert any(expected in note for note in notes), notes


QUIET = {
    "a report": TEXT,
    "traditional": f"青石縣2022年工作報告\n{TRADITIONAL}",
    "many digits": f"{TITLE}\n完成投资1,234.56万元、增长12.5%，其中一季度307.2、二季度318.4。\n"
    "编号为GB/T 2260-2007、QS-2022-0157的12项标准全部实施。",
    "Latin words": f"{TITLE}\n推广 Wi-Fi、APP 和 ERP，R&D 占 GDP 的 2.4%，A<B 且 C>D。\n{SECOND}",
    "names": f"{TITLE}\n县长艾力·吐尔逊、副县长次仁多吉、Mehmet Ömer 分别包抓重点案件。\n{SECOND}",
    "rare names": f"{TITLE}\n委员：翟璟、芮甯、亓犇、郗赟、靳喆、阚翀。\n{SECOND}\n{FIRST}",
    "minority script beside": f"{TITLE}（ناھىيە）\n{FIRST}\n{SECOND}",
    "a table": f"{TEXT}项目\t数量\t比上年\n行政复议\t157\t+12\n行政诉讼\t24\t-3\n",
    "links": f"{TEXT}详情见 https://www.example.gov.cn/%E6%B3%95%E6%B2%BB/index.html?a=1&b=2 。\n",
    "attachments of a report": f"{TEXT}{LONG}\n附件：1.统计表.xlsx\n2.名单.docx\n",
    "scald": f"{TITLE}\n开展防烫伤宣传36次，屯田镇、烫金厂参加。\n{SECOND}",
    "a name with 锟": f"{TITLE}\n县长李锟包抓重点案件。\n{SECOND}",
    "questions": f"{TITLE}\n为什么？怎么办??\n{FIRST}{SECOND}",
    "bullets": f"{TITLE}\n\uf06c {FIRST}\n\uf0d8 {SECOND}\n",
    "signed": f"{TEXT}青石县人民政府\n2023年1月15日\n",
    "circled": f"{TITLE}\n①推进改革；②优化服务——成效明显…\n{SECOND}§±×÷°·\n{FIRST}",
    "login named": f"{TEXT}{LONG}\n网民登录政府网站提问157次，验证码短信平台已建成。\n",
    "braces": f"{TITLE}\n其中{{三项制度}}全面推行，“三定”：定岗、定责、定人。\n{SECOND}",
}


@pytest.mark.parametrize("case", QUIET)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_nothing_is_said_of_a_text_without_damage(case: str, encoding: str) -> None:
    text, notes = notes_of("a.txt", QUIET[case].encode(encoding))
    assert (text, notes) == (QUIET[case], [])


def test_nothing_is_said_of_pages_with_logos_icons_and_attachments() -> None:
    paragraphs = BODY + "".join(f"<p>{line}</p>" for line in LONG.split("\n"))
    furniture = '<img src="/logo.png"><img src="/share.png"><a href="/a.pdf">统计表</a>'
    text, notes = notes_of("a.html", page(furniture + paragraphs, FONT.format("iconfont")))
    assert FIRST in text and notes == []


def test_a_word_file_with_pictures_only_or_mostly_says_so() -> None:
    picture = '<w:r><w:drawing><a:blip xmlns:a="urn:a" r:embed="rId{}"/></w:drawing></w:r>'
    pictures = "".join(f"<w:p>{picture.format(n)}</w:p>" for n in range(4))
    _, notes = notes_of("a.docx", package(paragraph(TITLE) + pictures))
    assert any("4 pictures" in note for note in notes)
    long = "".join(map(paragraph, (*TEXT.split("\n"), *LONG.split("\n"))))
    one = f"<w:p>{picture.format(1)}</w:p>"
    assert notes_of("a.docx", package(long + one))[1] == []


def test_notes_are_shown_in_the_language_of_the_user() -> None:
    _, notes = notes_of("a.txt", TITLE)
    try:
        use_language("zh")
        assert in_language("another note: {} (1)") == "another note: {} (1)"
        assert in_language(notes[0]) != ""
    finally:
        use_language("en")
    assert in_language(notes[0]) == notes[0]
