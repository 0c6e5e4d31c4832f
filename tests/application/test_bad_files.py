"""Files that were made to do harm are reported and skipped, and the rest goes on."""

from __future__ import annotations

import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from make_docx import docx_bytes
from make_pdf import encrypted_bytes, pdf_bytes

import gongwen
from gongwen.readers.base import Limits

GOOD = "甲县2021年法治政府建设工作总结\n一、强化复议应诉\n全年办理行政复议案件12件。\n"


def bomb(megabytes: int) -> bytes:
    """Return a zip whose one member says that it is small and is not."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()
    name = "甲县.txt".encode()
    size = struct.pack("<III", 0, len(packed), 1000)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0x800, 8, 0, 0x21) + size
    local += struct.pack("<HH", len(name), 0) + name + packed
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0x800, 8, 0, 0x21) + size
    central += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def entities() -> bytes:
    """Return a Word file whose text would grow without end."""
    import io

    doubling = "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 40))
    evil = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "哈哈">{doubling}]>'.encode()
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx_bytes(["甲县2020年工作总结"]))) as source,
        zipfile.ZipFile(out, "w") as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                data = evil + data.partition(b"?>")[2]
            target.writestr(name, data)
    return out.getvalue()


def nested(depth: int) -> bytes:
    import io

    data = GOOD.encode()
    for level in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("内.zip" if level else "内.txt", data)
        data = out.getvalue()
    return data


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "炸弹.zip": (lambda: bomb(300), ""),
    "套娃.zip": (lambda: nested(6), "archive"),
    "实体.docx": (entities, ""),
    "深.html": (lambda: b"<div>" * 1_000_000, "no text"),
    "长行.txt": (lambda: b"1" * (70 << 20), "larger than 64 MB"),
    "加密.pdf": (lambda: encrypted_bytes("甲县2020年工作总结", "secret"), "encrypted"),
    "坏.pdf": (lambda: pdf_bytes(["甲县2020年工作总结"])[:400], ""),
    "假.docx": (lambda: b"PK\x03\x04" + bytes(300), ""),
    "二进制.txt": (lambda: bytes(range(256)) * 40, "binary"),
    "空.txt": (lambda: b"", "empty"),
}
ODD = {
    "一行\n两行.txt": "乙县2020年工作总结\n名称里有换行。\n",
    "\x1b[31m红.txt": "丙县2020年工作总结\n名称里有控制符。\n",
    "=1+1.txt": '=丁县2020年工作总结\n=HYPERLINK("x")这一句像公式。\n',
    "<script>.txt": "<b>戊县2020年工作总结</b>\n<x onclick=alert(1)>这一句像标记。\n",
}


def test_all_of_them_in_one_folder(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name, (make, _) in BAD.items():
        (files / name).write_bytes(make())
    for name, text in ODD.items():
        (files / name).write_text(text, "utf-8")
    (files / "好.txt").write_text(GOOD, "utf-8")
    (files / "圈").symlink_to(files, target_is_directory=True)
    if hasattr(os, "mkfifo"):
        os.mkfifo(files / "管道.txt")
    with zipfile.ZipFile(files / "路径.zip", "w") as archive:
        archive.writestr("../../etc/己县.txt", "己县2020年工作总结\n想写到别处去。\n")
    with gongwen.open(tmp_path / "library") as library:
        outcomes = library.add(files)
        failed = {
            Path(o.source.partition("!/")[0]).name: o for o in outcomes if o.status == "failed"
        }
        for name, (_, said) in BAD.items():
            assert said in failed[name].message, failed[name]
            assert "\n" not in failed[name].message
            assert len(failed[name].message) < 300
        added = [o for o in outcomes if o.status == "added"]
        assert len(added) == len(ODD) + 2, added
        assert all("\n" not in o.source and "\x1b" not in o.source for o in outcomes)
        assert library.search("复议").total == 2
        assert library.search("想写到别处去").total == 1
        hit = library.search("像标记").hits[0]
        assert "&lt;x onclick" in hit.highlight
        assert not library.status()["problems"]
    assert not (tmp_path / "etc").exists()


def test_a_file_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "慢.html"
    slow.write_bytes(b"<p>" + b"<b>" * 1_500_000 + "甲县2020年工作总结".encode())
    good = tmp_path / "好.txt"
    good.write_text(GOOD, "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        late, fine = library.add([slow, good], limits=Limits(seconds=0.4))
    assert (late.status, fine.status) == ("failed", "added")
    assert "took longer than" in late.message


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits here")
def test_a_file_that_needs_too_much_memory_is_given_up(tmp_path: Path) -> None:
    large = tmp_path / "大.html"
    large.write_bytes(b"<p>" + "甲".encode() * 12_000_000)
    with gongwen.open(tmp_path / "library") as library:
        [outcome] = library.add([large], limits=Limits(memory_bytes=120 << 20))
    assert outcome.status == "failed"
    assert "memory" in outcome.message


def test_a_planted_model_is_refused(tmp_path: Path) -> None:
    import pickle

    good = tmp_path / "好.txt"
    good.write_text(GOOD, "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        models = library.folder / "models"
        models.mkdir()
        (models / "0001.npz").write_bytes(pickle.dumps({"a": 1}))
        (models / "active").write_text("1")
    with gongwen.open(tmp_path / "library") as library:
        [outcome] = library.add(good)
        assert outcome.status == "failed"
        assert "0001.npz" in outcome.message
