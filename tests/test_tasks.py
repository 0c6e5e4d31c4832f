"""docs/tasks.md has thirty tasks, and every command and the Python in it runs."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

import gongwen
from gongwen.cli import main

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tasks.md").read_text("utf-8")
COMMANDS = re.findall(r"^ +gongwen (.+)$", PAGE, re.MULTILINE)
BODY = (
    "一、工作回顾\n各位代表：\n深化“放管服”改革，优化营商环境，全面推行“双随机、一公开”。\n"
    "坚持依法行政，建设法治政府和数字政府，推动高质量发展。\n{}\n"
)
REPORTS = {
    "1991-国务院-政府工作报告": "一九九一年政府工作报告\n"
    + BODY.format("坚持计划生育。\n" + "思想政治工作要加强。\n" * 3),
    "2019-国务院-政府工作报告": "2019年国务院政府工作报告\n" + BODY.format("赤字率拟按2.8%安排。"),
    "2021-国务院-政府工作报告": "2021年国务院政府工作报告\n"
    + BODY.format("赤字率拟按3.2%左右安排。"),
    "2026-广东省-政府工作报告": "2026年广东省政府工作报告\n"
    + BODY.format("2025年地区生产总值增长3.9%，居民人均可支配收入增长4.3%。\n加强行政复议。"),
    "2026-山东省-政府工作报告": "2026年山东省政府工作报告\n" + BODY.format("发展人工智能。"),
    "武功县-2019": "武功县2019年法治政府建设工作总结\n一、主要工作\n推行法律顾问制度。\n"
    "二是强化投入力度。县委、县政府将普法教育经费、法治政府建设经费等相关标准列入全县年度财政预算并及时"
    "划拨,足额到位,确保法治武功建设办公经费的落实,为法治政府建设提供强有力的经费保障。\n",
    "武功县-2020": (ROOT / "seeds" / "reports" / "wugong-2020.txt").read_text("utf-8"),
    "武功县-2021": "武功县2021年法治政府建设工作总结\n一、主要工作\n"
    "落实国发〔2021〕5号文件。\n办理行政复议案件4件。\n",
}
"""The seed, and short reports with the names that the page uses."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tasks")
    (made / "reports").mkdir()
    for name, text in REPORTS.items():
        (made / "reports" / f"{name}.txt").write_text(text, "utf-8")
    library = gongwen.open(made / "my-reports")
    library.add([made / "reports"])
    library.close()
    return made


def test_there_are_thirty_tasks() -> None:
    numbers = re.findall(r"^(\d+)\. .+ / .+$", PAGE, re.MULTILINE)
    assert numbers == [str(n) for n in range(1, 31)]
    assert len(COMMANDS) >= 29


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_answers(
    folder: Path,
    tmp_path: Path,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "--plot" in command:
        pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    arguments = shlex.split(command)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    library = str(folder / "my-reports")
    monkeypatch.setattr(sys, "argv", ["gongwen", "--library", library, *arguments])
    try:
        main()
    except SystemExit as error:
        assert not error.code, capsys.readouterr().err
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    named = [arguments[i + 1] for i, one in enumerate(arguments) if one in ("-o", "--plot")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(named)
    assert all((tmp_path / name).stat().st_size for name in named)
    assert named or out


def test_the_python_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="to_pandas needs it")
    matplotlib = pytest.importorskip("matplotlib", reason="plots need it")
    matplotlib.use("Agg")
    monkeypatch.chdir(folder)
    code = re.search(r"```python\n(.+?) +```", PAGE, re.DOTALL)
    assert code
    names: dict[str, object] = {"gongwen": gongwen}
    exec("\n".join(line.strip() for line in code[1].splitlines()), names)
    found = names["found"]
    assert isinstance(found, gongwen.Results)
    assert len(found) == found.total > 3
    assert "<mark" in found[:3]._repr_html_()
