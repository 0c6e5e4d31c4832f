"""Word lists: what a file may hold, and the patterns that are built from it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from layout import this_layout

import gongwen
import gongwen.nlp
from gongwen.nlp.checking.finding import load_splits
from gongwen.nlp.errors import ReadError, SeedError
from gongwen.nlp.vocabulary import Word, WordLists, any_of, load_words, shipped_words


def write(folder: Path, source: str) -> Path:
    path = folder / "words.txt"
    path.write_text(source, "utf-8")
    return path


def test_groups_entries_and_comments(tmp_path: Path) -> None:
    source = "# verbs\n[done]\n受理\n\n# more\n条 除 条例 条件\n整改 除 未整改 限 整改。\n"
    source += "[rate]\r\n通 限 通电话 通。\r\n"
    assert load_words(write(tmp_path, source), ("done", "rate")) == {
        "done": (
            Word("受理"),
            Word("条", ("条例", "条件")),
            Word("整改", ("未整改",), ("整改。",)),
        ),
        "rate": (Word("通", (), ("通电话", "通。")),),
    }


@pytest.mark.parametrize(
    ("source", "line", "problem"),
    [
        ("受理\n", 1, "before the first group"),
        (
            "[done]\n受理\n[doen]\n办结\n",
            3,
            "unknown group [doen]; the groups of this file are done",
        ),
        ("[done]\n受理\n[done]\n办结\n", 3, "begins at line 1 already"),
        ("[done]\n", 1, "the group [done] is empty"),
        ("# nothing\n", 0, "the group [done] is missing"),
        ("[done]\n受理\n办结\n受理\n", 4, "受理 stands at line 2 already"),
        ("[done]\n复议\n復議\n", 3, "stands at line 2 already"),
        ("[done]\n受理 办结\n", 2, "one word a line"),
        ("[done]\n共计?\n", 2, "a word has no '?'"),
        ("[done]\n(?:受理|办结)\n", 2, "a word has no '('"),
        ("[done]\n受理 # 案件\n", 2, "a word has no '#'"),
        ("[done]\n受\x07理\n", 2, "a word has no '\\x07'"),
        ("[Done]\n受理\n", 1, "before the first group"),
        ("[done]\n[受理\n", 2, "a word has no '['"),
        ("[done]\n" + "受" * 21 + "\n", 2, "at most 20 characters"),
        ("[done]\n受理。\n", 2, "。 stands only"),
        ("[done]\n条 除\n", 2, "needs words behind it"),
        ("[done]\n条 除 限 条例\n", 2, "除 needs words behind it"),
        ("[done]\n条 除 条例 限 条例\n", 2, "条例 stands twice"),
        ("[done]\n条 除 法律\n", 2, "must be longer than 条 and hold it"),
        ("[done]\n条 除 条\n", 2, "must be longer than 条 and hold it"),
        ("[done]\n条 除 条例 条例\n", 2, "条例 stands twice"),
        ("[done]\n条 限 。条\n", 2, "。 stands only at the end"),
        ("[done]\n条 除 " + " ".join(f"条{chr(0x4E00 + i)}" for i in range(101)), 2, "at most 100"),
    ],
)
def test_a_bad_entry_is_named_with_file_and_line(
    tmp_path: Path, source: str, line: int, problem: str
) -> None:
    with pytest.raises(SeedError) as caught:
        load_words(write(tmp_path, source), ("done",))
    assert caught.value.line == line
    assert "words.txt" in str(caught.value)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_one_that_is_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file"):
        load_words(tmp_path / "none.txt", ("done",))
    (tmp_path / "gbk.txt").write_bytes("[done]\n受理\n".encode("gbk"))
    with pytest.raises(ReadError, match="not UTF-8"):
        load_words(tmp_path / "gbk.txt", ("done",))


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        (Word("受理"), "依法受理案件", [2]),
        (Word("条", ("条例", "一条龙")), "条例3条,一条龙,二条龙", [3, 10]),
        (Word("能", ("功能", "智能", "人工智能")), "能,功能,智能,性能", [0, 9]),
        (Word("在", ("社会在", "存在")), "社会在,会在,存在", [5]),
        (Word("通", (), ("通电话", "接通。")), "通电话,接通,接通了,通", [0, 5]),
        (Word("项", (), ("事项", "项。", "项0")), "事项目,项,项5,项目", [1, 4, 6]),
        (Word("整改", ("未整改",), ("整改。", "整改完成")), "整改,未整改,整改率,整改完成", [0, 11]),
        (Word("帐户"), "帐户,账户", [0, 3]),
        (Word("12345"), "12345,1234", [0]),
    ],
)
def test_where_a_word_is_found(word: Word, text: str, found: list[int]) -> None:
    assert [m.start() for m in re.finditer(any_of([word]), text)] == found


def test_the_longest_word_counts_whatever_the_order() -> None:
    words = ["建", "建设", "建设性", "办"]
    for order in (words, words[::-1]):
        assert re.findall(any_of(order), "建设性建设建办") == ["建设性", "建设", "建", "办"]


def test_nothing_is_read_before_a_word_is_asked_for() -> None:
    words = WordLists("no-such-list", "a")
    assert words.name == "no-such-list"
    with pytest.raises(ReadError, match=r"no-such-list\.txt"):
        words.pattern("a")


# The lists that ship.


@cache
def shipped_lists() -> dict[str, WordLists]:
    """Return every word list that a module of ours declares, by name."""
    found: dict[str, WordLists] = {}
    for name in this_layout().dotted:
        if name.startswith(
            ("gongwen.nlp.", "gongwen.readers.", "gongwen.figures.", "gongwen.research.")
        ):
            module = import_module(name)
            found |= {v.name: v for v in vars(module).values() if isinstance(v, WordLists)}
    return found


FOLDER = shipped_words("")
FILES = sorted(path.name for path in FOLDER.iterdir())


def test_every_shipped_list_is_used_and_every_used_list_ships() -> None:
    lists = {f"{name}.txt" for name in shipped_lists()}
    assert lists == {name for name in FILES if name.endswith(".txt")}
    assert len(lists) >= 15


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".txt")])
def test_a_shipped_list_loads_and_says_what_its_groups_are_for(name: str) -> None:
    words = shipped_lists()[name.removesuffix(".txt")]
    loaded = load_words(FOLDER / name, words.groups)
    assert set(loaded) == set(words.groups)
    for group in words.groups:
        pattern = re.compile(words.pattern(group))
        plain = [word for word in loaded[group] if not word.required]
        assert all(pattern.match(word.text) for word in plain)
        assert all(pattern.search(c.rstrip("。")) for w in loaded[group] for c in w.required)
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    headers = [n for n, line in enumerate(lines) if line.startswith("[")]
    assert all(lines[n - 1].startswith("# ") for n in headers)


def test_the_splits_of_a_whole_load_and_say_what_is_wrong(tmp_path: Path) -> None:
    assert len(load_splits(FOLDER / "partitions.toml")) >= 15
    good = '[[split]]\nsides = [["男"], ["女"]]\n'
    assert len(load_splits(write(tmp_path, good))) == 1
    for bad, line, problem in (
        ('sides = [["男"]]', 4, "two lists"),
        ('sides = [["男"], []]', 4, "a side must be a list of words"),
        ('sides = [["男"], ["女", "男"]]', 4, "男 stands twice"),
        ('sides = [["男"], ["女?"]]', 4, "a word has no '?'"),
        ('sides = [["男"], [""]]', 4, "at least one character"),
        ('side = [["男"], ["女"]]', 4, "unknown key side"),
        ("sides = [", 5, "not TOML"),
    ):
        with pytest.raises(SeedError, match=re.escape(problem)) as caught:
            load_splits(write(tmp_path, f"{good}\n[[split]]\n{bad}\n"))
        assert caught.value.line == line, bad
    for bad, problem in (("[split]\n", "needs splits"), ("[[parts]]\n", "unknown table parts")):
        with pytest.raises(SeedError, match=problem):
            load_splits(write(tmp_path, bad))


PROBE = """
from gongwen.nlp import extract_figures
from gongwen.nlp.document.roles import role_of_sentence
for f in extract_figures("全年开展督察12轮次,走访商户3500家。"):
    print(f.indicator, f.value, f.unit)
