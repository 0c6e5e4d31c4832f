"""What mkdocs does beyond its settings: generated pages, two languages, links into the checkout."""

from __future__ import annotations

import importlib.util
import posixpath
import re
import shutil
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PROJECT = {
    "ARCHITECTURE.md": "project/architecture.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "models/README.md": "project/model.md",
    "models/vectors.md": "project/vectors.md",
    "models/EXPERIMENTS.md": "project/experiments.md",
    "benchmarks/README.md": "project/benchmarks.md",
}
"""Files outside of docs/ that have a page, and where."""
_copies: list[Path] = []
"""Copies of the package that this build made."""
_GENERATED = re.compile(r"<!-- generated: (commands|operations) (en|zh) -->")
_LINK = re.compile(
    r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])+)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)"
)

_EXAMPLE = re.compile(r"^( +)Example:$", re.MULTILINE)
_ROLE = re.compile(r":(?:class|func|data|attr|meth|mod|exc):`~?(?:[\w.]+\.)?(\w+)`")


def _generate() -> ModuleType:
    """Return docs/generate.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@event_priority(100)  # before mkdocstrings takes its settings
def on_config(config: Any) -> Any:
    """Give mkdocstrings a copy of the package that it can read.

    It takes a folder without ``__init__.py`` for one of scripts, ``Example:`` for prose, and roles
    of Sphinx for text.
    """
    copy = Path(tempfile.mkdtemp(prefix="gongwen-docs-"))
    _copies.append(copy)
    shutil.copytree(
        ROOT / "src" / "gongwen",
        copy / "gongwen",
        ignore=lambda folder, names: [
            one for one in names if not one.endswith(".py") and not (Path(folder) / one).is_dir()
        ],
    )
    for source in (copy / "gongwen").rglob("*.py"):
        text = _EXAMPLE.sub(r"\1Examples:", source.read_text("utf-8"))
        source.write_text(_ROLE.sub(r"`\1`", text), "utf-8")
    for folder in [one for one in (copy / "gongwen").rglob("*") if one.is_dir()]:
        (folder / "__init__.py").touch()
    config.plugins["mkdocstrings"].config.handlers["python"]["paths"] = [str(copy)]
    return config


def on_post_build(config: Any) -> None:
    """Remove that copy."""
    _remove_copies()


def on_build_error(error: Exception, **_more: Any) -> None:
    """Likewise; mkdocs does not call the one above then."""
    _remove_copies()


def _remove_copies() -> None:
    while _copies:
        shutil.rmtree(_copies.pop(), ignore_errors=True)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the checkout outside of docs/."""
    for source, page in PROJECT.items():
        text = (ROOT / source).read_text("utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Put in what is generated, and turn links into the checkout into links that lead somewhere."""
    path = page.file.src_uri
    markdown = _GENERATED.sub(_generated, markdown)
    origin = {made: source for source, made in PROJECT.items()}.get(path, f"docs/{path}")

    def link(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        real = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        if real in PROJECT:
            aim = PROJECT[real]
        elif real.startswith("docs/") and files.get_file_from_path(real.removeprefix("docs/")):
            aim = real.removeprefix("docs/")
        elif real == "README.md":
            aim = "index.md"
        elif (ROOT / real).exists() and not (ROOT / real).is_relative_to(ROOT / "docs"):
            return text  # a file of the checkout that has no page
        else:
            return found[0]  # mkdocs says that it leads nowhere
        return f"[{text}]({posixpath.relpath(aim, posixpath.dirname(path) or '.')}{anchor})"

    return _LINK.sub(link, markdown)


def _generated(found: re.Match[str]) -> str:
    generate = _generate()
    made: str = (
        generate.commands(found[2]) if found[1] == "commands" else generate.operations_part()
    )
    return made


def on_page_context(context: Any, page: Any, config: Any, nav: Any) -> Any:
    """Give each page the language that it is written in; the theme has its own words in both."""
    config.theme["language"] = "zh" if page.file.src_uri.startswith("zh/") else "en"
    return context
