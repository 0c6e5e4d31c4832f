"""No message in English reaches a user who reads Chinese: in the sources, and when commands run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from message_strings import VALUE, Found, strings_of

from gongwen.catalog import catalogue, use_language
from gongwen.cli.shell_scripts import script
from gongwen.translation import in_language, translated

from .conftest import Command
from .test_languages import PACKAGE, sources

FOR_DEVELOPERS = frozenset(
    {"AttributeError", "TypeError"}  # a wrong call of the Python interface, as of any library
    | {"NotFittedError", "ParameterError"}  # of the estimator, which only Python code sets up
    | {"MessageError"}  # of the protocol of workers; the user is told that the reader failed
)
"""Errors whose messages no user of a command or of the page sees."""

NO_MESSAGES = {
    "ingest/message_codec.py": "reasons of MessageError",
    "ingest/messages.py": "reasons of MessageError",
    "nlp/figures/extract.py": "kinds of numbers that are no figures, for tests and traces",
    "nlp/topics/model_card.py": "the model card, a file for developers beside the model",
    "render/html_reports.py": "a page in both languages, each label in English and in Chinese",
    "render/plot.py": "names of fonts",
    "render/plot_counts.py": "places of matplotlib",
    "render/plot_drawing.py": "places of matplotlib",
    "sandbox/confinement.py": "the program that a worker begins with",
    "web/openapi.py": "the description of the interface for programs, for developers",
    "web/schemas.py": "the description of the interface for programs, for developers",
}
"""Files whose strings are not shown as messages, and what they are."""

NOT_SHOWN = {
    # what other programs say or ask for, to be recognised
    "Exception in ASGI application",
    *("Could not decode to UTF-8", "no such table", "malformed database", "PowerPoint Document"),
    *("Table of Contents", "C:/Program Files/LibreOffice/program/soffice.com"),
    "C:/Program Files (x86)/LibreOffice/program/soffice.com",
    # names that are the same in each language
    *("Rich Text Format", "Mac Roman", "code page 437"),
    # names of arrays and events, of how something is known, of what a lock is held for
    *("row of each unit", "rows of numerals", "clause end", "bigrams across marks"),
    *("digit clauses", "file name", "by hand", "models use", "trash empty"),
    *("b of 7", "terms of 7", "marked by 7"),
    *("review and plan", "problems and plan", "the class weight of 7"),
    # conditions of SQL, headings of tables of TOML, headers of HTTP and its answers
    *("report = ?1 OR other = ?1", "options of ", "Not Found", "Method Not Allowed"),
    *("text/csv; charset=utf-8", "text/html; charset=utf-8"),
    "attachment; filename=\"gongwen\"; filename*=UTF-8''7",
    "attachment; filename=\"gongwen.7\"; filename*=UTF-8''7",
    # examples of queries, which pages of help explain
    *("xzfy, fazhi", "province: city: county:"),
    # what is wrong in the code of a page, which names no more lines than a chart has
    "at most 7 lines, not 7",
    # what a shell runs
    script("powershell"),
    # styles
    *("bold red", "bold underline", "bold yellow"),
    # for the Python code that calls the estimator
    "A column-vector y was passed when a 1d array was expected; its only column is used",
    # pieces: each message that they are a part of has an entry, as the tests of notes see
    *(" without text", "1 row7 left out: 7", "7 rows7 left out: 7", "7s are 7"),
    *("hidden 7s 7 read too", "hidden 7 7 read too", "hidden 7s 7 and 7 more read too"),
    *("hidden 7 7 and 7 more read too", "1 formula has", "7 formulas have"),
    "7 no stored value (7); open and save the file in Excel or LibreOffice",
    *("7 of program code left out", "7 of text that is struck out left out"),
    # the notes of a check, which ReportCheck.missing says in the language of the user
    *("says nothing of what was done", "names no problem or shortcoming", "The report 7 (7)."),
    "says nothing of next year's plan",
    # lists: names of columns and tags
    *("report, n, text, heading, topic, also, role, author, note, at",),
    *("source, file, sha256, added, report", "report, other, jaccard, containment"),
}
"""Texts that are not shown, or only as parts of others, with the reason above them."""

ENGLISH = re.compile(r"(?<![\w./<-])[a-z]{2,} [a-z]{2,}(?![\w/])|(?<![\w./-])(?:is|are|not) ")
"""Two English words, one behind the other."""
COMMANDS = re.compile(
    r"gongwen [a-z]+(?: [a-z]+)?|pip install [\w-]+|ocrmypdf -l chi_sim|--[a-z-]+(?: [a-z]+)?"
)
"""What a user types, which is the same in each language."""


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    use_language("zh")
    yield
    use_language("en")


def is_chinese(shown: str) -> bool:
    """Return whether a text for users has no English words but those of commands."""
    return not ENGLISH.search(COMMANDS.sub("", shown))


def is_translated(text: str) -> bool:
    """Return whether a text is in Chinese by the catalogue, whole or clause by clause."""
    if text in catalogue("zh"):
        return True
    text = re.sub(r"\{(\w+)(?:![rs])?(?::[^{}]*)?\}", VALUE, text)
    for whole in (text, text.strip(" ;")):
        if (shown := translated(whole)) is not None:
            return is_chinese(shown)
    clauses = [clause for clause in text.split("; ") if clause not in (VALUE, "")]
    return len(clauses) > 0 and all(translated(clause) is not None for clause in clauses)


def name_of(path: Path) -> str:
    """Return the name of a source below the package, or below one of the folders beside it."""
    inside = path.is_relative_to(PACKAGE)
    return (path.relative_to(PACKAGE if inside else PACKAGE.parents[1])).as_posix()


@cache
def strings() -> tuple[Found, ...]:
    return tuple(dict.fromkeys(one for path in sources() for one in strings_of(path)))


def shown_strings() -> list[Found]:
    found = (one for one in strings() if name_of(one.path) not in NO_MESSAGES)
    return [one for one in found if one.raised not in FOR_DEVELOPERS and one.text not in NOT_SHOWN]


def test_every_text_that_users_may_see_is_in_the_catalogue() -> None:
    missing = {
        f"{name_of(one.path)}:{one.line}: {one.text}"
        for one in shown_strings()
        if not is_translated(one.text)
    }
    assert not sorted(missing), "\n".join(sorted(missing))


def test_what_is_left_out_is_there() -> None:
    assert [path for path in NO_MESSAGES if not (PACKAGE / path).exists()] == []
    assert sorted(NOT_SHOWN - {one.text for one in strings()}) == []


BAD_COMMANDS = [
    # what is typed wrongly
    ("serch",),
    ("seach", "复议"),
    ("search", "--foo", "复议"),
    ("search", "复议", "--county-name", "甲县"),
    ("search", "复议", "--limit", "a"),
    ("search", "复议", "--limit", "-3"),
    ("search", "复议", "--limit"),
    ("search", "复议", "--format", "foo"),
    ("search", "复议", "--format", "xlsx"),
    ("search", "复议", "--sort", "left"),
    ("search", "复议", "--window", "3"),
    ("search", "复议", "--counts", "foo"),
    ("search", "复议", "--topic", "foo"),
    ("search", "复议", "--role", "foo"),
    ("search", "复议", "--year", "去年"),
    ("search", "复议", "--year", "2021..2020"),
    ("search", "复议", "--min-probability", "2"),
    ("search", "复议", "--kind", "诗歌"),
    ("search", "复议", "--文种", "诗歌"),
    ("search", "topic:foo"),
    ("search", ""),
    ("search", "复议", "-o", "没有/结果.csv"),
    ("search", "复议", "-o", "."),
    ("search", "复议", "多余", "的"),
    ("show", "没有此报告"),
    ("show", "甲县:99"),
    ("show",),
    ("reports", "没有此报告"),
    ("reports", "甲县", "--set", "foo"),
    ("reports", "甲县", "--set", "foo=1"),
    ("reports", "甲县", "--set", "year=去年"),
    ("reports", "甲县", "--set", "date=去年"),
    ("reports", "甲县", "--set", "level=村"),
    ("reports", "--set", "year=2020"),
    ("reports", "甲县", "--year", "2020"),
    ("reports", "--counts", "topic"),
    ("similar", "甲县"),
    ("similar", "甲县:99"),
    ("correct", "甲县:99", "复议"),
    ("correct", "甲县:2", "没有此主题"),
    ("correct", "甲县:2", "enforcment"),
    ("add",),
    ("add", "没有.txt"),
    ("add", "空.txt"),
    ("add", "二进制.txt"),
    ("add", "坏.docx"),
    ("add", "坏.pdf"),
    ("add", "坏.xlsx"),
    ("add", "坏.ofd"),
    ("add", "坏.zip"),
    ("add", "坏.json"),
    ("add", "旧.xls"),
    ("add", "图.png"),
    ("add", "无正文.csv"),
    ("add", "空文件夹"),
    ("add", "好.txt", "--encoding", "foo"),
    ("add", "好.txt", "--encoding", "ascii"),
    ("add", "好.txt", "--format", "csv"),
    ("add", "好.txt", "--workers", "0"),
    ("add", "好.txt", "--min-probability", "nan"),
    ("add", "好.txt", "--max-size", "0"),
    ("import", "没有.jsonl"),
    ("import", "好.txt"),
    ("import", "坏.json"),
    ("export", "--format", "xlsx"),
    ("remove", "没有此报告"),
    ("repair", "-o", "."),
    ("models", "use", "99"),
    ("models", "use", "x"),
    ("models", "foo"),
    ("train", "没有.jsonl"),
    ("train", "坏.json"),
    ("train", "坏标注.jsonl"),
    ("train", "坏标注.csv"),
    ("train", "好.txt"),
    ("evaluate", "没有.jsonl"),
    ("evaluate", "坏标注.jsonl"),
    ("tag",),
    ("tag", "复议", "--file", "没有.txt"),
    ("tag", "复议", "--min-probability", "3"),
    ("split", "没有.txt"),
    ("check", "没有.txt"),
    ("check", "坏.docx"),
    ("check", "--form", "x"),
    ("compare", "甲县"),
    ("compare", "甲县", "没有此报告"),
    ("counts", "--by", "foo"),
    ("figures", "--pivot", "foo"),
    ("figures", "--compare", "foo"),
    ("figures", "--unit", "foo"),
    ("words", "--ngrams", "x"),
    ("words", "--sort", "x"),
    ("--lang", "fr", "status"),
    ("--library", "好.txt", "status"),
    ("--library", "空文件夹/没有", "status"),
]
"""Commands that fail, or have something to say of what they are given."""

NAMES = frozenset(
    {"gongwen", "table", "json", "JSON", "CSV", "UTF", "OCR", "PDFium", "xlsx", "text", "topic"}
    | {
        "docx",
        "txt",
        "pdf",
        "ofd",
        "html",
        "doc",
        "csv",
        "eml",
        "zip",
        "jsonl",
        "or",
        "PDF",
        "xls",
        "png",
        "REPORT",
    }
    | {"province", "city", "county", "town", "national", "title", "region", "level", "year", "kind"}
    | {"agency", "date", "address", "role", "report", "unit", "counts", "heading", "sentence"}
    | {"boilerplate", "utf", "gb", "big", "en", "zh", "nan", "ms", "kwic", "left", "right", "XLSX"}
    | {"count", "ratio", "logdice", "wugong", "enforcement", "open", "government", "licensing"}
    | {"reform", "search"}
)
"""Names of commands, programs, formats, fields, choices and topics, which are typed so."""


@pytest.fixture
def in_folder(
    gongwen_in: Callable[[Path], Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Commands in a folder with a library of one report and files of all kinds of damage."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGWEN_LANG", "zh")
    report = "甲县2021年法治政府建设工作报告\n一、复议\n全年办理行政复议案件12件。\n"
    files: dict[str, bytes] = {
        "甲县.txt": report.encode(),
        "好.txt": report.replace("甲", "乙").encode(),
        "空.txt": b"",
        "二进制.txt": bytes(range(256)) * 4,
        "坏.docx": b"PK\x03\x04" + bytes(40),
        "坏.pdf": b"%PDF-1.7\n" + bytes(40),
        "坏.xlsx": b"PK\x03\x04" + bytes(40),
        "坏.ofd": b"PK\x03\x04" + bytes(40),
        "坏.zip": b"PK\x03\x04" + bytes(40),
        "坏.json": b'{"text": "\xe5\x85\xa8\xe5\xb9\xb4", ',
        "旧.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "图.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
        "无正文.csv": "地区,年份\n甲县,2021\n".encode(),
        "坏标注.jsonl": '{"text": "办案。", "topic": "没有"}\n{"text": 3}\n'.encode(),
        "坏标注.csv": "句子,备注\n办案。,无\n".encode(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "空文件夹").mkdir()
    run = gongwen_in(tmp_path / "library")
    assert run("add", "甲县.txt").code == 0
    return run


@pytest.mark.parametrize("command", BAD_COMMANDS, ids=" ".join)
def test_what_a_command_says_is_chinese(in_folder: Command, command: tuple[str, ...]) -> None:
    said = in_folder(*command).err
    assert re.search("[一-鿿]", said), said
    assert is_chinese(said), said
    typed = "|".join(re.escape(one) for one in command if one.isascii())
    said = "\n".join(line for line in said.splitlines() if line[:2] != "用法")
    rest = re.sub("“[^”]*”", "", COMMANDS.sub("", said))
    latin = set(re.findall("[A-Za-z]{2,}", re.sub(typed, "", rest) if typed else rest))
    assert latin - NAMES - set(command) == set(), said


def test_a_message_that_nobody_knows_stays_as_it_is() -> None:
    for message in ("no such message", "a: b; c", "", "甲乙: row", "{} {0} {", "7" * 30_000):
        assert in_language(message) == message


MESSAGES = [
    (
        "unknown report '甲; did you mean 乙?'; did you mean 丙?",
        "没有这一报告：“甲; did you mean 乙?”；是不是 丙？",
    ),
    ("unknown topic 'it\\'s'; topics are 执法, 复议", "没有这一主题：“it's”；主题有：执法、复议"),
    ("a.csv: row 3: topic is missing", "a.csv：第 3 行：缺少主题"),
    (
        "topics.toml:3: unknown key name; the keys are slug, zh",
        "topics.toml：第 3 行：未知的键 name；可用的键有 slug、zh",
    ),
    ("reports: no such file", "reports：没有此文件"),
    ("a: b.txt: the file is empty", "a：b.txt：文件是空的"),
    ("x.db: cannot be opened (database is locked)", "x.db：无法打开（数据库被占用）"),
    ("x.db: cannot be opened (nobody knows why)", "x.db：无法打开（nobody knows why）"),
    (
        "a.npz: damaged; run gongwen models use N; stopped after 2 of 5 files, and what is stored"
        " stays; give the same command again to go on",
        "a.npz：已损坏；请执行“gongwen 模型 启用 编号”；文件共 5 个，处理 2 个后中止，"
        "已存入的内容保留；再次执行同一命令即可继续",
    ),
    (
        "the text of the report a is damaged; gongwen status --deep says what else is damaged,"
        " gongwen repair makes a new library of what is whole",
        "报告 a 的正文已损坏；可用“gongwen 状态 --全面校验”查看其他损坏之处，"
        "用“gongwen 修复”把完好的内容转入新报告库",
    ),
    (
        "3 rows left out: row 4, row 9 (its text is the error #N/A),"
        " row 12 (7 cells under 3 columns)",
        "略去 3 行：第 4 行、第 9 行（其文本是错误值 #N/A）、第 12 行（3 列之下有 7 格）",
    ),
    ("hidden rows 3, 4 and 5 more read too", "隐藏的第 3、4 等行（另有 5 行）也已读取"),
    (
        "pages 2, 4 of 9: a scan without text, left out; to have it too, run OCR on the file first,"
        " for example ocrmypdf -l chi_sim --skip-text IN OUT",
        "",
    ),
    (
        "Error: Invalid value for '--limit' / '-n': 'a' is not a valid int range.",
        "错误：“--limit”、“-n”的值无效：“a”不是整数。",
    ),
    ("first line\nno such file", "first line\n没有此文件"),
]
"""Messages and how they are shown; only that they are Chinese, where nothing stands."""


@pytest.mark.parametrize(("message", "shown"), MESSAGES)
def test_a_message_is_put_together_again(message: str, shown: str) -> None:
    found = in_language(message)
    assert found == shown or (not shown and is_chinese(found.replace("--skip-text IN OUT", "")))
    use_language("en")
    assert in_language(message) == message


def test_a_message_made_to_take_long_is_left_alone() -> None:
    for hostile in ("unknown ", "a: ", "; ", "'", "damaged: ", "cannot be read (", ", row 3 ("):
        in_language(hostile * 400)
        in_language(f"x: {hostile * 400}; the file is damaged")


def test_an_unknown_name_is_kept_as_it_is_typed() -> None:
    assert in_language("unknown topic 'no such file'") == "没有这一主题：“no such file”"
    assert in_language("no such file.txt: no such file") == "no such file.txt：没有此文件"
