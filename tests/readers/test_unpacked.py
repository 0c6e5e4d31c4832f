"""Tar, 7z and RAR archives: their members are reports, within the limits of zip archives."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from functools import partial
from pathlib import Path

import pytest

from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Limits
from gongwen.readers.files import Source, find_sources, load
from gongwen.readers.unpacked import Unpacked, container_kind

REPORT = "甲县2021年工作总结\n全年办理行政处罚案件318件。\n".encode()
MEMBERS = (("甲县/报告.txt", REPORT), ("乙县.txt", REPORT + b"2"), ("图.png", b"x"))


def tar(members: tuple[tuple[str, bytes], ...] = MEMBERS, mode: str = "w", **more: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, **more) as archive:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def found(path: Path, **limits: int) -> list[str]:
    return [
        item.name.removeprefix(f"{path.parent}/") if isinstance(item, Source) else f"! {item}"
        for item in find_sources([path], Limits(**limits))
    ]


ARCHIVES = (
    ("a.tar", tar()),
    ("a.tgz", tar(mode="w:gz")),
    ("a.tar.gz", tar(mode="w:gz")),
    ("a.tar.bz2", tar(mode="w:bz2")),
    ("a.txz", tar(mode="w:xz")),
    ("no suffix", tar(mode="w:gz")),
    ("gbk.tar", tar(encoding="gb18030", format=tarfile.GNU_FORMAT)),  # type: ignore[arg-type]
)


@pytest.mark.parametrize(("name", "data"), ARCHIVES, ids=[name for name, _ in ARCHIVES])
def test_members_of_tar_archives_are_reports(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert found(path) == [f"{name}!/乙县.txt", f"{name}!/甲县/报告.txt"]
    assert load(Source(path, ("甲县/报告.txt",)))[0] == REPORT


def test_archives_in_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.tgz", tar(mode="w:gz"))
    assert found(path) == ["a.zip!/b.tgz!/乙县.txt", "a.zip!/b.tgz!/甲县/报告.txt"]
    assert load(Source(path, ("b.tgz", "乙县.txt")))[0] == REPORT + b"2"


def test_a_packed_text_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "甲县.txt.gz"
    path.write_bytes(gzip.compress(REPORT))
    assert found(path) == ["甲县.txt.gz"]
    assert load(Source(path))[0] == REPORT


def test_links_and_paths_do_not_leave_the_archive(tmp_path: Path) -> None:
    file = io.BytesIO()
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"secret")
    with tarfile.open(fileobj=file, mode="w") as archive:
        link = tarfile.TarInfo("a.txt")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        archive.addfile(link)
        up = tarfile.TarInfo("../../b.txt")
        up.size = len(REPORT)
        archive.addfile(up, io.BytesIO(REPORT))
    path = tmp_path / "a.tar"
    path.write_bytes(file.getvalue())
    assert found(path) == ["a.tar!/b.txt"]
    assert not (tmp_path.parent / "b.txt").exists()


REFUSED = (
    ("cut off", tar(mode="w:gz")[:-30], {}, "damaged"),
    ("cut off in a member", tar()[:700], {}, "damaged"),
    ("too many members", tar(), {"members": 2}, "more than 2 files in it"),
    ("too large", tar((("a.txt", b"x" * 3_000_000),), "w:gz"), {"unpacked_bytes": 2 << 20}, "2 MB"),
    ("nothing to read", tar((("a.png", b"x"),)), {}, "no reports in this archive"),
)


@pytest.mark.parametrize(
    ("data", "limits", "words"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_is_not_unpacked(
    tmp_path: Path, data: bytes, limits: dict[str, int], words: str
) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    [message] = found(path, **limits)
    assert message.startswith("! ") and words in message and "\n" not in message


def test_a_member_that_is_too_large_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar())
    with pytest.raises(ReadError, match=r"a\.tar!/乙县\.txt: larger than 0 MB"):
        load(Source(path, ("乙县.txt",)), Limits(file_bytes=10))


SEVEN = b"7z\xbc\xaf\x27\x1c" + bytes(30)
RAR = b"Rar!\x1a\x07\x00" + bytes(30)


@pytest.mark.parametrize(
    ("name", "data", "program"), [("a.7z", SEVEN, "7z"), ("a.rar", RAR, "unrar")]
)
def test_without_a_program_the_message_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, program: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / name
    path.write_bytes(data)
    [message] = found(path)
    assert message.startswith(f"! {path}: ") and f"install {program}" in message.replace(
        "7-Zip (", ""
    )


FAKE = """#!/bin/sh
case "$*" in *input*) ;; *) exit 3;; esac
for word in "$@"; do case "$word" in -o*) out="${{word#-o}}";; esac; done
{does}
"""


def fake_program(folder: Path, does: str) -> None:
    """Put a program that is called as 7-Zip is onto the search path."""
    program = folder / "7zz"
    program.write_text(FAKE.format(does=does))
    program.chmod(0o755)


FAKES = (
    ("unpacks", 'mkdir "$out/d"; echo 318 > "$out/d/1.txt"', ["a.7z!/d/1.txt"]),
    ("links", 'ln -s /etc/passwd "$out/2.txt"; echo 1 > "$out/1.txt"', ["a.7z!/1.txt"]),
    ("fails", "exit 2", ["damaged, or of a kind"]),
    ("asks for a password", "echo Wrong password; exit 2", ["encrypted; unpack it first"]),
    ("never ends", "sleep 60", ["took more than 2 seconds"]),
    ("swells", 'while :; do head -c 1000000 /dev/zero >> "$out/1.txt"; done', ["more than 3 MB"]),
)


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
@pytest.mark.parametrize(("does", "expected"), [c[1:] for c in FAKES], ids=[c[0] for c in FAKES])
def test_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, expected: list[str]
) -> None:
    fake_program(tmp_path, does)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    path = tmp_path / "a.7z"
    path.write_bytes(SEVEN)
    limits = Limits(unpacked_bytes=3 << 20, seconds=2)
    items = list(find_sources([path], limits))
    names = [str(i).removeprefix(f"{tmp_path}/") for i in items]
    assert len(names) == len(expected)
    assert all(want in name for want, name in zip(expected, names, strict=True)), names


_SEVEN_ZIP = shutil.which("7zz") or shutil.which("7z") or shutil.which("7za")


@pytest.mark.skipif(not _SEVEN_ZIP, reason="7-Zip is not installed")
def test_real_7z_archives(tmp_path: Path) -> None:
    (tmp_path / "报告.txt").write_bytes(REPORT)
    subprocess.run(
        [str(_SEVEN_ZIP), "a", "a.7z", "报告.txt"], cwd=tmp_path, check=True, capture_output=True
    )
    path = tmp_path / "a.7z"
    assert found(path) == ["a.7z!/报告.txt"]
    assert load(Source(path, ("报告.txt",)))[0] == REPORT


def test_the_folder_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar())
    archive = Unpacked("tar", partial(open, path, "rb"), "a.tar", Limits())
    folder = archive._folder
    assert folder.exists() and archive.paths
    del archive
    assert not folder.exists()


KINDS = (
    (SEVEN, "a", "7z"),
    (RAR, "a.txt", "rar"),
    (tar(), "a", "tar"),
    (tar(mode="w:gz"), "a", "tar"),
    (gzip.compress(REPORT), "a.gz", ""),
    (b"\xd0\xcf\x11\xe0", "a.msg", "msg"),
    (b"\xd0\xcf\x11\xe0", "a.doc", ""),
    (b"x", "a.eml", "eml"),
    (REPORT, "a.txt", ""),
)


@pytest.mark.parametrize(("head", "name", "kind"), KINDS, ids=range(len(KINDS)))
def test_kinds(head: bytes, name: str, kind: str) -> None:
    assert container_kind(head, name) == kind
