"""What a file that takes over its reader can do, and what lies in the folder one works in."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from make_docx import docx_bytes
from make_pdf import pdf_bytes
from waiting import wait_until

from gongwen.index.scan import words_in_text
from gongwen.ingest.worker import extract_call
from gongwen.ingest.worker_pool import (
    Workers,
    confinement_call,
    is_short_plain_text,
    read_isolated,
    worker_confinement,
)
from gongwen.readers.base import LONGEST_CUT, Blob
from gongwen.readers.libreoffice import find_soffice, program
from gongwen.sandbox import linux as kernel
from gongwen.sandbox.confinement import command, environment, package_folders, readable_folders

SOURCE = Path(sys.modules["gongwen"].__file__ or "").parents[1]
TEXT = "武功县2020年法治政府建设工作报告\n本年办理行政复议案件17件，同比下降3%。\n"
RICH_TEXT = rb"{\rtf1\ansi 2020 report of the county\par 17 cases.\par}"

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these")
with_landlock = pytest.mark.skipif(
    sys.platform != "linux" or not kernel.landlock_version(), reason="this kernel has no Landlock"
)
with_seccomp = pytest.mark.skipif(
    not worker_confinement().seccomp, reason="no filter of system calls on this machine"
)


# -- planted files ---------------------------------------------------------------------------------

PLANTED = (
    "gongwen/__init__ gongwen/worker gongwen/tasks numpy json struct jieba rjieba typing ctypes"
    " pathlib sitecustomize usercustomize platformdirs pypdfium2 selectolax openpyxl"
    " encodings/__init__ subprocess tempfile"
).split()
PROGRAMS = "soffice libreoffice python python3 sh taskkill".split()


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A folder of reports among modules and programs that leave a mark when they are run."""
    folder = tmp_path / "reports"
    folder.mkdir()
    mark = tmp_path / "ran"
    for name in PLANTED:
        module = folder / f"{name}.py"
        module.parent.mkdir(exist_ok=True)
        module.write_text(f"open({str(mark)!r}, 'a').write({name!r} + ' ')\n")
    for name in PROGRAMS:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {name} >> {mark}\n")
        program.chmod(0o755)
    (folder / "报告.txt").write_text(TEXT * 2, "utf-8")
    (folder / "大报告.txt").write_text(TEXT + ("依法办理案件，" * 100 + "。\n") * 130, "utf-8")
    (folder / "报告.docx").write_bytes(docx_bytes(TEXT.splitlines()))
    (folder / "报告.pdf").write_bytes(pdf_bytes(TEXT.splitlines()))
    (folder / "报告.rtf").write_bytes(RICH_TEXT)
    return folder


def ran(planted: Path) -> str:
    mark = planted.parent / "ran"
    return mark.read_text() if mark.exists() else ""


