"""Mails: the body, coded headers and names, attachments as reports of their own."""

from __future__ import annotations

import base64
import sys
import types
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest

from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Blob, Extract, Limits
from gongwen.readers.detect import kind_of, read
from gongwen.readers.files import Source, find_sources, load
from gongwen.readers.mail.message import Mail, decoded_words, file_name, parse_mail
from gongwen.readers.mail.outlook import parse_outlook

BODY = "现将我局报告报上，请查收。\n全年办理行政处罚案件318件。\n"
REPORT = "甲县2021年工作总结\n一、主要举措\n全年办理行政处罚案件318件，其中听证24件。\n"


def raw(body: bytes, kind: str = 'text/plain; charset="utf-8"', more: str = "") -> bytes:
    """Return a mail with one part in base64."""
    head = (
        f"From: a@example.gov.cn\nTo: b@example.gov.cn\nSubject: x\n{more}MIME-Version: 1.0\n"
        f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n"
    )
    return head.encode() + base64.encodebytes(body)


def with_files(*files: tuple[str, bytes], body: str = BODY) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@b.cn", "c@d.cn", "报送材料"
    if body:
        mail.set_content(body)
    for name, data in files:
        mail.add_attachment(data, "application", "octet-stream", filename=name)
    return mail.as_bytes()


def only(data: bytes, name: str = "m.eml") -> Extract:
    [extract] = read(Blob(name, data))
    return extract


ENCODINGS = ("utf-8", "gb2312", "gbk", "gb18030", "big5", "hz")


@pytest.mark.parametrize("charset", ENCODINGS)
def test_bodies_of_every_charset(charset: str) -> None:
    text = "全年辦理案件318件。" if charset == "big5" else "全年办理行政处罚案件318件。"
    assert only(raw(text.encode(charset), f'text/plain; charset="{charset}"')).text.strip() == text


WRONG_CHARSETS = (
    ("gb2312", "朱镕基同志指出，全年办理行政处罚案件318件。", "gbk"),
    ("us-ascii", BODY, "gb18030"),
    ("iso-8859-1", BODY, "utf-8"),
    ("gb2312", BODY, "utf-8"),
    ("no-such-charset", BODY, "gb18030"),
    ("base64", BODY, "gb18030"),
)


@pytest.mark.parametrize(("declared", "text", "real"), WRONG_CHARSETS)
def test_charsets_that_are_declared_wrongly(declared: str, text: str, real: str) -> None:
    assert only(raw(text.encode(real), f"text/plain; charset={declared}")).text == text


def test_html_is_read_where_there_is_no_plain_text() -> None:
    page = "<html><body><p>一、主要举措</p><p>全年办理行政处罚案件318件。</p></body></html>"
    extract = only(raw(page.encode("gbk"), "text/html; charset=gbk"))
    assert [line for line in extract.text.split("\n") if line] == [
        "一、主要举措",
        "全年办理行政处罚案件318件。",
    ]


@pytest.mark.parametrize(("plain", "chosen"), [(REPORT, "plain"), ("请用浏览器查看", "html")])
def test_of_two_bodies_one_is_read(plain: str, chosen: str) -> None:
    mail = MIMEMultipart("alternative")
    mail["From"], mail["To"] = "a@b.cn", "c@d.cn"
    mail.attach(MIMEText(plain, "plain", "utf-8"))
    page = "".join(f"<p>{line}</p>" for line in f"{REPORT}网页".split("\n"))
    mail.attach(MIMEText(page, "html", "utf-8"))
    text = only(mail.as_bytes()).text
    assert ("网页" in text) == (chosen == "html")
    assert text.count("318件") == 1


def test_soft_line_breaks_of_flowed_text_are_taken_back() -> None:
    flowed = "rule of \nlaw\n第二段".encode()
    assert (
        only(raw(flowed, 'text/plain; charset="utf-8"; format=flowed')).text
        == "rule of law\n第二段"
    )


