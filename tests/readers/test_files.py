"""Which files are taken, what they are called, and their bytes; nothing blocks or grows."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Limits
from gongwen.readers.files import Source, find_sources, load

TEXT = "全县法治建设稳步推进。".encode()


def names(found: Iterable[Source | ReadError], root: Path) -> list[str]:
    """Return what was found by name below ``root``; errors begin with ``!``."""
    below = f"{root}{os.sep}"
    return [("!" if isinstance(f, ReadError) else "") + str(f).replace(below, "") for f in found]


def make(root: Path, *files: str) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TEXT)


def pack(path: Path, *members: str, data: bytes = TEXT) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, data)
    return path


def test_a_folder_gives_its_reports_in_the_order_of_names(tmp_path: Path) -> None:
    make(tmp_path, "b.txt", "a/2.docx", "a/1.PDF", "a.html", "图.jpg", "表.XLSX", "x.py", "无")
    found = list(find_sources([tmp_path]))
    assert names(found, tmp_path) == ["a/1.PDF", "a/2.docx", "a.html", "b.txt", "表.XLSX"]


@pytest.mark.parametrize(
    "suffix",
    "txt md html htm shtml mht mhtml docx docm dotx pdf doc wps rtf odt csv tsv xlsx jsonl".split(),
)
def test_a_suffix_is_taken_in_any_case(tmp_path: Path, suffix: str) -> None:
    make(tmp_path, f"a.{suffix}", f"b.{suffix.upper()}")
    assert names(find_sources([tmp_path]), tmp_path) == [f"a.{suffix}", f"b.{suffix.upper()}"]


def test_what_is_no_report_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", ".b.txt", "~$a.docx", ".DS_Store", ".git/c.txt", "__MACOSX/d.txt")
    assert names(find_sources([tmp_path]), tmp_path) == ["a.txt"]


@pytest.mark.parametrize("ending", ["_files", ".files", "_file"])
def test_what_a_browser_saved_with_a_page_is_left_out(tmp_path: Path, ending: str) -> None:
    make(tmp_path, "总结.html", f"总结{ending}/frame.html", f"其他{ending}/年报.html")
    assert names(find_sources([tmp_path]), tmp_path) == [f"其他{ending}/年报.html", "总结.html"]


def test_a_library_among_reports_gives_no_reports_of_its_own(tmp_path: Path) -> None:
    make(tmp_path, "library.db", "index/rows.txt", "models/1/labels.jsonl", "报告.txt")
    assert names(find_sources([tmp_path]), tmp_path) == ["报告.txt"]


def test_a_named_file_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    make(tmp_path, "a.dat", ".b", "-x.txt")
    paths = [tmp_path / "a.dat", str(tmp_path / ".b"), tmp_path / "-x.txt"]
    assert names(find_sources(paths), tmp_path) == ["a.dat", ".b", "-x.txt"]


def test_a_folder_is_no_file_whatever_it_is_called(tmp_path: Path) -> None:
    make(tmp_path, "x.txt/a.txt", "y.zip/b.txt")
    assert names(find_sources([tmp_path]), tmp_path) == ["x.txt/a.txt", "y.zip/b.txt"]


@pytest.mark.parametrize(
    "missing", ["没有.txt", "没有/没有.txt", "a.txt/b.txt", "a\0b", "长" * 300]
)
def test_what_is_not_there_is_an_error(tmp_path: Path, missing: str) -> None:
    make(tmp_path, "a.txt")
    [error] = find_sources([tmp_path / missing])
    assert isinstance(error, ReadError)
    assert len(str(error).splitlines()) == 1
    said = "cannot be read" if missing.startswith("长") else "no such file or folder"
    assert said in str(error)


def test_a_folder_without_reports_says_what_is_read(tmp_path: Path) -> None:
    make(tmp_path, "图.jpg")
    [error] = find_sources([tmp_path])
    assert str(error).startswith(
        f"{tmp_path}: no reports in this folder; gongwen reads .txt, .docx"
    )


# -- links, pipes, permissions ---------------------------------------------------------------------


def test_a_folder_is_walked_once_however_many_links_lead_to_it(tmp_path: Path) -> None:
    make(tmp_path, "a/1.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert names(find_sources([tmp_path]), tmp_path) == ["a/1.txt"]


def test_broken_links_and_what_is_no_file_are_reported_and_never_waited_for(tmp_path: Path) -> None:
    make(tmp_path, "报告.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.txt"))
    assert names(find_sources([tmp_path]), tmp_path) == [
        "!broken.txt: a broken link, not a file",
        "!loop.txt: a broken link, not a file",
        "!pipe.txt: a pipe or device, not a file",
        "!s.txt: a pipe or device, not a file",
        "报告.txt",
    ]


@pytest.mark.parametrize("special", ["pipe", "/dev/zero", "/dev/null"])
def test_a_named_pipe_or_device_is_not_read(tmp_path: Path, special: str) -> None:
    path = tmp_path / special
    if special == "pipe":
        os.mkfifo(path)
    [source] = find_sources([path])
    assert isinstance(source, Source)
    with pytest.raises(ReadError, match="a folder, pipe or device, not a file"):
        load(source)


def test_a_file_whose_size_is_not_known_is_read_to_its_end() -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("no file system of processes here")
    [source] = find_sources(["/proc/self/status"])
    assert isinstance(source, Source)
    assert b"VmPeak" in load(source)[0]


def test_a_folder_that_cannot_be_read_is_reported_and_the_rest_goes_on() -> None:
    """In a process of a user without rights, since the tests may run as one who has all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, "a/1.txt", "b/2.txt", "c.txt")
        folder.chmod(0o755)
        (folder / "a").chmod(0)
        (folder / "c.txt").chmod(0)
        code = f"""
import os
from gongwen.readers.files import ReadError, find_sources, load
if os.getuid() == 0:
    os.setuid(65534)
for item in find_sources([{name!r}]):
    try:
        print(item if isinstance(item, ReadError) else load(item)[1] and item)
    except ReadError as error:
        print(error)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        (folder / "a").chmod(0o755)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"{name}/a: cannot be read (Permission denied)",
        f"{name}/b/2.txt",
        f"{name}/c.txt: cannot be read (Permission denied)",
    ]


def test_folders_beyond_all_measure_are_reported(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(120):
        deep /= "d"
    make(tmp_path, "z.txt")
    deep.mkdir(parents=True)
    make(deep, "a.txt")
    error, source = find_sources([tmp_path])
    assert "more than 100 folders deep; give it by itself" in str(error)
    assert str(source) == str(tmp_path / "z.txt")


def test_folders_are_walked_as_they_are_asked_for(tmp_path: Path) -> None:
    make(tmp_path, "a/1.txt", "b/2.txt")
    found = find_sources([tmp_path])
    assert str(next(found)).endswith("1.txt")
    make(tmp_path, "b/3.txt")
    assert names(found, tmp_path) == ["b/2.txt", "b/3.txt"]


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.txt", r"a\nb.txt"),
        ("a\x1b[31mb.txt", r"a\x1b[31mb.txt"),
        ("a\u2028b.txt", r"a\u2028b.txt"),
        ("甲\u202etxt.txt", r"甲\u202etxt.txt"),
        ("-x 年报　（终）.txt", "-x 年报　（终）.txt"),
        (os.fsdecode("报告.txt".encode("gb18030")), "报告.txt"),
        ("\udc80\udc81\udcff.txt", r"\udc80\udc81\udcff.txt"),
    ],
)
def test_a_name_is_shown_on_one_line(tmp_path: Path, name: str, shown: str) -> None:
    make(tmp_path, name)
    [source] = find_sources([tmp_path])
    assert isinstance(source, Source)
    assert source.name == str(source) == f"{tmp_path}/{shown}"
    assert source.stem == shown.removesuffix(".txt")
    assert source.key == f"{tmp_path.resolve()}/{shown}"
    assert load(source) == (TEXT, hashlib.sha256(TEXT).hexdigest())


def test_a_key_is_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/b.txt")
    monkeypatch.chdir(tmp_path / "a")
    absolute, relative = Source(tmp_path / "a" / "b.txt"), Source(Path("../a/b.txt"))
    assert absolute.key == relative.key
    assert str(relative) == "../a/b.txt"


# -- bytes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\0" * 4096])
def test_an_empty_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(ReadError, match=r"a\.txt: the file is empty"):
        load(Source(tmp_path / "a.txt"))


def test_a_file_that_vanished_is_an_error(tmp_path: Path) -> None:
    make(tmp_path, "a.txt")
    [source] = find_sources([tmp_path])
    (tmp_path / "a.txt").unlink()
    assert isinstance(source, Source)
    with pytest.raises(ReadError, match=r"a\.txt: cannot be read \(No such file"):
        load(source)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(70 << 20)  # one line
    with pytest.raises(ReadError, match=r"a\.txt: larger than 64 MB; split it first"):
        load(Source(tmp_path / "a.txt"))
    with pytest.raises(ReadError, match="larger than 1 MB"):
        load(Source(tmp_path / "a.txt"), Limits(file_bytes=1 << 20))


# -- archives --------------------------------------------------------------------------------------


def test_an_archive_gives_its_members(tmp_path: Path) -> None:
    members = ("b/2.txt", "a.docx", "图.jpg", "b/", "__MACOSX/._a.docx", "b/.c.txt", "b/~$d.docx")
    archive = pack(tmp_path / "报告.zip", *members, "p.html", "p_files/q.html")
    found = list(find_sources([tmp_path]))
    assert names(found, tmp_path) == ["报告.zip!/a.docx", "报告.zip!/b/2.txt", "报告.zip!/p.html"]
    assert isinstance(found[1], Source)
    assert found[1].stem == "2"
    assert found[1].key == f"{archive.resolve()}!/b/2.txt"
    assert load(found[1]) == (TEXT, hashlib.sha256(TEXT).hexdigest())


def test_an_archive_is_known_by_its_content(tmp_path: Path) -> None:
    pack(tmp_path / "a.dat", "1.txt")
    pack(tmp_path / "b.zip", "[Content_Types].xml", "word/document.xml")
    make(tmp_path, "c.zip")
    found = find_sources([tmp_path / "a.dat", tmp_path / "b.zip", tmp_path / "c.zip"])
    assert names(found, tmp_path) == ["a.dat!/1.txt", "b.zip", "c.zip"]


def test_an_archive_in_an_archive_is_opened(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner", "1.txt", "2.txt").read_bytes()
    pack(tmp_path / "outer.zip", "x/inner.ZIP", "y/other.zip", data=inner)
    found = list(find_sources([tmp_path / "outer.zip"]))
    assert names(found, tmp_path) == [
        f"outer.zip!/{inside}!/{n}.txt" for inside in ("x/inner.ZIP", "y/other.zip") for n in (1, 2)
    ]
    assert [load(source)[0] for source in found if isinstance(source, Source)] == [TEXT] * 4


def test_archives_deeper_than_the_limit_are_reported(tmp_path: Path) -> None:
    data = pack(tmp_path / "0.zip", "a.txt").read_bytes()
    for n in range(1, 5):
        data = pack(tmp_path / f"{n}.zip", f"{n}.zip", "b.txt", data=data).read_bytes()
    assert names(find_sources([tmp_path / "4.zip"]), tmp_path) == [
        "!4.zip!/4.zip!/3.zip: more than 2 archives deep; unpack it first",
        "4.zip!/4.zip!/b.txt",
        "4.zip!/b.txt",
    ]
    [*_] = find_sources([tmp_path / "4.zip"], Limits(depth=9))


def test_an_archive_without_reports_says_so(tmp_path: Path) -> None:
    pack(tmp_path / "a.zip", "图.jpg")
    pack(tmp_path / "b.zip")
    first, second = names(find_sources([tmp_path]), tmp_path)
    assert first.startswith("!a.zip: no reports in this archive; gongwen reads .txt")
    assert second.startswith("!b.zip: no reports in this archive")


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        ("../../etc/passwd.txt", "../../etc/passwd.txt"),
        ("/etc/passwd.txt", "/etc/passwd.txt"),
        ("甲\n乙.txt", r"甲\n乙.txt"),
        ("目录\\甲.txt", "目录/甲.txt"),
    ],
)
def test_members_stay_in_the_archive_whatever_they_are_called(
    tmp_path: Path, member: str, shown: str
) -> None:
    pack(tmp_path / "a.zip", member)
    before = set(tmp_path.parent.rglob("*"))
    [source] = find_sources([tmp_path])
    assert isinstance(source, Source)
    assert str(source) == f"{tmp_path}/a.zip!/{shown}"
    assert load(source)[0] == TEXT
    assert set(tmp_path.parent.rglob("*")) == before


def test_a_changed_archive_is_opened_anew(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", "1.txt")
    [source] = find_sources([archive])
    assert isinstance(source, Source)
    pack(archive, "1.txt", data=TEXT * 2)
    assert load(source)[0] == TEXT * 2
    pack(archive, "2.txt")
    with pytest.raises(ReadError, match=r"a\.zip!/1\.txt: not in the archive"):
        load(source)
    archive.unlink()
    with pytest.raises(ReadError, match="cannot be read"):
        load(source)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(members=99), "more than 99 files in it"),
        (Limits(members=1), "more than 1 files in it"),
        (Limits(unpacked_bytes=2 << 20), "unpacks to more than 2 MB"),
    ],
)
def test_an_archive_beyond_the_limits_is_not_unpacked(
    tmp_path: Path, limits: Limits, said: str
) -> None:
    members = [f"{n}.txt" for n in range(100)]
    pack(tmp_path / "a.zip", *members, data=bytes(1 << 16))
    [error] = find_sources([tmp_path], limits)
    assert said in str(error)


def test_archives_in_an_archive_count_together(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner", *(f"{n}.txt" for n in range(30))).read_bytes()
    pack(tmp_path / "a.zip", *(f"{n}.zip" for n in range(9)), data=inner)
    found = names(find_sources([tmp_path / "a.zip"], Limits(members=100)), tmp_path)
    assert sum(name.startswith("!") for name in found) == 6
    assert len(found) == 6 + 3 * 30


def test_many_members_of_archives_in_an_archive_are_read_quickly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive is not opened anew for each of its members."""
    from gongwen.readers import archive as module

    opened = 0

    def count(of: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object) -> object:
            nonlocal opened
            opened += 1
            return of(*arguments)

        return counted

    monkeypatch.setattr(module, "_members_by_path", count(module._members_by_path))
    inner = pack(tmp_path / "inner", *(f"{n}.txt" for n in range(50))).read_bytes()
    pack(tmp_path / "a.zip", *(f"{n}.zip" for n in range(4)), data=inner)
    for source in find_sources([tmp_path / "a.zip"]):
        assert isinstance(source, Source)
        load(source)
    assert opened <= 2 * 5


