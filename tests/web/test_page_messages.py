"""Messages on pages have no commands of the terminal."""

from __future__ import annotations

import re

import pytest

from gongwen.catalog import catalogue, use_language
from gongwen.nlp.seeds import read_toml, shipped
from gongwen.web.page_messages import page_message, without_commands


def hints() -> list[str]:
    """Return all messages of the catalogue that name a command, in both languages."""
    names = read_toml(shipped("command_names.toml"))[0]["commands"]
    commands = "|".join(sorted([*names, *(one for all_ in names.values() for one in all_)]))
    named = re.compile(rf"gongwen (?:{commands})(?![a-z])")
    entries = [text for pair in catalogue("zh").items() for text in pair]
    return sorted({one for one in entries if named.search(one)})


def test_no_hint_has_a_command_on_a_page() -> None:
    found = hints()
    assert len(found) > 100
    for one in found:
        shown = without_commands(one)
        assert shown
        assert "gongwen retag" not in shown and "gongwen 重标" not in shown
        assert shown not in found, one
        assert not re.search("[（(]$|“$|^；|；$", shown), (one, shown)


@pytest.mark.parametrize(
    ("message", "english", "chinese"),
    [
        (
            "unknown report 'x'; gongwen reports lists them",
            "unknown report 'x'",
            "没有这一报告：“x”",
        ),
        (
            "the index is damaged, and may not be written to; let someone who may write to it run "
            "gongwen reindex",
            "the index is damaged, and may not be written to; build the index anew on the page "
            "“State and backup”",
            "索引已损坏，且不可写入；请在“状态与备份”页重建索引",
        ),
        (
            "a.txt: not text in a known encoding; give --encoding, or save it as .txt",
            "a.txt: not text in a known encoding; save it as .txt",
            "a.txt：文本编码无法识别；请另存为 .txt",
        ),
        (
            "hardly any Chinese in the text (“hello”): gongwen reads Chinese reports only",
            "hardly any Chinese in the text (“hello”): gongwen reads Chinese reports only",
            "几乎没有中文（“hello”）：gongwen 只读中文报告",
        ),
    ],
)
def test_what_a_page_says(message: str, english: str, chinese: str) -> None:
    assert page_message(message) == english
    use_language("zh")
    assert page_message(message) == chinese