HEADERS = (
    ("=?gbk?B?sajLzcTqtsixqLjm?=", "报送年度报告"),
    ("=?utf-8?Q?=E6=8A=A5=E9=80=81?=", "报送"),
    # A character is cut between two words.
    ("=?gb2312?B?sajLzQ==?= =?gb2312?B?xOq2yLGouOY=?=", "报送年度报告"),
    ("=?utf-8?B?5oql6YCB5Q==?= =?utf-8?B?ubTluqY=?=", "报送年度"),
    ("=?utf-8?B?5oql?==?utf-8?B?6YCB?=", "报送"),
    ("报送年度报告".encode("gbk").decode("ascii", "surrogateescape"), "报送年度报告"),
    ("报送年度报告".encode().decode("ascii", "surrogateescape"), "报送年度报告"),
    ("plain words", "plain words"),
    ("=?broken", "=?broken"),
    ("=?x-unknown?B?sajLzQ==?=", "报送"),
)


@pytest.mark.parametrize(("coded", "text"), HEADERS)
def test_headers(coded: str, text: str) -> None:
    assert decoded_words(coded) == text


def named(disposition: bytes) -> str:
    data = (
        b"Content-Type: application/octet-stream\nContent-Disposition: attachment; " + disposition
    )
    from email import message_from_bytes

    return file_name(message_from_bytes(data + b"\n\nx"))


_GBK = "附件.docx".encode("gbk")
NAMES = (
    (b'filename="a.docx"', "a.docx"),
    (b"filename*=UTF-8''%E9%99%84%E4%BB%B6.docx", "附件.docx"),
    (b"filename*=gb2312''" + b"".join(b"%%%02X" % c for c in _GBK), "附件.docx"),
    (b"filename*0*=UTF-8''%E9%99%84; filename*1*=%E4%BB%B6.docx", "附件.docx"),
    (b'filename="=?gbk?B?' + base64.b64encode(_GBK) + b'?="', "附件.docx"),
    (b'filename="=?UTF-8?B?6ZmE?=\n =?UTF-8?B?5Lu2LmRvY3g=?="', "附件.docx"),
    (b'filename="' + _GBK + b'"', "附件.docx"),
    (b'filename="' + "附件.docx".encode() + b'"', "附件.docx"),
    (b'filename="C:\\\\Users\\\\a\\\\1.docx"', "1.docx"),
    (b'filename="../../etc/passwd"', "passwd"),
)


@pytest.mark.parametrize(("disposition", "name"), NAMES)
def test_names_of_attached_files(disposition: bytes, name: str) -> None:
    assert named(disposition) == name


def sources(path: Path) -> list[str]:
    return [
        item.name.removeprefix(f"{path.parent}/") if isinstance(item, Source) else f"! {item}"
        for item in find_sources([path])
    ]


def test_attachments_are_reports_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "上报.eml"
    path.write_bytes(
        with_files(
            ("附件.txt", REPORT.encode("gbk")), ("附件.txt", b"\xe7\x94\xb2"), ("a.png", b"x")
        )
    )
    assert sources(path) == ["上报.eml", "上报.eml!/附件 (2).txt", "上报.eml!/附件.txt"]
    data, _ = load(Source(path, ("附件.txt",)))
    assert data.decode("gbk") == REPORT


def test_a_mail_without_text_is_its_attachments(tmp_path: Path) -> None:
    path = tmp_path / "m.eml"
    path.write_bytes(with_files(("附件.txt", REPORT.encode()), body=""))
    assert sources(path) == ["m.eml!/附件.txt"]


def test_a_mail_is_known_without_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "上报"
    path.write_bytes(with_files(("附件.txt", REPORT.encode())))
    assert sources(path) == ["上报", "上报!/附件.txt"]


def test_a_forwarded_mail_has_its_own_attachments(tmp_path: Path) -> None:
    outer = EmailMessage()
    outer["From"], outer["To"], outer["Subject"] = "a@b.cn", "c@d.cn", "转发"
    outer.set_content("请阅。")
    outer.add_attachment(
        message_from_bytes(with_files(("附件.txt", REPORT.encode())), policy=policy.default)
    )
    path = tmp_path / "m.eml"
    path.write_bytes(outer.as_bytes())
    assert sources(path) == ["m.eml", "m.eml!/报送材料.eml", "m.eml!/报送材料.eml!/附件.txt"]


