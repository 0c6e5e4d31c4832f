"""Make the parts of the documentation that are not written by hand.

``commands`` is the help of every command, ``operations_part`` the requests of the interface for
programs with an example that is really answered. ``docs/hooks.py`` calls both when the site is
built, so that no page can be behind the code.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import shlex
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [one for one in (str(ROOT / "src"), str(ROOT / "docs")) if one not in sys.path]

_ADDRESS = "http://127.0.0.1:8765"
_REPORT = "青石县2020"
_MOST_ITEMS, _MOST_CHARACTERS = 1, 60

# --- the command line -----------------------------------------------------------------------------

_HEADS = {"en": ("Name", "What it is"), "zh": ("名称", "说明")}


class _MarkdownFormatter:
    """Takes the help of a command as the command line writes it, and makes Markdown of it."""

    def __init__(self, language: str) -> None:
        self.width, self.current_indent = 10_000, 0
        self._language = language
        self._lines: list[str] = []

    def getvalue(self) -> str:
        return "\n".join(self._lines) + "\n"

    def write(self, text: str) -> None:
        if text.strip():
            self._lines += [_escaped(text.strip()), ""]

    def write_usage(self, program: str, arguments: str = "", prefix: str | None = None) -> None:
        self._lines += ["```text", f"{program} {arguments}".strip(), "```", ""]

    def write_paragraph(self) -> None:
        self._lines.append("")

    def write_text(self, text: str) -> None:
        for paragraph in text.split("\n\n"):
            self.write_paragraph_of(self._said(" ".join(paragraph.split())))

    def _said(self, text: str) -> str:
        from gongwen.catalog import _

        return _(text) if text else ""

    def write_paragraph_of(self, text: str) -> None:
        head, found, example = _example(text)
        if found:
            self._lines += ["```console", f"$ {example}", "```", ""]
        elif text:
            self._lines += [_escaped(head), ""]

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        self._lines += [f"**{self._said(name)}**", ""]
        yield

    @contextmanager
    def indentation(self) -> Iterator[None]:
        yield

    def write_dl(self, rows: Sequence[tuple[str, str]], *_widths: int) -> None:
        from gongwen.cli.help_text import help_of

        self.write_rows([(name, help_of(text)) for name, text in rows])

    def write_rows(self, rows: Sequence[tuple[str, str]], *_widths: int) -> None:
        first, second = _HEADS[self._language]
        self._lines += [f"| {first} | {second} |", "|---|---|"]
        for name, text in rows:
            # In the code of a table a bar cannot be escaped but as HTML.
            cell = html.escape(" ".join(name.split())).replace("|", "&#124;")
            said = _escaped(" ".join(text.split()), table=True)
            self._lines.append(f"| <code>{cell}</code> | {said} |")
        self._lines.append("")


def _example(text: str) -> tuple[str, bool, str]:
    """Return a paragraph, whether it is an example, and the example."""
    for mark in ("Example: ", "例："):
        if text.startswith(mark + "gongwen"):
            return text, True, text.removeprefix(mark)
    return text, False, ""


def _escaped(text: str, table: bool = False) -> str:
    """Return text as Markdown that shows it as it is."""
    escaped = re.sub(r"([\\`*_\[\]<>#])", r"\\\1", text)
    return escaped.replace("|", "\\|") if table else escaped


def commands(language: str) -> str:
    """Return the help of all commands in a language, as Markdown."""
    from gongwen.catalog import current_language, use_language
    from gongwen.cli.app import whole
    from gongwen.cli.chinese_names import chinese_names

    before = current_language()
    use_language(language)
    try:
        parts = list[str]()
        for path, context in _contexts(whole()):
            formatter = _MarkdownFormatter(language)
            context.command.format_help(context, formatter)
            names = "、".join(chinese_names().of_command(path)) if language == "zh" else ""
            head = f"gongwen {path}".strip()
            parts.append(f"## {head} {{ #{head.replace(' ', '-')} }}\n")
            if names:
                parts.append(f"中文名称：{names}\n")
            parts.append(formatter.getvalue())
        return "\n".join(parts)
    finally:
        use_language(before)


def _contexts(app: Any) -> Iterator[tuple[str, Any]]:
    """Yield the path and the context of the command line and of every command in it."""

    def below(command: Any, name: str, parent: Any, path: str) -> Iterator[tuple[str, Any]]:
        context = command.context_class(
            command, info_name=name, parent=parent, **command.context_settings
        )
        yield path, context
        for one in getattr(command, "commands", {}):
            child = command.commands[one]
            if not child.hidden:
                yield from below(child, one, context, f"{path} {one}".strip())

    yield from below(app, "gongwen", None, "")


# --- the interface for programs -------------------------------------------------------------------

_PATHS = {"report": _REPORT, "n": "10"}
_QUERIES: Mapping[str, Sequence[tuple[str, str]]] = {
    "search": [("q", "法律顾问"), ("topic", "enforcement"), ("year", "2019..2021"), ("limit", "1")],
    "similar": [("report", _REPORT), ("n", "10"), ("elsewhere", "true"), ("limit", "1")],
    "reports": [("year", "2020")],
    "sentences": [("offset", "9"), ("limit", "1")],
    "concordance": [("q", "行政执法"), ("sort", "left"), ("limit", "1")],
    "copies": [("year", "2019..2021"), ("limit", "1")],
    "counts": [("q", "行政复议"), ("by", "region"), ("by", "year")],
    "figures": [("indicator", "行政复议申请"), ("limit", "1")],
    "words": [("year", "2020"), ("limit", "1")],
    "compare": [("before", "青石县2019"), ("after", _REPORT)],
    "suggest": [("limit", "1")],
    "add": [("name", "青石县2022.txt")],
}
"""Parameters of the examples; the others have what the description says."""
_FILE = "青石县2022年法治政府建设工作报告\n全年办理行政复议案件4件。\n"
"""What the example of a request with a file sends."""
_WAITED = ("train", "retag")
"""Operations that take long and answer as the one does that builds the index anew."""


def operations() -> tuple[Any, ...]:
    """Return all operations of the interface, as the description has them."""
    from gongwen.web.api import all_operations

    return all_operations()


def operations_part() -> str:
    """Return what can be asked, as Markdown: each operation with an example and its answer."""
    parts: list[str] = []
    groups: dict[str, list[Any]] = {}
    with answering() as answer:
        for one in operations():
            groups.setdefault(one.group, []).append(one)
        for group, members in groups.items():
            parts.append(f"### {group.capitalize()}\n")
            for one in members:
                parts += _operation(one, answer(one))
    return "\n".join(parts)


@contextmanager
def answering() -> Iterator[Any]:
    """Open a library of made-up reports, and yield a function that runs an example on it."""
    from made_reports import write_reports
    from starlette.datastructures import QueryParams

    import gongwen
    from gongwen.web.operations import Asked
    from gongwen.web.settings import ServeSettings
    from gongwen.web.site import Site

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "library"
        with gongwen.open(folder) as library:
            library.add(write_reports(Path(scratch) / "reports"))
        site = Site(ServeSettings(folder=folder))
        job = ""

        def answer(one: Any) -> Any:
            nonlocal job
            if one.name in _WAITED:
                return None
            query = QueryParams(list(example_query(one)))
            path = dict(example_path(one))
            if "job" in path:
                path["job"] = job
            values = one.values(query, path, example_body(one))
            found = one.run(Asked(site, values, uploads=_uploads(values) if one.file else None))
            if one.long:
                job = found["job"]
                while site.jobs.get(job).state in ("waiting", "running"):
                    time.sleep(0.02)
            return _without(found, f"{scratch}/")

        try:
            yield answer
        finally:
            site.close()


def _uploads(values: Mapping[str, Any]) -> Any:
    """Return the file of an example as the server keeps it."""
    from gongwen.web.uploads import keep_body

    async def sent() -> AsyncIterator[bytes]:
        yield _FILE.encode("utf-8")

    return asyncio.run(keep_body(sent(), values["name"]))


def examples() -> dict[str, Any]:
    """Return an answer of each operation by its name, with the first entries of its lists."""
    made: dict[str, Any] = {}
    with answering() as answer:
        for one in operations():
            made[one.name] = _first_entries(answer(one))
    for name in _WAITED:
        made[name] = made["reindex"] | {"kind": name}
    return made


def _first_entries(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _first_entries(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_first_entries(one) for one in value[:_MOST_ITEMS]]
    return value


def write_examples() -> None:
    """Write the answers that the description in OpenAPI shows."""
    sys.path[:0] = [str(ROOT / "docs")]
    file = ROOT / "src" / "gongwen" / "web" / "api_examples.json"
    text = json.dumps(examples(), ensure_ascii=False, indent=1, default=str)
    file.write_text(text + "\n", "utf-8")


def example_query(one: Any) -> Sequence[tuple[str, str]]:
    """Return the parameters of the example of an operation."""
    return _QUERIES.get(one.name, ())


def example_path(one: Any) -> Iterator[tuple[str, str]]:
    """Yield the parts of the example's path by name."""
    for name in re.findall(r"\{(\w+)", one.path):
        value = "0" if one.name == "use_model" else _PATHS.get(name, "JOB")
        yield name, value


