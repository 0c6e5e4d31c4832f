"""A hostile office: gongwen is run by a user who may only read, in a folder full of traps.

``python tests/office.py`` runs what README and docs show, and every command beside, from a folder
in which modules lie that note when they are run: once by who owns the library, once by a user with
read permission only. Reading must give the same answer to both, writing must give the second one
clear line and exit 1, and no trap may be sprung. Needs root, to become another user.
``--gongwen PATH`` names the script; without it, and where the other user may not run that one, an
environment is made that he may, from a Python of the system and the packages that are here.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from make_docx import docx_bytes
from make_pdf import pdf_bytes

import gongwen

ROOT = Path(__file__).parents[1]
_NOBODY = 65534
_SECONDS = 300

_TRAPS = (
    "numpy.py json.py re.py os.py pickle.py sqlite3/__init__.py encodings/__init__.py typer.py"
    " jieba.py rjieba.py whoosh/__init__.py rich/__init__.py platformdirs.py pypinyin.py"
    " openpyxl.py pypdfium2.py selectolax/__init__.py sklearn/__init__.py scipy/__init__.py"
    " gongwen/__init__.py gongwen/__main__.py gongwen/worker.py gongwen/cli.py sitecustomize.py"
    " usercustomize.py multiprocessing/__init__.py"
    " struct.py worker.py random.py tempfile.py subprocess.py logging.py"
).split()
_TRAP = "open({marker!r}, 'a').write(__file__ + '\\n')\nraise SystemExit('a trap was sprung')\n"

READING = """
search 法律顾问 --topic 行政执法
search '"行政规范性文件"' --counts topic,role --limit 1
search xzfy --by report
search 行政服议
search 复议 --format json
search 复议 --format csv --context 1
search 复议 -o {out}/found.xlsx
similar wugong-2020:27
topics
topics --source
reports
reports --format csv
show wugong-2020
show wugong-2020:27
figures
figures --format json
figures 复议 -o {out}/figures.xlsx
check wugong-2020 --only pass
check seeds/reports/wugong-2020.txt --only pass
check {files}/报告.docx --only pass
tag 聘请3名律师担任县政府法律顾问,参与重大行政决策论证。
tag --explain 聘请3名律师担任县政府法律顾问
split seeds/reports/wugong-2020.txt
suggest -n 3
evaluate
models list
status
export -o {out}/all.jsonl
export -o {out}/all.csv
--help
add --help
""".strip().splitlines()

WRITING = """
add {files}
add {files}/报告.docx
add {files}/页.html
add {files}/报告.pdf
add --workers 2 {files}/报告.docx {files}/页.html
reports wugong-2020 --set year=2020
correct wugong-2020:81 行政执法
retag
models use 0
reindex
train --topics {files}/主题.toml --texts {files}/句子.txt --force
import {out}/moved.jsonl
remove wugong-2020
""".strip().splitlines()

_TOPICS = """[[topics]]
slug = "taste"
zh = "口味"
keywords = ["好吃", "味道", "太咸", "鲜美"]