def test_headers_say_what_the_text_does_not() -> None:
    mail = EmailMessage()
    mail["From"] = str(Header("甲县司法局")) + " <a@b.cn>"
    mail["To"], mail["Subject"] = "c@d.cn", "转发：甲县2021年工作总结"
    mail["Date"] = "Wed, 05 Jan 2022 23:30:00 +0800"
    mail.set_content(BODY)
    assert dict(only(mail.as_bytes()).said) == {
        "title": "甲县2021年工作总结",
        "date": "2022-01-05",
        "agency": "甲县司法局",
    }
    mail.set_content(REPORT)
    assert "title" not in only(mail.as_bytes()).said


REFUSED = (
    ("no text", with_files(("a.png", b"x"), body=""), "no text in this mail"),
    ("winmail", with_files(("winmail.dat", b'x\x9f>"x'), body=""), "winmail.dat: .*TNEF"),
    ("bombs", b"From: a\nTo: b\nSubject: c\n" + b"X: boundary=1\n" * 1001 + b"\nx", "1000 parts"),
)


@pytest.mark.parametrize(("data", "words"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_cannot_be_read_is_one_line(data: bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words) as raised:
        only(data)
    assert "\n" not in str(raised.value)


def test_sealed_and_unknown_attachments_are_noted() -> None:
    extract = only(with_files(("winmail.dat", b"x"), ("数据.wk1", b"x"), ("图.png", b"x")))
    assert [note.partition(" ")[0] for note in extract.notes] == ["winmail.dat:", "attached"]
    assert "数据.wk1" in extract.notes[1] and "图.png" not in extract.notes[1]


KINDS = (
    (with_files(), "m.eml", "eml"),
    (with_files(), "m", "eml"),
    (raw(b"x", 'multipart/related; boundary="b"'), "m.mht", "eml"),
    (
        b"From: <Saved by Blink>\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/related;"
        b" boundary=b\n\n--b",
        "a.mht",
        "mhtml",
    ),
    ("To: 各镇\n甲县工作总结".encode(), "a.txt", "text"),
)


@pytest.mark.parametrize(("data", "name", "kind"), KINDS)
def test_the_kind_is_told_by_content(data: bytes, name: str, kind: str) -> None:
    assert kind_of(data, name) == kind


# -- Outlook ---------------------------------------------------------------------------------------


class _Attached:
    def __init__(self, name: str, data: Any) -> None:
        self.name, self.data = name, data

    def getFilename(self) -> str:  # noqa: N802  as the package calls it
        return self.name


class _Opened:
    subject, sender, body = "转发：甲县2021年工作总结", "甲县司法局 <a@b.cn>", BODY
    date, htmlBody = datetime(2022, 1, 5, tzinfo=UTC), None  # noqa: N815
    attachments = (_Attached("附件.txt", REPORT.encode()), _Attached("", None))

    def __enter__(self) -> _Opened:
        return self

    def __exit__(self, *_: object) -> None:
        return


@pytest.fixture
def outlook(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """Stand in for extract-msg, which the tests do not install."""
    module = types.ModuleType("extract_msg")
    module.openMsg = lambda data: _Opened()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "extract_msg", module)
    yield module


def test_a_mail_of_outlook(outlook: types.ModuleType) -> None:
    mail = parse_outlook(b"", "m.msg", Limits())
    assert (mail.text, mail.date, mail.sender) == (BODY, "2022-01-05", "甲县司法局")
    assert [a.name for a in mail.attachments] == ["附件.txt"]


def test_a_damaged_mail_of_outlook(
    outlook: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(data: bytes) -> None:
        raise KeyError("stream")

    monkeypatch.setattr(outlook, "openMsg", fail)
    with pytest.raises(ReadError, match="damaged, not a whole mail of Outlook"):
        parse_outlook(b"", "m.msg", Limits())


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "extract_msg", None)
    with pytest.raises(ReadError, match=r"pip install extract-msg"):
        parse_outlook(b"", "m.msg", Limits())


def test_parts_of_a_mail() -> None:
    mail = parse_mail(with_files(("附件.txt", b"x")), "m.eml", Limits())
    assert isinstance(mail, Mail) and mail.has_body and not mail.prefers_html