print(role_of_sentence("个别窗口服务掉链子。"))
"""


def run_with(folder: Path) -> list[str]:
    """Return what the probe prints with the package in ``folder``."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\n{PROBE}"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-I", "-c", code],
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    return done.stdout.splitlines() or [done.stderr.strip().splitlines()[-1]]


def test_a_new_word_is_a_new_line_of_a_list(tmp_path: Path) -> None:
    package = tmp_path / "gongwen"
    package.mkdir()
    shutil.copy(gongwen.__file__, package)
    shutil.copytree(gongwen.nlp.__path__[0], package / "nlp")
    shutil.copytree(Path(str(FOLDER)).parent, package / "seeds")
    assert run_with(tmp_path) == ["督察 12 轮", "走访商户 3500 家", "None"]

    def append(name: str, group: str, word: str) -> None:
        path = package / "seeds" / "vocabulary" / f"{name}.txt"
        text = path.read_text("utf-8")
        assert f"[{group}]\n" in text
        path.write_text(text.replace(f"[{group}]\n", f"[{group}]\n{word}\n"), "utf-8")

    append("units", "occasion", "轮次")
    append("roles", "weak", "掉链子")
    assert run_with(tmp_path) == ["督察 12 轮次", "走访商户 3500 家", "problem"]
    append("units", "occasion", "轮?次")
    assert "units.txt:" in run_with(tmp_path)[0]
    assert "a word has no '?'" in run_with(tmp_path)[0]