[[topics]]
slug = "service"
zh = "服务"
keywords = ["服务员", "态度", "热情", "上菜慢"]
"""


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    command: str
    code: int
    out: str
    err: str


class Office:
    """The folder with the traps, the library, and who runs what there."""

    def __init__(self, base: Path, script: Path | None) -> None:
        self.base = base
        self.traps, self.files, self.out = base / "traps", base / "files", base / "out"
        self.marker = base / "out" / "sprung"
        self.library = base / "library"
        self.wrong: list[str] = []
        for folder in (self.traps, self.files, self.out):
            folder.mkdir()
        self.out.chmod(0o777)
        self.script = script if script and runs(script) else environment(base / "environment")
        self._lay_traps(self.traps)
        shutil.copytree(ROOT / "seeds", self.traps / "seeds")
        text = ["武功县2019年工作总结", "受理行政复议申请4件，其中维持3件，撤销1件。"]
        (self.files / "报告.docx").write_bytes(docx_bytes(text))
        other = ["武功县2017年工作总结", "出动执法人员120人次，检查企业36家，未发现问题。"]
        (self.files / "报告.pdf").write_bytes(pdf_bytes(other))
        lines = "".join(f"<p>{line}</p>" for line in [*text, "开展普法宣传20场，群众满意。"] * 3)
        page = f"<html><body><h1>甲县2018年工作总结</h1>{lines}</body></html>"
        (self.files / "页.html").write_text(page, "utf-8")
        (self.files / "主题.toml").write_text(_TOPICS, "utf-8")
        sentences = "鱼片好吃，味道鲜美。\n服务员态度热情。\n汤太咸。\n上菜慢，态度差。\n"
        (self.files / "句子.txt").write_text(sentences * 3, "utf-8")

    def _lay_traps(self, folder: Path) -> None:
        for name in _TRAPS:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(_TRAP.format(marker=str(self.marker)), "utf-8")
        for name in ("soffice", "libreoffice", "python", "python3"):
            path = folder / name
            path.write_text(f"#!/bin/sh\necho {name} >> {self.marker}\n", "utf-8")
            path.chmod(0o755)

    def run(self, command: str, nobody: bool, cwd: Path | None = None) -> Ran:
        """Run a command in the folder with the traps."""
        typed = command.format(files=self.files, out=self.out)
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": "/nonexistent" if nobody else str(self.base / "home"),
            "LANG": "C.UTF-8",
            "COLUMNS": "88",
            "GONGWEN_LIBRARY": str(self.library),
        }
        who = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if nobody else {}
        done = subprocess.run(
            [self.script, *shlex.split(typed)],
            capture_output=True, encoding="utf-8", errors="replace", env=environment,
            cwd=cwd or self.traps, stdin=subprocess.DEVNULL, timeout=_SECONDS, **who,  # type: ignore[call-overload]
        )  # fmt: skip
        ran = Ran(f"{'nobody' if nobody else 'owner'}: gongwen {typed}", done.returncode,
                  done.stdout, done.stderr)  # fmt: skip
        if self.marker.exists():
            self.wrong.append(f"{ran.command}: ran {self.marker.read_text().split()}")
            self.marker.unlink()
        if "Traceback" in ran.err or "internal error" in ran.err:
            self.wrong.append(f"{ran.command}: {ran.err[-1500:]}")
        return ran

    def expect(self, ran: Ran, code: int, out: str | None = None) -> None:
        if ran.code != code:
            self.wrong.append(f"{ran.command}: exit {ran.code}, not {code}: {ran.err[-600:]}")
        elif out is not None and untimed(ran.out) != untimed(out):
            self.wrong.append(f"{ran.command}: prints {ran.out[:300]!r}, not {out[:300]!r}")

    def read(self) -> int:
        """Let both read; their answers must be the same. Give how many commands were run."""
        readme = self.readme()
        for command, shown in readme:
            self.expect(self.run(command, nobody=True), 0, shown)
        for command in READING:
            mine = self.run(command, nobody=False)
            self.expect(mine, 0)
            for path in self.out.iterdir():
                path.unlink()
            same = None if "status" in command or "-o " in command else mine.out
            self.expect(self.run(command, nobody=True), 0, same)
            for path in self.out.iterdir():
                path.unlink()
        return len(readme) + 2 * len(READING)

    def readme(self) -> list[tuple[str, str]]:
        """Return the commands that README and docs show with output, but for the one that adds."""
        pages = (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
        text = "\n".join(page.read_text("utf-8") for page in pages)
        blocks = re.findall(
            r"<!-- output: \w+ -->\n```console\n\$ gongwen (.*?)\n(.*?)```", text, re.DOTALL
        )
        assert len(blocks) >= 4
        main = re.search(r"<!-- output: search -->\n```text\n(.*?)```", text, re.DOTALL)
        assert main
        found = main[1][main[1].index("二是全县") :]
        return [("search 法律顾问 --topic 行政执法", found), *blocks]

    def write(self, nobody: bool) -> int:
        """Let one write: the owner may, for the other there is one line, and nothing changes."""
        (self.out / "moved.jsonl").write_bytes((self.base / "moved.jsonl").read_bytes())
        for command in WRITING:
            before = self.state()
            ran = self.run(command, nobody)
            self.expect(ran, 1 if nobody else 0)
            if nobody and len(ran.err.strip().splitlines()) != 1:
                self.wrong.append(f"{ran.command}: not one line: {ran.err[-600:]!r}")
            if nobody and self.state() != before:
                self.wrong.append(f"{ran.command}: the library has changed")
        return len(WRITING)

    def state(self) -> dict[str, bytes]:
        files = (path for path in self.library.rglob("*") if path.is_file())
        return {str(f): f.read_bytes() for f in files if not f.name.startswith("library.db-")}


def untimed(text: str) -> str:
    """Return what is printed without how long it took."""
    return re.sub(r'"took_ms": [0-9.]+', "", text)


def runs(script: Path) -> bool:
    """Say whether the other user may run ``script``."""
    try:
        done = subprocess.run(
            [script, "--version"], user=_NOBODY, group=_NOBODY, extra_groups=[], cwd="/",
            capture_output=True, timeout=_SECONDS,
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0


def environment(folder: Path) -> Path:
    """Make an environment that everybody may run, and return its gongwen.

    From a Python of the system of the same version, a copy of gongwen and the packages of this one.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = shutil.which(version, path="/usr/bin:/usr/local/bin:/opt/bin")
    if not python:
        sys.exit(f"the other user may run neither this Python nor a {version} of the system")
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    found = importlib.util.find_spec("gongwen")
    assert found and found.origin
    shutil.copytree(
        Path(found.origin).parent,
        packages / "gongwen",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    others = [place for place in sys.path if place.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others) + "\n", "utf-8")
    script = folder / "bin" / "gongwen"
    code = "import sys\nfrom gongwen.cli import main\nsys.exit(main())\n"
    script.write_text(f"#!{folder}/bin/python\n{code}", "utf-8")
    script.chmod(0o755)
    if not runs(script):
        sys.exit("the other user may not run the packages that are here")
    return script


def check(base: Path, script: Path | None) -> list[str]:
    """Return what is wrong."""
    office = Office(base, script)
    count = 1
    office.expect(office.run("add seeds/reports", nobody=False), 0)
    office.expect(office.run(f"export -o {base}/moved.jsonl", nobody=False), 0)
    count += office.read()
    count += office.write(nobody=True)
    office.expect(office.run("search 法律顾问", nobody=True, cwd=office.library), 0)
    office._lay_traps(office.library)
    office.expect(office.run("search 法律顾问", nobody=True, cwd=office.library), 0)
    office.expect(office.run("status", nobody=False, cwd=office.library), 0)
    count += office.write(nobody=False)
    print(f"{count + 3} commands, gongwen {gongwen.__version__} by {office.script}")
    return office.wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gongwen", type=Path, default=Path(sys.executable).with_name("gongwen"))
    asked = parser.parse_args()
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        sys.exit("only root can become another user")
    os.umask(0o022)
    base = Path(tempfile.mkdtemp(prefix="office-"))
    base.chmod(0o755)
    try:
        wrong = check(base, asked.gongwen)
    finally:
        shutil.rmtree(base)
    for line in wrong:
        print(f"WRONG {line}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
