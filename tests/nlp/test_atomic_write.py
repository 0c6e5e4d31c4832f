"""Files of output: whole or not at all, and nobody else's file is touched."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from gongwen.nlp.atomic_write import make_folder, replacing, replacing_text, write_whole
from gongwen.nlp.errors import GongwenError, WriteError

posix = pytest.mark.skipif(os.name != "posix", reason="files are otherwise here")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_and_one_in_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "甲.txt"
    for data in (b"old\r\n", b"new\n", b""):
        write_whole(path, data)
        assert path.read_bytes() == data
    with replacing_text(path) as file:
        file.write("行一\r\n行二\n")
    assert path.read_bytes() == "行一\r\n行二\n".encode()
    assert names(tmp_path) == ["甲.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit, MemoryError])
def test_what_goes_wrong_in_between_leaves_the_old_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "a.txt"
    for old in (None, b"old"):
        if old:
            path.write_bytes(old)
        with pytest.raises(error), replacing(path) as file:
            file.write(b"half")
            raise error
        assert names(tmp_path) == (["a.txt"] if old else [])
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("call", ["open", "fdopen", "fstat", "fchmod", "fsync", "replace"])
@pytest.mark.parametrize("old", [None, b"old"])
@posix
def test_ctrl_c_as_soon_as_a_call_returns_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, old: bytes | None
) -> None:
    path = tmp_path / "a.txt"
    if old:
        path.write_bytes(old)
    owner = Path if call == "replace" else os
    original = getattr(owner, call)

    def interrupted(*given: Any, **named: Any) -> None:
        original(*given, **named)
        raise KeyboardInterrupt  # what the call returned is lost, as with a signal

    with monkeypatch.context() as patch:
        patch.setattr(owner, call, interrupted)
        if call == "fchmod" and not old:
            write_whole(path, b"new")  # it has the usual rights
        else:
            with pytest.raises(KeyboardInterrupt):
                write_whole(path, b"new")
    written = call == "replace" or (call == "fchmod" and not old)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == (
        {"a.txt": b"new"} if written else {"a.txt": old} if old else {}
    )


@pytest.mark.parametrize("call", ["fsync", "fchmod", "open"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
@posix
def test_a_call_that_fails_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def failing(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        with pytest.raises(WriteError) as caught:
            write_whole(path, b"new")
    assert str(caught.value) == (
        f"{path}: cannot be written ({os.strerror(code)}); what is there is as it was"
    )
    assert isinstance(caught.value, GongwenError)
    assert (names(tmp_path), path.read_bytes()) == (["a.txt"], b"old")


def test_an_error_of_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="other"), replacing(tmp_path / "a.txt"):
        (tmp_path / "other").read_bytes()
    assert names(tmp_path) == []


@posix
def test_a_new_file_gets_the_usual_rights_and_another_those_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    before = os.umask(0o027)
    try:
        write_whole(path, b"1")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        for mode in (0o600, 0o664):
            path.chmod(mode)
            with replacing(path):
                [partial] = set(names(tmp_path)) - {"a.txt"}
                assert stat.S_IMODE((tmp_path / partial).stat().st_mode) & 0o077 == 0
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(before)


@posix
def test_a_file_gets_the_rights_that_are_asked_for_before_it_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "users"
    for _ in range(2):
        write_whole(path, b"secret", rights=0o600)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)


def test_a_file_that_may_not_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to all files
    with pytest.raises(WriteError, match=r"a\.txt: .*write-protected.*as it was"):
        write_whole(path, b"new")
    assert (names(tmp_path), path.read_bytes()) == (["a.txt"], b"old")


# -- links -----------------------------------------------------------------------------------


@posix
def test_a_link_leads_to_the_file_that_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    link = tmp_path / "link"
    link.symlink_to("folder/a.txt")
    for data in (b"first", b"second"):  # there is no such file at first
        write_whole(link, data)
        assert link.is_symlink() and (folder / "a.txt").read_bytes() == data
    assert names(tmp_path) == ["folder", "link"] and names(folder) == ["a.txt"]


@posix
def test_a_link_that_leads_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(WriteError, match="loop"):
        write_whole(tmp_path / "loop" / "a.txt", b"new")


@posix
def test_no_link_is_followed_that_stands_where_the_new_file_will(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    monkeypatch.setattr(os, "urandom", bytes)
    (tmp_path / f".gongwen-{bytes(8).hex()}.partial").symlink_to(precious)
    with pytest.raises(WriteError, match=r"a\.txt"):
        write_whole(tmp_path / "a.txt", b"new")
    assert precious.read_bytes() == b"precious"


# -- what is no file -------------------------------------------------------------------------


@posix
def test_devices_and_pipes_are_written_to(tmp_path: Path) -> None:
    write_whole(Path(os.devnull), b"anything")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"through")
    reader.join()
    assert read == [b"through"] and names(tmp_path) == ["pipe"]


OUT = """
from pathlib import Path
from gongwen.nlp.atomic_write import write_whole
write_whole(Path("/dev/stdout"), b"said\\n")
"""


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no such device here")
def test_standard_output_is_not_replaced(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", OUT], capture_output=True, check=True)
    assert done.stdout == b"said\n"
    log = tmp_path / "log"
    with log.open("wb") as file:
        subprocess.run([sys.executable, "-c", OUT], stdout=file, check=True)
        assert os.path.samestat(os.fstat(file.fileno()), log.stat())
    assert log.read_bytes() == b"said\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device here")
def test_a_device_that_is_full_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"/dev/full: cannot be written \(No space left"):
        write_whole(Path("/dev/full"), b"anything")


@pytest.mark.parametrize("name", ["none/a.txt", "", "\0", "长" * 200])
def test_a_place_that_cannot_be_is_an_error_of_ours(tmp_path: Path, name: str) -> None:
    with pytest.raises(WriteError):
        write_whole(tmp_path / name, b"new")
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    for name in ("file", "file/a"):
        with pytest.raises(WriteError, match=f"{name}: cannot be written"):
            make_folder(tmp_path / name)


# -- processes that are killed ---------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from gongwen.nlp.atomic_write import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"x" * 100_000)
    print("half", flush=True)
    sys.stdin.read()
"""


@posix
def test_a_file_of_a_killed_process_is_removed_by_the_next_and_one_in_work_is_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    writing = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout and process.stdout.readline() == b"half\n"
        writing.append(process)
    assert len(names(tmp_path)) == 3
    writing[0].send_signal(signal.SIGKILL)
    writing[0].wait()
    write_whole(tmp_path / "b.txt", b"new")
    assert len(names(tmp_path)) == 3 and path.read_bytes() == b"old"
    writing[1].communicate(b"")
    assert names(tmp_path) == ["a.txt", "b.txt"]
    assert path.stat().st_size == 100_000


@posix
def test_files_that_are_not_ours_are_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / ".gongwen-1.partial").symlink_to(precious)
    (tmp_path / ".gongwen-2.partial").mkdir()
    os.mkfifo(tmp_path / ".gongwen-3.partial")
    (tmp_path / "a.partial").write_bytes(b"another's")
    before = names(tmp_path)
    write_whole(tmp_path / "z.txt", b"new")
    assert names(tmp_path) == [*before, "z.txt"]
    assert precious.read_bytes() == b"precious"


def test_many_threads_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    failed: list[BaseException] = []

    def write(letter: str) -> None:
        try:
            for _ in range(20):
                write_whole(path, letter.encode() * 10_000)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if path.exists():
            data = path.read_bytes()
            assert len(data) == 10_000 and len(set(data)) == 1
        time.sleep(0)
    assert not failed and names(tmp_path) == ["a.txt"]
