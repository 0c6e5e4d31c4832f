"""The command ``help``: the help of a command, and pages on what several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import typer

from ..catalog import _, current_language, gettext_noop, in_brackets
from ..nlp.fields import CHOICES, FIELDS, UNIT_NAMES
from ..nlp.text.normalize import fold
from .chinese_names import alike, chinese_names, joined
from .help_text import did_you_mean, path_of
from .options import PageFormat
from .output import (
    say,
)

_QUERY = (
    ("法律 顾问", gettext_noop("sentences that have all of these words; spaces mean AND")),
    (
        '"行政规范性文件"',
        gettext_noop("exactly this, whatever marks stand in it; never a word that means the same"),
    ),
    ('="“放管服”改革"', gettext_noop("exactly this with these marks")),
    ("复议 OR 诉讼", gettext_noop("one of the two; OR in capital letters")),
    ("执法 -城管", gettext_noop("without a word; NOT 城管 means the same")),
    ("topic:行政执法", gettext_noop("of a topic; 主题:行政执法 too")),
    ("role:问题", gettext_noop("of a role: 举措与成效, 问题, 计划 or 背景; 角色:问题 too")),
    ("地区:武功县", gettext_noop("of reports with a field; gongwen help fields lists them")),
    ("年份:2018..2021", gettext_noop("of reports of these years; 2018.. and ..2021 are open")),
    ("报告:wugong-2020", gettext_noop("of one report, by its id")),
    ("句类:小标题", gettext_noop("of a kind of text: 标题, 小标题, 正文 or 套话")),
    ("ISO*", gettext_noop("words that begin so, in letters or digits")),
    ("* 主题:行政执法", gettext_noop("all sentences that the conditions leave")),
    ("xzfy, fazhi", gettext_noop("by sound: first letters or pinyin, when nothing is found")),
    (
        "发现自己被别人冒名入职了怎么办",
        gettext_noop("a whole question finds sentences with some of its words"),
    ),
)
_QUERY_NOTES = (
    gettext_noop(
        "Words may be written in full width or in Traditional characters. When nothing has all of "
        "the words, words that mean the same are tried, then any of them, and that is said "
        "(--synonyms never leaves it off)."
    ),
    gettext_noop(
        "In a shell put the query in single quotes when it has double quotes, * or spaces: gongwen "
        "search '\"行政规范性文件\" role:问题'."
    ),
)
_FIELD_NOTES = (
    gettext_noop(
        "Each is a filter in a query (地区:武功县), an option (--region 武功县), and a facet of "
        "--counts and --by; gongwen reports --set 年份=2020 corrects it."
    ),
)
_FORMATS = {
    "table": gettext_noop("a table for people; the default in the terminal"),
    "json": gettext_noop("one object with everything, for programs"),
    "jsonl": gettext_noop("an object a line, for programs"),
    "csv": gettext_noop("a table for spreadsheets, UTF-8"),
    "xlsx": gettext_noop("a workbook; needs -o FILE.xlsx"),
    "html": gettext_noop("a page to read and print; of check and compare"),
}
_FORMAT_NOTES = (
    gettext_noop(
        "--format chooses one, or the name of the file: -o 结果.xlsx. Results go to standard "
        "output, notes and errors to standard error."
    ),
)
_NAME_NOTES = (
    gettext_noop(
        "Commands and options have Chinese names, in place of the English ones. Dashes and letters "
        "may be full width: gongwen 搜索 法律顾问 －－主题 行政执法."
    ),
)
_OPTION_OF_CHOICE = {"figure": "figures --kind", "句类": "search --kind"}
"""What a key of the table of values is called, where that is not an option."""

_TAKEN = {
    "by": ("sentence", "report", "topic", "role", "unit", *(f.name for f in FIELDS if f.facet)),
    "pivot": ("region", "year", "report"),
    "compare": ("year", "region"),
}
"""The values of options that have names for more."""


def _query() -> Iterator[tuple[str, str]]:
    yield from ((example, _(meaning)) for example, meaning in _QUERY)


def _fields() -> Iterator[tuple[str, str]]:
    example = _("as {example}")
    for one in FIELDS:
        if one.matching or one.settable:
            names = _("、").join(one.chinese)
            yield one.name, f"{names}{_('; ')}{example.format(example=one.example)}"


def _formats() -> Iterator[tuple[str, str]]:
    yield from ((one.value, _(_FORMATS[one.value])) for one in PageFormat)


def _values() -> Iterator[tuple[str, str]]:
    names = {**CHOICES, "句类": {name: "/".join(kinds) for name, kinds in UNIT_NAMES.items()}}
    for option, values in names.items():
        by_value: dict[str, list[str]] = {}
        for chinese, value in values.items():
            if value in _TAKEN.get(option, (value,)):
                by_value.setdefault(value, []).append(chinese)
        listed = (f"{value} {'/'.join(known)}" for value, known in by_value.items())
        yield _OPTION_OF_CHOICE.get(option, f"--{option}"), _("; ").join(listed)


_Rows = Callable[[], Iterator[tuple[str, str]]]
PAGES: Mapping[str, tuple[tuple[str, ...], str, _Rows, tuple[str, ...]]] = {
    "query": (
        ("查询", "查询语言"),
        gettext_noop("What a query may hold"),
        _query,
        _QUERY_NOTES,
    ),
    "fields": (
        ("字段",),
        gettext_noop("What is known of a report"),
        _fields,
        _FIELD_NOTES,
    ),
    "formats": (
        ("格式", "输出格式"),
        gettext_noop("In which formats results are written"),
        _formats,
        _FORMAT_NOTES,
    ),
    "values": (
        ("取值",),
        gettext_noop("The values of options in Chinese"),
        _values,
        (),
    ),
    "names": (
        ("名称", "中文名称"),
        gettext_noop("The Chinese names of commands and options"),
        lambda: iter(()),
        _NAME_NOTES,
    ),
}
"""The pages by name: Chinese names, heading, what stands in it, and what is said below it."""


def help_(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND|PAGE]...",
            help="A command, as search or 搜索, or a page: query, fields, formats, values, names.",
        ),
    ] = None,
) -> None:
    """Show the help of a command, or a page on the query language, fields, formats or names.

    Example: gongwen help search

    Example: gongwen help query
    """
    root = context.find_root()
    if not names:
        say(root.get_help())
        say()
        say(_pages_line())
        return
    typed = fold(names[0].strip())
    page = next((p for p, (known, *_rest) in PAGES.items() if typed in (p, *known)), "")
    if page and len(names) == 1:
        say(_page(root, page))
        return
    say(_of_command(root, names).get_help())


def _pages_line() -> str:
    """Return the line that lists the pages."""
    named = (
        page if current_language() == "en" else f"{known[0]}（{page}）"
        for page, (known, *_rest) in PAGES.items()
    )
    return _("More: gongwen help {pages}").format(pages=_(" | ").join(named))


def _of_command(root: Any, names: list[str]) -> Any:
    """Return the context of a command, with which it shows its help."""
    inside = root
    for name in names:
        group = inside.command
        commands = getattr(group, "commands", {})
        typed, path = fold(name.strip()), path_of(inside)
        known = typed if typed in commands else chinese_names().command(path, typed, commands)
        if not known:
            near = group.commands_alike(path, typed) if commands else []
            if not path:
                pages = {
                    name: p for p, (chinese, *_rest) in PAGES.items() for name in (p, *chinese)
                }
                near += [pages[one] for one in alike(typed, pages)]
            message = _("there is no command or page {name}").format(name=joined(path, name))
            inside.fail(message + did_you_mean(list(dict.fromkeys(near))))
        made = commands[known]
        inside = made.context_class(
            made, info_name=known, parent=inside, help_option_names=root.help_option_names
        )
    return inside


def _page(root: Any, page: str) -> str:
    """Return a page as text."""
    _chinese, heading, rows, notes = PAGES[page]
    formatter = root.make_formatter()
    formatter.write_heading(heading)
    with formatter.indentation():
        if page == "names":
            _write_names(root, formatter)
        else:
            formatter.write_rows(list(rows()))
    for text in notes:
        formatter.write("\n")
        formatter.write_paragraph_of(_(text))
    written: str = formatter.getvalue()
    return written.rstrip("\n")


def _write_names(root: Any, formatter: Any) -> None:
    """Write the Chinese names of all commands, then those of all options."""
    table = chinese_names()
    commands: list[tuple[str, str]] = []
    options: dict[str, str] = {}

    def collect(group: Any, path: str) -> None:
        for name, command in group.commands.items():
            inside = joined(path, name)
            commands.append((inside, "、".join(table.of_command(inside))))
            for option in command.params:
                for one in (*option.opts, *option.secondary_opts):
                    if one.startswith("--"):
                        own = name in table.own and one[2:] in table.own[name]
                        shown = f"{one}{in_brackets(name)}" if own else one
                        options[shown] = "、".join(table.of_option(inside, one[2:]))
            if hasattr(command, "commands"):
                collect(command, inside)

    collect(root.command, "")
    for option in root.command.get_params(root):
        for one in option.opts:
            if one.startswith("--"):
                options[one] = "、".join(table.of_option("", one[2:]))
    formatter.write_rows(commands)
    formatter.write("\n")
    formatter.write_rows(sorted(options.items()))
