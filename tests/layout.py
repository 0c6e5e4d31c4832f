"""Print the layout of the sources: how many files, how long they are, and what breaks the rules.

Run ``python -m tests.layout [FOLDER]`` at the root of a checkout; without a folder it looks at the
checkout that it lies in. The architecture test asserts the same rules (:data:`RULES`).
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean, median

ROOT = Path(__file__).parents[1]
LINKED = ("nlp", "index", "models", "seeds")
"""Folders at the root of the project that are packages or data of ``gongwen``."""
SMALLEST_MEAN = 274
"""Fewest lines of a file on average. When the 140 files that the layout was made of were counted
first, they had 38,324 lines; the project may grow, but not into more and smaller files."""
SMALLEST_MEDIAN = 140
MOST_LINES = 550


@dataclass(frozen=True)
class Import:
    """One import statement of ours.

    Attributes:
        module: the file that imports.
        target: the file that is imported.
        line: where the statement stands, from 1.
        late: whether it stands inside a function.
        typing: whether it stands under ``TYPE_CHECKING``.
    """

    module: str
    target: str
    line: int
    late: bool
    typing: bool


class Layout:
    """The source files of a checkout and the imports between them."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.files = dict(self._find())
        self.dotted = {self._dotted(name): name for name in self.files}
        self.lines = {
            name: len(path.read_text("utf-8").splitlines()) for name, path in self.files.items()
        }
        self.imports = [one for name in self.files for one in self._imports(name)]

    def _find(self) -> Iterator[tuple[str, Path]]:
        app = self.root / "src" / "gongwen"
        for folder in (self.root / "nlp", self.root / "index", app):
            for path in sorted(folder.rglob("*.py")):
                if folder == app and path.relative_to(app).parts[0] in LINKED:
                    continue
                yield path.relative_to(self.root).as_posix(), path

    def _dotted(self, name: str) -> str:
        parts = name.removeprefix("src/gongwen/").removesuffix(".py").split("/")
        return ".".join(["gongwen", *(part for part in parts if part != "__init__")])

    def _imports(self, name: str) -> Iterator[Import]:
        package = self._dotted(name).split(".")
        if not name.endswith("__init__.py"):
            package.pop()
        for node, late, typing in imports_of(ast.parse(self.files[name].read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom):
                continue
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            targets = {
                self.dotted.get(f"{module}.{alias.name}") or self.dotted.get(module)
                for alias in node.names
            }
            for target in sorted(t for t in targets if t and t != name):
                yield Import(name, target, node.lineno, late, typing)

    def circles(self) -> list[list[str]]:
        """Return the groups of files that import one another, late imports and types included."""
        graph: dict[str, set[str]] = defaultdict(set)
        for one in self.imports:
            if not (one.module.endswith("__init__.py") and (one.typing or one.late)):
                graph[one.module].add(one.target)
        return [sorted(group) for group in _components(graph) if len(group) > 1]

    def names_twice(self) -> dict[str, list[str]]:
        """Return the file names that occur more than once, apart from those that mirror.

        A command under ``cli/`` mirrors the file or folder that it calls; ``__init__.py`` is no
        name.
        """
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.files:
            if "/cli/" not in name and not name.endswith("__init__.py"):
                found[name.rpartition("/")[2]].append(name)
        return {name: where for name, where in found.items() if len(where) > 1}

    def silent_late_imports(self) -> list[str]:
        """Return imports inside functions that do not say why.

        The reason stands behind ``# late: `` on their line, or above a block of imports.
        """
        found = []
        for name, path in self.files.items():
            source = path.read_text("utf-8")
            text, imports = source.splitlines(), imports_of(ast.parse(source))
            said = 0  # the last line of the block of imports that has a reason
            for node in sorted((n for n, late, _ in imports if late), key=lambda n: n.lineno):
                own = text[node.lineno - 2 : node.end_lineno]
                if node.lineno == said + 1 or any("# late: " in line for line in own):
                    said = node.end_lineno or node.lineno
                else:
                    found.append(f"{name}:{node.lineno}")
        return found


def imports_of(tree: ast.AST) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool, bool]]:
    """Yield each import statement, whether it is late, and whether it is for types alone.

    Only statements are looked into: no expression holds an import.
    """
    left = [(tree, False, False)]
    while left:
        node, late, typing = left.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, late, typing
            continue
        late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        typing = typing or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                left.append((child, late, typing))


def _components(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    """Yield the strongly connected components of a graph (Tarjan's algorithm)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            found.append(group)

    for node in sorted(graph):
        if node not in number:
            visit(node)
    yield from found


@cache
def this_layout() -> Layout:
    """Return the layout of the checkout that this file lies in."""
    return Layout(ROOT)


def main(root: Path = ROOT) -> None:
    """Print the figures and what breaks a rule."""
    layout = Layout(root)
    lengths = layout.lines
    largest = max(lengths, key=lengths.__getitem__)
    print(f"files    {len(lengths)}")
    print(f"lines    {sum(lengths.values())}")
    print(f"mean     {mean(lengths.values()):.0f} (at least {SMALLEST_MEAN})")
    print(f"median   {median(lengths.values()):g} (at least {SMALLEST_MEDIAN})")
    print(f"largest  {lengths[largest]} {largest} (at most {MOST_LINES})")
    circles = layout.circles()
    print(f"circles  {len(circles)}")
    for group in circles:
        print("         " + " ".join(group))
    twice = layout.names_twice()
    print(f"names that occur twice  {len(twice)}")
    for where in twice.values():
        print("         " + " ".join(where))
    silent = layout.silent_late_imports()
    print(f"imports in functions without a reason  {len(silent)}")
    for place in silent:
        print("         " + place)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
