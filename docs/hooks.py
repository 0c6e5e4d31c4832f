"""What mkdocs does beyond its settings: generated pages, two languages, links into the checkout."""

from __future__ import annotations

import importlib.util
import posixpath
import re
from pathlib import Path
from types import ModuleType
from typing import Any

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
_OPERATIONS = "<!-- generated: operations -->"
_LINK = re.compile(
    r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])+)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)"
)


def _generate() -> ModuleType:
    """Return docs/generate.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are generated, and those of the checkout."""
    generate = _generate()
    made = {
        "reference/cli.md": generate.cli_page("en"),
        "zh/reference/cli.md": generate.cli_page("zh"),
    }
    for source, page in PROJECT.items():
        made[page] = (ROOT / source).read_text("utf-8")
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Put in what is generated, and turn links into the checkout into links that lead somewhere."""
    path = page.file.src_uri
    if _OPERATIONS in markdown:
        markdown = markdown.replace(_OPERATIONS, _generate().operations_page())
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


def on_page_context(context: Any, page: Any, config: Any, nav: Any) -> Any:
    """Give each page the language that it is written in; the theme has its own words in both."""
    config.theme["language"] = "zh" if page.file.src_uri.startswith("zh/") else "en"
    return context
