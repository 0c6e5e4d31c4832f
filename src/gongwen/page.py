"""One HTML page for reading and printing: it fetches nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .nlp.cleaning import SILENT

_STYLE = """
:root { color-scheme: light; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; background: #fff;
  font: 15px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
    "WenQuanYi Micro Hei", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.3; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid #d5dae1; }
p { margin: .5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; }
dt { color: #5b6675; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: baseline; padding: .25rem .6rem .25rem 0;
  border-bottom: 1px solid #e6e9ee; }
th { color: #5b6675; font-weight: 600; white-space: nowrap; }
td { overflow-wrap: anywhere; }
.n { text-align: right; padding-right: 1.2rem; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.figure { font-size: 1.25rem; font-weight: 600; }
.topic { min-width: 9.2em; }
.topic small { color: #5b6675; }
.warn { background: #fff3e0; border-left: 4px solid #e08a2c; padding: .3rem .8rem; }
.wide { overflow-x: auto; }
svg { display: block; max-width: 100%; height: auto; font-family: inherit; }
svg text { fill: #1c2430; }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg .light { fill: #fff; }
svg .axis { fill: #5b6675; }
svg .frame { fill: none; stroke: #9aa4b2; }
svg .grid { stroke: #e6e9ee; }
svg .ideal { stroke: #9aa4b2; stroke-dasharray: 5 4; }
svg .curve { fill: none; stroke: #2b6cb0; stroke-width: 2; }
svg .point { fill: #2b6cb0; }
svg .bar { fill: #b9cde4; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; }
  h2, p { break-after: avoid; } svg, tr, dl { break-inside: avoid; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, body: Sequence[str]) -> str:
    """Return a whole page with ``title`` above ``body``, which is HTML already."""
    whole = "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="zh-Hans">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            f"<h1>{escape(title)}</h1>",
            *body,
            "</body>\n</html>\n",
        ]
    )
    return SILENT.sub("", whole)  # control characters are none of HTML


def html_table(
    heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], numbers: tuple[int, ...]
) -> str:
    """Return a table; cells are HTML already, and the columns ``numbers`` align to the right."""

    def line(tag: str, cells: tuple[str, ...]) -> str:
        made = (
            f'<{tag} class="n">{cell}</{tag}>' if i in numbers else f"<{tag}>{cell}</{tag}>"
            for i, cell in enumerate(cells)
        )
        return f"<tr>{''.join(made)}</tr>"

    body = "\n".join(line("td", row) for row in rows)
    return f"<table>\n<thead>{line('th', heads)}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
