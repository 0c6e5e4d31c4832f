"""Figures against gold figures: pair them by place, count what agrees, and show it as a table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gongwen.nlp import Figure, extract_figures

GOLD = Path(__file__).parent / "nlp" / "figures_gold.jsonl"
GOLD2 = GOLD.with_name("figures_gold2.jsonl")
KINDS = ("quantity", "percent", "ratio", "money", "rank", "change", "range", "date")
_TOLERANCE = 1e-4
_MARKS = re.compile(r"[“”\"'‘’「」《》·\s]")
_SHARE_OF = re.compile(r"(?<=占)(.+)(?:比重|比例)$")
_SCOPE = re.compile(r"^(?:全[年省市县区国镇]|[本我][省市县区])")

Gold = dict[str, Any]
Pair = tuple[Gold | None, Figure | None]


def gold_rows(path: Path = GOLD) -> list[Gold]:
    """Return the sentences with their gold figures."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def pairs_of(row: Gold) -> list[Pair]:
    """Return each gold figure of ``row`` with the one read that overlaps it most, and the rest."""
    read = list(extract_figures(row["text"], row["year"]))
    pairs: list[Pair] = []
    for gold in row["figures"]:
        best = max(read, key=lambda f: _overlap(gold, f), default=None)
        if best is not None and _overlap(gold, best) > 0:
            read.remove(best)
            pairs.append((gold, best))
        else:
            pairs.append((gold, None))
    return [*pairs, *((None, figure) for figure in read)]


def _overlap(gold: Gold, figure: Figure) -> int:
    return min(gold["end"], figure.end) - max(gold["start"], figure.start)


def same_value(gold: Any, read: Any) -> bool:
    """Say whether two values are the same, lists one by one."""
    if isinstance(gold, list) and isinstance(read, list):
        return len(gold) == len(read) and all(map(same_value, gold, read))
    if isinstance(gold, int | float) and isinstance(read, int | float):
        return abs(gold - read) <= _TOLERANCE
    return bool(gold == read)


def plain(name: str) -> str:
    """Return an indicator without what does not tell it from another: marks, scope, 数, 的.

    X占Y比重 and X占Y的比重 are X占Y.
    """
    name = _SCOPE.sub("", _MARKS.sub("", name)).removesuffix("数").replace("的", "")
    return _SHARE_OF.sub(r"\1", name)


def _known(row: Gold, name: str) -> set[str]:
    named = [gold for gold in row["figures"] if gold["indicator"] == name]
    return {name}.union(*(gold["accept"] for gold in named))


def right_names(row: Gold, name: str) -> set[str]:
    """Return the names under which the gold knows the indicator ``name`` of ``row``.

    Of 行政复议申请·受理 also 新收行政复议申请·受理, where that is a right name of the whole.
    """
    names = _known(row, name)
    for dotted in [n for n in names if "·" in n]:
        whole, _, own = dotted.rpartition("·")
        names |= {other + own for other in _known(row, whole)}
    return set(map(plain, names))


@dataclass
class Score:
    """What agrees, in some of the figures.

    ``agree`` counts for each attribute how many of those where either side has one agree.
    """

    gold: int = 0
    read: int = 0
    right: int = 0
    named: int = 0
    names: int = 0
    paired: int = 0
    kinds: int = 0
    agree: dict[str, list[int]] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Of the figures read, those whose value and unit are right."""
        return self.right / self.read if self.read else 1.0

    @property
    def recall(self) -> float:
        """Of the gold figures, those that are read with the right value and unit."""
        return self.right / self.gold if self.gold else 1.0

    @property
    def indicator(self) -> float:
        """Of the gold figures but the dates, those that are read and named right."""
        return self.named / self.names if self.names else 1.0

    def add(self, row: Gold, gold: Gold | None, read: Figure | None) -> None:
        """Count one pair."""
        self.gold += gold is not None
        self.read += read is not None
        if gold is not None and gold["kind"] != "date":
            self.names += 1
            self.named += read is not None and is_named(row, gold, read)
        if gold is None or read is None:
            return
        self.paired += 1
        self.right += is_right(gold, read)
        self.kinds += gold["kind"] == read.kind
        role = read.role if read.role in ("from", "to") else ""
        for what, one, other, same in (
            ("approximate", gold["approximate"], read.approximate, None),
            ("direction", gold.get("direction", ""), read.direction, None),
            ("role", gold.get("role", ""), role, None),
            ("part_of", gold.get("part_of", ""), read.part_of, right_names),
        ):
            if one or other:
                agree = plain(other) in same(row, one) if same and one else one == other
                counts = self.agree.setdefault(what, [0, 0])
                counts[0] += bool(agree)
                counts[1] += 1


def is_right(gold: Gold, read: Figure) -> bool:
    """Say whether value and unit of ``read`` are right."""
    return same_value(gold["value"], read.value) and gold["unit"] == read.unit


def is_named(row: Gold, gold: Gold, read: Figure) -> bool:
    """Say whether the indicator of ``read`` is right."""
    return plain(read.indicator) in right_names(row, gold["indicator"])


def score(rows: Iterable[Gold], kind: str = "") -> Score:
    """Return the score over ``rows``, of one kind (by the gold, else by what was read)."""
    total = Score()
    for row in rows:
        for gold, read in pairs_of(row):
            own = gold["kind"] if gold is not None else read.kind if read is not None else ""
            if not kind or kind == own:
                total.add(row, gold, read)
    return total


def table(rows: Sequence[Gold]) -> Iterator[str]:
    """Yield the lines of a Markdown table: all, ordinary and tricky, halves, kinds."""
    yield "| figures | gold | read | precision | recall | indicator | kind |"
    yield "|---|---|---|---|---|---|---|"
    groups = {
        "all": score(rows),
        "ordinary sentences": score(row for row in rows if not row["tricky"]),
        "tricky sentences": score(row for row in rows if row["tricky"]),
        "odd sentences": score(row for row in rows if int(row["id"][1:]) % 2),
        "even sentences": score(row for row in rows if not int(row["id"][1:]) % 2),
        **{kind: score(rows, kind) for kind in KINDS},
    }
    for name, own in groups.items():
        named = f"{own.indicator:.3f}" if own.names else ""
        kinds = own.kinds / own.paired if own.paired else 1.0
        yield (
            f"| {name} | {own.gold} | {own.read} | {own.precision:.3f} | {own.recall:.3f} "
            f"| {named} | {kinds:.3f} |"
        )
    yield ""
    agree = groups["all"].agree
    yield "; ".join(f"{what} {a}/{b}" for what, (a, b) in agree.items())
