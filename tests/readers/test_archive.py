"""Zip archives that lie: no more is unpacked than they say, and what is wrong is said."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.errors import ReadError
from gongwen.readers.archive import Archive
from gongwen.readers.base import Limits

TEXT = "全县法治建设稳步推进。\n".encode() * 9


@dataclass(frozen=True)
class Member:
    """A member of an archive that is written byte by byte, so that it can say anything.

    Attributes:
        name: as its bytes.
        data: as it is stored.
        size: what it says that it unpacks to, ``None`` for the truth.
        checksum: of what it unpacks to.
        method: how it is packed.
        flags: bit 0 encrypted, bit 11 a name in UTF-8.
        at: offset of another member whose bytes these are.
    """

    name: bytes
    data: bytes
    size: int | None = None
    checksum: int = 0
    method: int = 8
    flags: int = 0x800
    at: int | None = None


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def member(name: str, data: bytes = TEXT, **changes: object) -> Member:
    said = {"size": len(data), "checksum": zlib.crc32(data), **changes}
    return Member(name.encode(), deflated(data), **said)  # type: ignore[arg-type]


def written(*members: Member, count: int | None = None, length: int | None = None) -> bytes:
    whole, directory = b"", b""
    for m in members:
        fixed = struct.pack(
            "<HHHHHIIIHH",
            20, m.flags, m.method, 0, 0, m.checksum, len(m.data), m.size or 0, len(m.name), 0,
        )  # fmt: skip
        at = len(whole) if m.at is None else m.at
        if m.at is None:
            whole += b"PK\3\4" + fixed + m.name + m.data
        directory += b"PK\1\2\0\0" + fixed + struct.pack("<HHHII", 0, 0, 0, 0, at) + m.name
    end = struct.pack(
        "<HHHHIIH",
        0, 0, len(members) & 0xFFFF, len(members) & 0xFFFF,
        len(directory) if length is None else length, len(whole), 0,
    )  # fmt: skip
    return whole + directory + b"PK\5\6" + end


def opened(data: bytes, limits: Limits | None = None) -> Archive:
    return Archive(partial(io.BytesIO, data), "甲.zip", limits or Limits())


def zipped(*names: str, data: bytes = TEXT, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        for name in names:
            archive.writestr(name, data)
    return whole.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("data", [b"", b"a", TEXT, bytes(1 << 20)])
def test_what_was_packed_is_read(method: int, data: bytes) -> None:
    archive = opened(zipped("b.txt", "a/", "甲/一.txt", data=data, method=method))
    assert archive.paths == ["b.txt", "甲/一.txt"]
    assert [archive.read(path) for path in archive.paths] == [data] * 2
    assert archive.size("b.txt") == len(data)


def test_the_writer_of_these_tests_writes_archives() -> None:
    data = written(member("甲.txt"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("甲.txt") == TEXT
    assert opened(data).read("甲.txt") == TEXT


def test_an_archive_behind_other_bytes_is_read() -> None:
    assert opened(b"#!/bin/sh\n" + zipped("a.txt")).read("a.txt") == TEXT


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ["二〇二〇年总结.docx", "甲县.txt"]),
        ("gb18030", ["二〇二〇年法治政府建设情况报告.docx", "盱眙县.txt", "a.txt"]),
        ("gb18030", ["报告.txt"]),
        ("cp950", ["一百零九年工作報告與統計資料.docx", "臺東縣政府.txt"]),
        ("cp437", ["résumé.txt"]),
    ],
)
def test_names_without_a_mark_are_in_the_encoding_of_where_they_were_packed(
    encoding: str, names: list[str]
) -> None:
    plain = member("", flags=0)
    archive = opened(written(*(replace(plain, name=name.encode(encoding)) for name in names)))
    assert archive.paths == sorted(names)
    assert archive.read(names[0]) == TEXT


def test_of_two_members_with_one_name_the_last_counts() -> None:
    assert opened(written(member("a.txt", b"1"), member("a.txt", b"2"))).read("a.txt") == b"2"


# -- what it is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["[Content_Types].xml", "word/document.xml"], "docx"),
        (["[Content_Types].xml", "xl/workbook.xml"], "xlsx"),
        (["[Content_Types].xml", "ppt/presentation.xml"], "pptx"),
        (["OFD.xml", "Doc_0/Document.xml"], "ofd"),
        (["word/document.xml"], "zip"),
        (["mimetype", "a.txt"], "zip"),
        ([], "zip"),
    ],
)
def test_a_kind_shows_in_the_parts(names: list[str], kind: str) -> None:
    assert opened(zipped(*names)).kind == kind


@pytest.mark.parametrize(("what", "kind"), [("text", "odt"), ("spreadsheet", "odf")])
def test_open_documents_say_what_they_are(what: str, kind: str) -> None:
    said = f"application/vnd.oasis.opendocument.{what}".encode()
    assert opened(zipped("mimetype", data=said, method=zipfile.ZIP_STORED)).kind == kind


# -- harm ------------------------------------------------------------------------------------------


def peak(action: Callable[[], object]) -> int:
    """Return the bytes that ``action`` needs at once."""
    tracemalloc.start()
    try:
        action()
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most


@cache
def bomb(megabytes: int) -> bytes:
    """Return packed zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(megabytes)]
    return b"".join(parts) + packer.flush()


