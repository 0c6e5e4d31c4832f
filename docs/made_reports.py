"""Write made-up reports of three counties for three years, for screenshots and examples.

Their texts and numbers stand in made_reports.toml. None of the places, persons and numbers is real.
One sum of 清泉县 2020 does not come out, so that a check has something to find.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

_TEXT = """{county}{year}年法治政府建设工作报告

{opening}

一、主要举措和成效

（一）加强组织领导

{leading}

（二）推进行政执法规范化建设

{enforcing}

（三）深化“放管服”改革

{reforming}

（四）依法化解行政争议

{reviewing}

（五）深入开展法治宣传教育

{teaching}

（六）全面推进政务公开

{opening_up}

二、存在的问题

{problems}

三、下一步工作计划

{plans}
"""
_DATA = Path(__file__).with_suffix(".toml")


def write_reports(folder: Path) -> list[Path]:
    """Write the reports as text files, such as ``青石县2020.txt``, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for county, texts in tomllib.loads(_DATA.read_text("utf-8")).items():
        for year, numbers in texts.pop("numbers").items():
            values = numbers | {"year": year, "next": int(year) + 1}
            more = texts.get("only", {}).get(year, {})
            said = {
                name: text.format(**values) + more.get(name, "")
                for name, text in texts.items()
                if name != "only"
            }
            path = folder / f"{county}{year}.txt"
            path.write_text(_TEXT.format(county=county, year=year, **said), encoding="utf-8")
            paths.append(path)
    return paths