# -- gzip ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("甲县2020年总结.txt.gz", "甲县2020年总结"),
        ("甲县2020年总结.TXT.GZ", "甲县2020年总结"),
        ("甲县2020年总结.gz", "甲县2020年总结"),
        ("甲县2.0版.gz", "甲县2.0版"),
        ("甲县.docx.gz", "甲县"),
        ("a.csv.gz", "a"),
    ],
)
def test_a_gzip_file_is_its_content(tmp_path: Path, name: str, stem: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(TEXT))
    [source] = find_sources([tmp_path])
    assert isinstance(source, Source)
    assert source.stem == stem
    assert source.name.endswith(name)
    assert load(source) == (TEXT, hashlib.sha256(TEXT).hexdigest())


def test_parts_and_padding_of_a_gzip_file_are_read(tmp_path: Path) -> None:
    (path := tmp_path / "a.txt.gz").write_bytes(
        gzip.compress("甲\n".encode()) + gzip.compress("乙".encode()) + bytes(512)
    )
    assert load(Source(path))[0].decode() == "甲\n乙"


def test_gzip_files_of_other_things_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.sql.gz", "b.py.gz", "c.txt.gz", ".gz", "d.tar.gz", "e.tgz")
    assert names(find_sources([tmp_path]), tmp_path) == ["c.txt.gz", "d.tar.gz", "e.tgz"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:-9],
        lambda data: data[:5],
        lambda data: data[:-8] + bytes(8),
        lambda data: data[:12] + b"\xff\xff" + data[14:],
        lambda data: data + b"more",
        lambda data: data + data[:-3],
    ],
)
def test_a_damaged_gzip_file_says_so(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (path := tmp_path / "a.txt.gz").write_bytes(damage(gzip.compress(TEXT)))
    with pytest.raises(ReadError, match=r"a\.txt\.gz: damaged, not a whole gzip file; get it"):
        load(Source(path))


def test_a_gzip_file_is_not_unpacked_beyond_the_limit(tmp_path: Path) -> None:
    (path := tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a" * (5 << 20)))
    limits = Limits(file_bytes=1 << 20)
    with pytest.raises(ReadError, match="unpacks to more than 1 MB; split it first"):
        load(Source(path), limits)
    several = gzip.compress(b"a" * (1 << 19)) * 3
    path.write_bytes(several)
    with pytest.raises(ReadError, match="unpacks to more than 1 MB"):
        load(Source(path), limits)
    path.write_bytes(several[: len(several) // 3 * 2])
    assert len(load(Source(path), limits)[0]) == 1 << 20


def test_gzip_files_in_an_archive_count_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(b"a" * (1 << 20))
    path = pack(tmp_path / "a.zip", "1.txt.gz", "2.txt.gz", "3.txt.gz", data=packed)
    [error] = find_sources([path], Limits(unpacked_bytes=2 << 20))
    assert "unpacks to more than 2 MB" in str(error)
    found = list(find_sources([path], Limits(unpacked_bytes=4 << 20)))
    assert names(found, tmp_path) == ["a.zip!/1.txt.gz", "a.zip!/2.txt.gz", "a.zip!/3.txt.gz"]
    assert load(found[0])[0] == b"a" * (1 << 20)  # type: ignore[arg-type]


def test_an_empty_gzip_file_is_empty(tmp_path: Path) -> None:
    (path := tmp_path / "a.txt.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(ReadError, match="the file is empty"):
        load(Source(path))
