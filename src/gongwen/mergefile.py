"""Which names are one indicator: by their likeness, or as a file says that people edit.

::

    [[merge]]
    name = "城镇新增就业"
    indicators = ["城镇新增就业", "新增城镇就业", "城镇新增就业人数"]

What the file lists is what is merged: a name that is taken out of a list stands by itself, and one
that is put in belongs to it however it is written. Other indicators are merged by their likeness.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .nlp.errors import SeedError
from .nlp.figures.likenames import indicator_key
from .nlp.seedfile import read_toml

_HEAD = """\
# Names that gongwen takes for one indicator. Take a name out of a list, and it stands by itself;
# put one in, and it belongs to it. 从列表中删去的名称不再合并，加入的名称并入该指标。
"""


@dataclass(frozen=True, slots=True)
class Merges:
    """Which names are one indicator.

    Attributes:
        names: for names that a file lists, the name of their indicator.
    """

    names: Mapping[str, str] = field(default_factory=dict)

    def group(self, indicator: str) -> str:
        """Return what all names of one indicator have in common."""
        if found := self.name(indicator):
            return found
        key = indicator_key(indicator)
        return indicator if key in {indicator_key(name) for name in self.names} else key

    def name(self, indicator: str) -> str:
        """Return the name that a file gives to an indicator, ``""`` when it does not list it."""
        return self.names.get(indicator, "")


def read_merges(path: Path) -> Merges:
    """Read a file of merges.

    Raises:
        ReadError: it is missing or not UTF-8.
        SeedError: it is not TOML, or not of this form.
    """
    content, source = read_toml(path)
    names: dict[str, str] = {}
    merges = content.get("merge", [])
    if set(content) - {"merge"} or not isinstance(merges, list):
        raise SeedError(path.name, 0, "write [[merge]] with name and indicators, and no more")
    for merge in merges:
        name = merge.get("name") if isinstance(merge, dict) else None
        listed = merge.get("indicators") if isinstance(merge, dict) else None
        if not isinstance(name, str) or not name or not isinstance(listed, list):
            raise SeedError(path.name, 0, "a [[merge]] needs name = '…' and indicators = ['…']")
        for indicator in listed:
            if not isinstance(indicator, str):
                raise SeedError(path.name, 0, f"{name}: indicators are names in quotes")
            if names.setdefault(indicator, name) != name:
                line = next(
                    (n for n, text in enumerate(source.split("\n"), 1) if f'"{name}"' in text), 0
                )
                raise SeedError(path.name, line, f"{indicator} stands in two lists")
    return Merges(names)


def merges_text(name: str, indicators: Iterable[str]) -> str:
    """Return a file of merges with one indicator."""
    listed = "".join(f"  {_quoted(indicator)},\n" for indicator in indicators)
    return f"{_HEAD}\n[[merge]]\nname = {_quoted(name)}\nindicators = [\n{listed}]\n"


def _quoted(text: str) -> str:
    """Return a TOML string; JSON escapes alike, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