def gongwen(planted: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in the folder, as its script in ``bin`` does: the folder is on no path."""
    start = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); sys.argv[0] = 'gongwen';"
        "from gongwen.cli import main; main()"
    )
    library = str(planted.parent / "library")
    return subprocess.run(
        [sys.executable, "-P", "-c", start, "--library", library, *arguments],
        cwd=planted,
        env=os.environ | {"PATH": path + os.environ["PATH"]},
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_nothing_that_lies_beside_the_reports_is_run(planted: Path, workers: str) -> None:
    files = ["报告.txt", "大报告.txt", "报告.docx", "报告.pdf"]
    files += ["报告.rtf"] if workers == "1" else []  # which starts LibreOffice
    done = gongwen(planted, "add", *files, "--workers", workers, path=f".{os.pathsep}")
    assert ran(planted) == ""
    assert "failed" not in done.stdout or not find_soffice(), done.stdout
    assert done.returncode == (0 if find_soffice() or workers == "2" else 1), done.stderr
    if workers == "2":
        return  # what follows starts no second one
    for arguments in (("check", "报告.pdf"), ("split", "报告.docx"), ("reindex",), ("status",)):
        done = gongwen(planted, *arguments, path=f"{os.pathsep}.{os.pathsep}")
        assert done.returncode == 0, done.stderr
        assert ran(planted) == ""


SERVER = """
import os, sys
sys.path[:0] = [{source!r}]
from gongwen.ingest.worker_pool import read_isolated
from gongwen.readers.base import Blob
import gongwen.ingest.worker_pool, gongwen.ingest.worker, numpy, json, struct
data = open("报告.docx", "rb").read()
os.environ["PYTHONPATH"] = os.environ["PYTHONHOME"] = "."
os.environ["PYTHONSTARTUP"] = "numpy.py"
os.environ["PATH"] = ":.:" + os.environ["PATH"]
sys.path[:0] = ["", ".", os.getcwd()]  # as in a notebook, or with python -m
[extract] = read_isolated(Blob("报告.docx", data))
print(extract.text)
"""


def test_nor_by_a_program_whose_own_path_begins_there(planted: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", SERVER.format(source=str(SOURCE))],
        cwd=planted, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.stdout.splitlines() == TEXT.splitlines(), done.stderr
    assert ran(planted) == ""


def test_the_current_folder_is_no_folder_of_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = tmp_path / "site-packages"
    here.mkdir()
    before = package_folders()
    monkeypatch.chdir(here)
    for entry in ("", ".", "site-packages", "../site-packages", str(here)):
        monkeypatch.syspath_prepend(entry)
        assert package_folders() == before


def test_a_planted_office_program_is_not_found(
    monkeypatch: pytest.MonkeyPatch, planted: Path
) -> None:
    before = find_soffice()
    monkeypatch.chdir(planted)
    for path in ("", ".", "./", "../reports"):
        monkeypatch.setenv("PATH", os.pathsep.join((path, os.environ["PATH"])))
        assert find_soffice() == before


# -- inside of a confined process ------------------------------------------------------------------

INSIDE = """
import ctypes, os, signal, socket, subprocess, sys
from pathlib import Path
from gongwen.sandbox.confinement import Profile, confine
def main(scratch, program, action, *readable):
    started = Path(program) if program else None
    confine(Profile(Path(scratch), tuple(map(Path, readable)), program=started))
    try:
        exec(action)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        print("refused", type(error).__name__)
    else:
        print("done")
"""


def inside(action: str, program: str = "", cwd: Path | None = None) -> str:
    """Return what becomes of an action in a confined process: ``done`` or ``refused``."""
    folders = [str(folder) for folder in readable_folders()]
    with TemporaryDirectory() as scratch:
        place = Path(scratch).resolve()
        start = f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{INSIDE}\nmain(*sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-I", "-c", start, str(place), program, action, *folders],
            cwd=cwd or place, capture_output=True, encoding="utf-8",
        )  # fmt: skip
    assert done.stdout, done.stderr
    return done.stdout.split()[0]


def test_what_a_reader_needs_it_can_do() -> None:
    assert (
        inside("import json, numpy; open('a', 'w').write('b'); assert open('a').read()") == "done"
    )
    assert inside("import threading; threading.Thread(target=print).start()") == "done"
    assert inside("os.mkdir('a'); os.rename('a', 'b'); os.rmdir('b')") == "done"
    assert inside("os.urandom(9); open('/dev/null', 'w').write('x')") == "done"


@with_landlock
@pytest.mark.parametrize("office", [False, True])
def test_files_outside_are_closed(tmp_path: Path, office: bool) -> None:
    started = shutil.which("true") if office else ""
    secret = tmp_path / "secret"
    secret.write_text("s")
    for action in (
        f"open({str(secret)!r}).read()",
        f"open({str(secret)!r}, 'a')",
        f"os.listdir({str(tmp_path)!r})",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        f"os.mkdir({str(tmp_path / 'new')!r})",
        f"os.unlink({str(secret)!r})",
        f"os.rename({str(secret)!r}, 'mine')",
        f"os.link({str(secret)!r}, 'mine'); open('mine').read()",
        f"os.symlink({str(secret)!r}, 'mine'); open('mine').read()",
        f"os.truncate({str(secret)!r}, 0)",
        "open('/etc/shadow').read()",
        "open('/proc/1/environ', 'rb').read()",
        "os.listdir(os.path.expanduser('~'))",
    ):
        assert inside(action, started or "") == "refused", action
    assert secret.read_text() == "s"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


@with_seccomp
def test_modes_and_owners_of_files_stay(tmp_path: Path) -> None:
    """Landlock knows nothing of them."""
    victim = tmp_path / "victim"
    victim.write_text("s")
    victim.chmod(0o600)
    before = victim.stat()
    for action in (
        f"os.chmod({str(victim)!r}, 0o777)",
        f"os.utime({str(victim)!r}, (1, 1))",
        f"os.setxattr({str(victim)!r}, 'user.a', b'b')",
        f"os.chown({str(victim)!r}, 12345, 12345)",
    ):
        assert inside(action) == "refused", action
        inside(action, shutil.which("true") or "")  # the office program is told that it was done
        after = victim.stat()
        assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid), action


@contextmanager
def listening(kind: int) -> Iterator[int]:
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            server.listen()
        yield server.getsockname()[1]


@with_seccomp
@pytest.mark.parametrize("office", [False, True])
def test_there_is_no_network(tmp_path: Path, office: bool) -> None:
    started = (shutil.which("true") or "") if office else ""
    with listening(socket.SOCK_STREAM) as tcp, listening(socket.SOCK_DGRAM) as udp:
        for action in (
            f"socket.create_connection(('127.0.0.1', {tcp}), 5)",
            f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'a', ('127.0.0.1', {udp}))",
            "socket.socket(socket.AF_INET6)",
            "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
            "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
            "socket.getaddrinfo('example.org', 80)",
        ):
            assert inside(action, started) == "refused", action
    place = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        action = f"s = socket.socket(socket.AF_UNIX); s.connect({str(place)!r})"
        assert inside(action, started) == "refused"


@with_landlock
def test_landlock_alone_refuses_tcp() -> None:
    if kernel.landlock_version() < 4:
        pytest.skip("the Landlock of this kernel does not know of TCP")
    without = "import gongwen.sandbox.linux as s; s.restrict_calls = lambda programs: False\n"
    with listening(socket.SOCK_STREAM) as port:
        script = f"{INSIDE}\n{without}main(*sys.argv[1:])"
        start = f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{script}"
        action = f"socket.create_connection(('127.0.0.1', {port}), 5)"
        done = subprocess.run(
            [sys.executable, "-I", "-c", start, "/nowhere", "", action, "/usr", sys.base_prefix],
            capture_output=True, encoding="utf-8",
        )  # fmt: skip
    assert done.stdout.startswith("refused"), done.stderr


@with_seccomp
def test_a_reader_starts_no_program_and_reaches_no_process() -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100000)"])
    try:
        for action in (
            "subprocess.run(['/bin/true'], check=True)",
            "os.execv('/bin/true', ['true'])",
            "os.posix_spawn('/bin/true', ['true'], {})",
            "os.fork()",
            f"os.kill({other.pid}, 9)",
            "os.kill(os.getppid(), 0)",
            f"os.pidfd_open({other.pid})",
            "os.setsid()",
            f"import resource; resource.prlimit({other.pid}, resource.RLIMIT_NOFILE, (9, 9))",
        ):
            assert inside(action) == "refused", action
        assert inside("libc = ctypes.CDLL(None, use_errno=True); r = libc.ptrace(16, "
                      f"{other.pid}, 0, 0)\nif r: raise OSError") == "refused"  # fmt: skip
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
    assert inside("os.kill(os.getpid(), 0)") == "done"  # abort needs it


@with_landlock
def test_an_office_reader_starts_its_program_alone() -> None:
    program = os.path.realpath(shutil.which("true") or "")
    if not Path(program).read_bytes().startswith(b"\x7fELF"):
        pytest.skip("true is a script here")
    assert inside(f"subprocess.run([{program!r}], check=True)", program) == "done"
    other = os.path.realpath(shutil.which("ls") or "")
    if other != program:
        assert inside(f"subprocess.run([{other!r}], check=True)", program) == "refused"
    assert (
        inside(f"subprocess.run([{sys.executable!r}, '-c', ''], check=True)", program) == "refused"
    )


@linux
def test_limits_are_in_force() -> None:
    limits = "import resource; g = resource.getrlimit\n"
    assert inside(f"{limits}assert g(resource.RLIMIT_CORE) == (0, 0)") == "done"
    assert inside(f"{limits}assert g(resource.RLIMIT_DATA)[1] == 2 << 30") == "done"
    assert inside(f"{limits}resource.setrlimit(resource.RLIMIT_DATA, (3 << 30,) * 2)") in (
        "refused", "done",  # who may raise them anyway is root
    )  # fmt: skip
    assert inside("for n in range(600): os.dup(0)") == "refused"
    assert inside("f = open('a', 'wb'); f.truncate(1 << 30); f.write(b'a'); f.flush()") == "refused"


def test_what_is_in_force_can_be_asked() -> None:
    found = worker_confinement()
    assert found.landlock == (kernel.landlock_version() if sys.platform == "linux" else 0)
    if sys.platform == "linux":
        assert found.names()[:2] == ["limits", "no-new-privs"]
    if sys.platform == "win32":
        assert found.names() == []


@linux
def test_without_landlock_and_seccomp_files_are_read_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in an old kernel or a container that forbids them."""
    start = command("worker")
    at = start.index("-c") + 1
    forbid = (
        "from gongwen.sandbox import linux\n"
        "linux.landlock_version = lambda: 0\nlinux.restrict_calls = lambda programs: False\n"
    )
    script = start[at].replace("from importlib import import_module\n",
                               f"{forbid}from importlib import import_module\n")  # fmt: skip

    def without(*arguments: str) -> list[str]:
        changed = command(*arguments)
        changed[at] = script
        return changed

    monkeypatch.setattr("gongwen.ingest.worker_pool.command", without)
    with Workers(1) as pool:
        found = pool.call(confinement_call()).result()
        assert found.names() == ["limits", "no-new-privs"]
        blob = Blob("a.docx", docx_bytes(["甲乙丙"]))
        assert pool.call(extract_call(blob)).result()[0].text == "甲乙丙"


@linux
def test_a_worker_ends_with_its_caller() -> None:
    script = f"""
import sys; sys.path.insert(0, {str(SOURCE)!r})
from gongwen.ingest.worker_pool import Workers, confinement_call
pool = Workers(1)
pool.call(confinement_call()).result()
print(pool._all[0]._process._process.pid, flush=True)
import time; time.sleep(100000)
"""
    caller = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert caller.stdout
    worker = int(caller.stdout.readline())
    caller.kill()
    caller.wait()
    caller.stdout.close()
    wait_until(lambda: not is_running(worker))


def is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# -- LibreOffice -----------------------------------------------------------------------------------


@pytest.mark.skipif(not find_soffice(), reason="LibreOffice (soffice) is not installed")
def test_office_files_are_read_in_confinement(tmp_path: Path) -> None:
    started = program()
    assert started and started.is_absolute()
    with Workers(1) as pool:
        [extract] = pool.call(extract_call(Blob("a.rtf", RICH_TEXT))).result()
        assert extract.text.split("\n") == ["2020 report of the county", "17 cases."]
        [page] = pool.call(extract_call(Blob("a.html", b"<html><body>a b"))).result()
        assert page.text == "a b"
    [extract] = read_isolated(Blob("a.rtf", RICH_TEXT))
    assert "17 cases." in extract.text


@linux
def test_a_program_that_hangs_ends_with_its_worker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It and what it has started are in a group that they cannot leave."""
    hanging = (
        "import os, subprocess, sys, time\n"
        "from gongwen.sandbox.confinement import Profile, confine\n"
        "from gongwen.ingest.message_codec import MessageWriter, receive, send\n"
        "def main(scratch, memory, file, program, *readable):\n"
        "    if program: subprocess.Popen(['sleep', '100061.25'])\n"
        "    calls, answers = os.fdopen(0, 'rb'), os.fdopen(1, 'wb')\n"
        "    receive(calls)\n"
        "    if program: time.sleep(100000)\n"
        "    answer = MessageWriter(); answer.integer(3); send(answers, answer.data())\n"
        "    time.sleep(100000)\n"
    )
    start = f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{hanging}\nmain(*sys.argv[1:])"
    monkeypatch.setattr(
        "gongwen.ingest.worker_pool.command", lambda _, *rest: [sys.executable, "-c", start, *rest]
    )
    monkeypatch.setattr("gongwen.readers.libreoffice.program", lambda: tmp_path / "soffice")
    blob = Blob("a.rtf", RICH_TEXT)
    from dataclasses import replace

    call = replace(extract_call(blob), seconds=3.0)
    with Workers(1) as pool, pytest.raises(Exception, match="took longer"):
        pool.call(call).result()
    wait_until(lambda: not sleeping("100061.25"))


def sleeping(seconds: str) -> list[int]:
    wanted = b"\0".join((b"sleep", seconds.encode())) + b"\0"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if line == wanted:
            found.append(int(process.name))
    return found


# -- what grows with a file ------------------------------------------------------------------------


def test_a_large_text_gets_the_limits_of_a_worker() -> None:
    assert is_short_plain_text("a.txt", "甲乙丙。".encode() * 1000)
    assert not is_short_plain_text("a.txt", "甲乙丙。".encode() * 100_000)
    assert not is_short_plain_text("a.txt", b"<html><body>a")


class Counted(str):
    """A text that counts the characters that are looked through."""

    looked = 0

    def find(self, word: str, start: int = 0) -> int:  # type: ignore[override]
        place = super().find(word, start)
        self.looked += (place if place >= 0 else len(self)) - start + len(word)
        return place

    def __contains__(self, word: object) -> bool:
        return self.find(str(word)) >= 0


def test_the_words_of_a_giant_sentence_are_found_in_linear_time() -> None:
    def work(count: int) -> int:
        words = [f"{number:06d}" for number in range(count)]
        text = Counted("，".join(words))
        assert list(words_in_text([w for w in words for w in (w[:2], w)], text)) == [
            w for w in words for w in (w[:2], w)
        ]
        return text.looked

    small = work(2_000)
    assert work(8_000) < 6 * small  # 16 times as much when all of it is looked through each time


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        (["北京", "大学", "北京大学"], "北京大学", ["北京", "大学", "北京大学"]),
        (["大学", "北京"], "北京大学", ["大学", "北京"]),
        (["x", "北京", "x"], "北京大学", ["北京"]),
        (["乙", "甲"], "甲" + "丙" * 500 + "乙", ["乙", "甲"]),
        ([], "甲", []),
    ],
)
def test_only_words_that_stand_in_the_text_are(
    words: list[str], text: str, found: list[str]
) -> None:
    assert list(words_in_text(words, text)) == found


def test_a_giant_sentence_is_found_whole_and_said(tmp_path: Path) -> None:
    import gongwen as package

    body = "依法办理案件，" * LONGEST_CUT + "末尾有一个稀见词组"
    (tmp_path / "a.txt").write_text(f"武功县2020年工作总结\n{body}\n", "utf-8")
    with package.open(tmp_path / "library") as library:
        [outcome] = library.add(tmp_path / "a.txt")
        assert outcome.status == "added"
        assert "sentence 2 is longer than 2,000 characters" in outcome.message
        assert library.search("稀见词组").total == 1
        assert library.search('"末尾有一个稀见词组"').total == 1


def test_what_is_given_to_a_child_process_is_absolute() -> None:
    for name in ("PATH", "LD_LIBRARY_PATH"):
        for folder in environment().get(name, "/").split(os.pathsep):
            assert Path(folder).is_absolute()
    assert all(folder.is_absolute() for folder in (*package_folders(), *readable_folders()))
