"""Figures of reports that were never written, for tests of tables."""

from __future__ import annotations

from typing import Any

from gongwen.figures.figure_table import FigureRow
from gongwen.nlp.records import Figure
from gongwen.results import Report


def stated(value: float, unit: str = "人", report: str = "丁县2021", **known: Any) -> FigureRow:
    """Return the figure of a report; an exact result of 2021 but for what is given."""
    given: dict[str, Any] = {
        "n": 1,
        "start": 0,
        "end": 1,
        "indicator": "就业",
        "kind": "quantity",
        "qualifier": "",
        "approximate": False,
        "raw": f"{value}{unit}",
        "year": 2021,
        "status": "result",
        "period_kind": "year",
    }
    given |= known
    place, year = report[:-4], int(report[-4:])
    said = given.pop("sentence", f"就业{given['raw']}。")
    level = given.pop("level", "county")
    if isinstance(given["year"], int) and "period_start" not in given:
        given |= {"period_start": str(given["year"]), "period_end": str(given["year"])}
    at = said.find(given["raw"])
    given |= {"start": at, "end": at + len(given["raw"])}
    return FigureRow(
        Figure(report=report, value=value, unit=unit, **given),
        Report(
            id=report,
            source=f"{report}.txt",
            sentences=2,
            sha256="",
            added="",
            title=f"{report}年工作总结",
            region=place,
            year=year,
            level=level,
        ),
        said,
        0,
        "achievement",
        "",
    )  # fmt: skip


FIVE_YEARS: dict[str, Any] = {"period_kind": "span", "year": "2021-2025", "period": "五年来"}
FIVE_YEARS |= {"period_start": "2021", "period_end": "2025"}