def example_body(one: Any) -> dict[str, Any]:
    """Return the body of the example."""
    return {p.name: p.example for p in one.body if p.example is not None}


def curl(one: Any) -> str:
    """Return the example of an operation as a command for a shell."""
    path = one.path
    for name, value in example_path(one):
        path = path.replace(f"{{{name}}}", value)
    address = f"{_ADDRESS}/api/v1{path}"
    parts = ["curl"]
    if one.method == "GET":
        given = example_query(one)
        parts += ["-G"] if given else []
        parts.append(address)
        parts += [f"--data-urlencode {shlex.quote(f'{name}={text}')}" for name, text in given]
    else:
        given = example_query(one)
        parts += ["-X", one.method, address + (f"?{urlencode(given)}" if given else "")]
        if one.body:
            body = json.dumps(example_body(one), ensure_ascii=False)
            parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body)}"]
        if one.file:
            parts += ["-H 'Content-Type: application/octet-stream'"]
            parts += [f"--data-binary @{dict(given)['name']}"]
    return " ".join(parts)


def shortened(value: Any) -> Any:
    """Return an answer with the first entry of each list, and long text cut."""
    if isinstance(value, Mapping):
        return {name: shortened(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        some = [shortened(one) for one in value[:_MOST_ITEMS]]
        return [*some, f"… {len(value) - len(some)} more"] if len(value) > len(some) else some
    if isinstance(value, str) and len(value) > _MOST_CHARACTERS:
        return value[:_MOST_CHARACTERS] + "…"
    return value


def _without(value: Any, folder: str) -> Any:
    """Return an answer whose file names do not name the folder of the examples."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return json.loads(text.replace(json.dumps(folder, ensure_ascii=False)[1:-1], ""))


def _operation(one: Any, answer: Any) -> list[str]:
    """Return the part of the page on one operation."""
    lines = [
        f"#### {one.name} {{ #{one.name} }}\n",
        f"`{one.method} /api/v1{one.path}`\n",
        f"{_escaped(one.about)}\n",
    ]
    given = [*one.query, *one.body]
    if given:
        lines += ["| parameter | what it is |", "|---|---|"]
        for p in given:
            said = [p.about] if p.about else []
            said += ["needed"] if p.needed else []
            said += ["may be repeated"] if p.many else []
            said += [f"one of {', '.join(p.choices)}"] if p.choices else []
            said += [f"by default {p.default}"] if p.default not in (None, "", 0) else []
            cell = _escaped("; ".join(said), table=True)
            lines.append(f"| `{p.name}` | {cell} |")
        lines.append("")
    lines += ["```console", f"$ {curl(one)}", "```", ""]
    if answer is None:
        lines += ["It is answered with a job, as [reindex](#reindex) is.", ""]
    else:
        text = json.dumps(shortened(answer), ensure_ascii=False, indent=2, default=str)
        lines += [f"Answers {'202' if one.long else '200'}:", "", "```json", text, "```", ""]
    return lines


if __name__ == "__main__":
    write_examples()