def test_a_bomb_that_says_so_is_not_unpacked() -> None:
    archive = opened(written(Member(b"a.txt", bomb(256), size=256 << 20)))
    with pytest.raises(ReadError, match=r"甲\.zip!/a\.txt: larger than 64 MB; split it first"):
        archive.read("a.txt")
    with pytest.raises(ReadError, match="unpacks to more than 128 MB"):
        large = Member(b"a", bomb(256), size=256 << 20)
        opened(written(large), Limits(unpacked_bytes=128 << 20)).check()


@pytest.mark.parametrize("checksum", [0, zlib.crc32(bytes(1000))])
def test_a_bomb_that_says_that_it_is_small_is_not_unpacked(checksum: int) -> None:
    archive = opened(written(Member(b"a.txt", bomb(256), 1000, checksum)))

    def read() -> None:
        for act in (lambda: archive.read("a.txt"), archive.check):
            with pytest.raises(ReadError, match=r"a\.txt: damaged in the archive"):
                act()

    assert peak(read) < 4 << 20


def test_packed_bytes_that_unpack_to_nothing_do_not_cost_time() -> None:
    nothing = b"\0\0\0\xff\xff" * (1 << 20)
    archive = opened(written(Member(b"a.txt", nothing + deflated(b"a"), 1, zlib.crc32(b"a"))))
    with pytest.raises(ReadError, match="damaged"):
        archive.read("a.txt")


def test_members_that_share_their_bytes_are_counted_one_by_one() -> None:
    data = bytes(1 << 20)
    first = member("0.txt", data)
    others = [
        Member(b"%d.txt" % n, first.data, first.size, first.checksum, at=0) for n in range(1, 600)
    ]
    archive = opened(written(first, *others))
    assert archive.read("599.txt") == data
    assert sum(map(archive.size, archive.paths)) == 600 << 20
    with pytest.raises(ReadError, match="unpacks to more than 512 MB"):
        archive.check()


def test_a_directory_without_end_is_not_read() -> None:
    many = written(*(Member(b"%d" % n, b"") for n in range(20_001)))

    def read() -> None:
        with pytest.raises(ReadError, match=r"甲\.zip: more than 100 files in it; unpack it first"):
            opened(many, Limits(members=100))

    assert peak(read) < 4 << 20
    with pytest.raises(ReadError, match="more than 20000 files"):
        opened(many)


@pytest.mark.parametrize("length", [7, 0xFFFFFFFE, 0xFFFFFFFF])
def test_a_directory_of_a_false_length_is_damage(length: int) -> None:
    with pytest.raises(ReadError, match=r"甲\.zip: (damaged|more than)"):
        opened(written(member("a.txt"), length=length)).read("a.txt")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"flags": 0x801}, "encrypted; unpack it first"),
        ({"method": zipfile.ZIP_LZMA}, "packed in a way that gongwen does not read"),
        ({"method": zipfile.ZIP_BZIP2}, "packed in a way that gongwen does not read"),
        ({"method": 9}, "packed in a way that gongwen does not read"),
        ({"checksum": 1}, "damaged in the archive; get it again"),
        ({"size": 5}, "damaged"),
        ({"size": 5000}, "damaged"),
        ({"at": 9}, "damaged"),
        ({"at": 1 << 31}, "damaged"),
    ],
)
def test_what_is_wrong_with_a_member_is_said(changes: dict[str, int], said: str) -> None:
    archive = opened(written(member("甲\n.txt", **changes), member("b.txt")))
    with pytest.raises(ReadError) as error:
        archive.read("甲\n.txt")
    assert str(error.value).startswith(r"甲.zip!/甲\n.txt: ")
    assert said in str(error.value)
    if "at" not in changes:
        assert archive.read("b.txt") == TEXT


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"PK\5\6", zipped("a.txt")[:-9], b"x" * 999])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"甲\.zip: damaged, not a whole zip archive"):
        opened(data)


def use(data: bytes) -> None:
    """Open an archive and read all that is in it; errors of ours are fine."""
    try:
        archive = opened(data)
    except ReadError:
        return
    for act in (
        lambda: archive.kind,
        archive.check,
        *(partial(archive.read, p) for p in archive.paths),
    ):
        try:
            act()
        except ReadError as error:
            assert "\n" not in str(error)


@given(st.data())
def test_damaged_archives_never_raise_anything_else(data: st.DataObject) -> None:
    whole = bytearray(zipped("mimetype", "b/乙.txt"))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    use(bytes(whole))


@given(st.binary(max_size=200))
def test_random_bytes_in_an_archive_never_raise_anything_else(noise: bytes) -> None:
    use(noise)
    use(zipped("a.txt") + noise)
    use(written(Member(b"a.txt", noise, 100)))
