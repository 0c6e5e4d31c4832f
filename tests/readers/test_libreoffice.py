"""What only LibreOffice reads; skipped where it is not installed."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from xml.sax.saxutils import escape

import pytest
from waiting import wait_until

from gongwen.nlp import split_sentences
from gongwen.nlp.errors import ReadError
from gongwen.readers import libreoffice
from gongwen.readers.base import Blob, Limits
from gongwen.readers.detect import kind_of, read
from gongwen.readers.libreoffice import find_soffice

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
RTF = rb"{\rtf1\ansi %s\par}"


@pytest.fixture(scope="session")
def soffice() -> str:
    program = find_soffice()
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    return program


@pytest.fixture(scope="session")
def old_word_file(soffice: str, seed_text: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The seed report as .doc."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "a.txt").write_text(seed_text, "utf-8-sig")
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile}", "--headless", "--convert-to",
         "doc:MS Word 97", "--outdir", str(folder), str(folder / "a.txt")],
        check=True, capture_output=True,
    )  # fmt: skip
    return (folder / "a.doc").read_bytes()


def rich_text(text: str) -> bytes:
    units = struct.iter_unpack("<h", text.encode("utf-16-le"))
    return RTF % "".join(r"\par " if u == 10 else rf"\u{u}?" for (u,) in units).encode()


def open_document(text: str) -> bytes:
    return open_document_of("".join(f"<text:p>{escape(x)}</text:p>" for x in text.splitlines()))


def open_document_of(body: str) -> bytes:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    media = "application/vnd.oasis.opendocument.text"
    known = {"office": "office", "text": "text", "draw": "drawing", "svg": "svg-compatible"}
    spaces = "".join(f' xmlns:{short}="{names}:{name}:1.0"' for short, name in known.items())
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("mimetype", media)
        archive.writestr(
            "content.xml",
            f'<office:document-content{spaces} xmlns:xlink="http://www.w3.org/1999/xlink"'
            f' office:version="1.2"><office:body><office:text>{body}</office:text></office:body>'
            "</office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"><manifest:file-entry'
            f' manifest:full-path="/" manifest:media-type="{media}"/><manifest:file-entry'
            ' manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
            "</manifest:manifest>",
        )
    return whole.getvalue()


def word_xml(text: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{escape(x)}</w:t></w:r></w:p>" for x in text.splitlines())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Word.Document"?>'
        '<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">'
        f"<w:body>{body}</w:body></w:wordDocument>"
    ).encode()


def check_sentences(data: bytes, kind: str, text: str) -> None:
    assert kind_of(data, "报告.wps") == kind
    [extract] = read(Blob("报告.wps", data))
    read_back = [sentence.text for sentence in split_sentences(extract.text)]
    assert read_back == [sentence.text for sentence in split_sentences(text)]
    assert extract.notes == ()


def test_an_old_word_file_has_the_sentences_of_its_text(
    old_word_file: bytes, seed_text: str
) -> None:
    check_sentences(old_word_file, "doc", seed_text)


@pytest.mark.parametrize(
    ("written", "kind"), [(rich_text, "rtf"), (open_document, "odt"), (word_xml, "wordxml")]
)
def test_other_files_have_the_sentences_of_their_text(
    soffice: str, seed_text: str, written: Callable[[str], bytes], kind: str
) -> None:
    check_sentences(written(seed_text), kind, seed_text)


def escaped(text: str) -> str:
    return "".join(char if char.isascii() else rf"\u{ord(char)}?" for char in text)


LABEL_LAST, LABEL_FIRST = "{0}{1}", "{1}{0}"
MARKS = [(r"\'a1\'a2", LABEL_LAST), (r"\u12289?", LABEL_FIRST), (r"\'3f", LABEL_LAST)]
MORE_MARKS = [(r"\'a1\'a2", LABEL_FIRST), (r"\u12289?", LABEL_LAST), (r"\'3f", LABEL_FIRST)]
MORE_MARKS += [(r"\u12289\'3f", LABEL_FIRST), (r"\u12289\'3f", LABEL_LAST)]


@pytest.mark.parametrize(
    ("mark", "order"), [*MARKS, *(pytest.param(*one, marks=pytest.mark.slow) for one in MORE_MARKS)]
)
def test_numbers_of_lists_in_rich_text(soffice: str, mark: str, order: str) -> None:
    """LibreOffice itself writes ? for a mark that it cannot encode, as in the last case."""
    list_table = (
        r"{\*\listtable{\list\listtemplateid1{\listlevel\levelnfc39\levelstartat1\levelfollow2"
        rf"{{\leveltext \'02\'00{mark};}}{{\levelnumbers\'01;}}}}\listid7}}}}"
        r"{\*\listoverridetable{\listoverride\listid7\listoverridecount0\ls1}}"
    )
    body = "".join(
        r"\pard\plain\s1"
        + order.format(r"\ls1\ilvl0", rf"{{\listtext\pard\plain {escaped(label)}\tab}}")
        + rf"{{{escaped(text)}}}\par"
        for label, text in (("一、", "总体情况"), ("二、", "存在问题"))
    )
    styles = r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}}"
    data = rf"{{\rtf1\ansi\ansicpg936{styles}{list_table}{body}}}".encode()
    [extract] = read(Blob("报告.rtf", data))
    assert extract.text.splitlines() == ["一、总体情况", "二、存在问题"]
    assert [(block.kind, block.level) for block in extract.blocks] == [("heading", 1)] * 2


@pytest.mark.parametrize(
    ("data", "name", "suffix"),
    [
        (OLE + "WordDocument".encode("utf-16-le"), "a.doc", ".doc"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.WPS", ".wps"),
        (RTF % b"a", "a.rtf", ".rtf"),
        (RTF % b"a", "a", ".rtf"),
    ],
)
def test_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch, data: bytes, name: str, suffix: str
) -> None:
    monkeypatch.setattr(libreoffice, "find_soffice", lambda: None)
    with pytest.raises(ReadError) as error:
        list(read(Blob(name, data)))
    assert str(error.value) == (
        f"{name}: reading {suffix} files needs LibreOffice (soffice); install it, or save the file"
        " as .docx"
    )


def test_it_is_found_outside_of_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "soffice"
    program.touch()
    monkeypatch.setattr(libreoffice.shutil, "which", lambda name: None)
    monkeypatch.setattr(libreoffice, "_USUAL_PATHS", ("/nowhere/soffice",))
    assert find_soffice() is None
    monkeypatch.setattr(libreoffice, "_USUAL_PATHS", ("/nowhere/soffice", str(program)))
    assert find_soffice() == str(program)


def test_a_damaged_file_is_refused_and_never_taken_for_text(
    soffice: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(libreoffice.tempfile, "tempdir", str(tmp_path))
    data = OLE + bytes(504) + "WordDocument".encode("utf-16-le") + "法治".encode() * 999
    with pytest.raises(ReadError, match=r"a\.doc: damaged, protected, or unknown to LibreOffice"):
        list(read(Blob("a.doc", data)))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_cut_off_is_refused(old_word_file: bytes) -> None:
    data = old_word_file[: len(old_word_file) // 2]
    with pytest.raises(ReadError, match=r"a\.doc: a damaged or unknown file of an office program"):
        list(read(Blob("a.doc", data)))


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server on this machine, and what it is asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()


def test_nothing_that_a_file_links_to_is_fetched(
    soffice: str, tmp_path: Path, asked: tuple[str, list[str]]
) -> None:
    """Left to itself, LibreOffice fetches the picture, to keep it in the .docx."""
    address, paths = asked
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    data = open_document_of(f"""\
<text:p>甲<draw:frame svg:width="3cm" svg:height="3cm"><draw:image xlink:href="{address}/a.png"
 xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p>
<text:section text:name="s"><text:section-source xlink:href="{secret.as_uri()}"
 xlink:type="simple" xlink:show="embed"/><text:p>乙</text:p></text:section>""")
    [extract] = read(Blob("a.odt", data))
    assert extract.text.split() == ["甲", "乙"]
    assert paths == []


def test_what_takes_too_long_is_ended_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if os.name == "nt":
        pytest.skip("needs a shell")
    program = tmp_path / "soffice"
    started = tmp_path / "child"
    program.write_text(
        f"#!/bin/sh\nsleep 100000 &\necho $! > {started}.new\nmv {started}.new {started}\nwait\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(libreoffice, "find_soffice", lambda: str(program))
    wait = subprocess.Popen.wait

    def late(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout is not None:
            wait_until(started.exists)
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", late)
    with pytest.raises(ReadError, match=r"a\.rtf: LibreOffice took more than 0\.75 seconds"):
        list(read(Blob("a.rtf", RTF % b"a", limits=Limits(seconds=1))))
    child = int(started.read_text())
    wait_until(lambda: not _is_running(child))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")
