"""Draw a pivot or counts as a picture: an HTML page, PNG or SVG image. Needs the extra ``plot``.

The pictures are made by matplotlib. These libraries were tried on the same two indicators of 37
reports:

- matplotlib 3.11: 25 MB to download, 77 MB installed beside NumPy, 2 s to the first PNG image; a
  page of 0.1 MB that holds an SVG image and no script; wheels for Windows and Linux on ARM and for
  musl too;
- altair 6 with vl-convert 1.9: 36 MB, 98 MB installed, 2.5 s; no wheel for Windows on ARM nor for
  musl; a page of 0.9 MB with Vega inlined, which builds functions from text, so that its security
  policy had to allow ``unsafe-eval``; nothing that keeps the labels of marks apart;
- plotnine 0.15: matplotlib with pandas, scipy and statsmodels, five times the size, 4 s; no HTML.

What is drawn how:

- A *result* is a filled mark. Results of one kind of period of one region are joined: solid from
  year to year, dashed over years without a value. Plans, forecasts, standards and values of unknown
  status are hollow marks of other shapes and are not joined.
- A value of several years (``span``, ``cumulative``) is a bar over its years below the lines, or
  left out and counted in a note; it is never a point among yearly values.
- Up to seven regions share one panel. Of more, each has a panel, or, with values of one or two
  years, a row with dots. When all values are of one year, rows have bars.

Counts by one facet are bars. Counts by the year and a facet of up to seven values are lines, with
one or two years bars side by side; those by any two other facets are a matrix whose cells are the
darker the more sentences they have.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..catalog import _
from ..figures.pivot import Pivot
from ..nlp.errors import WriteError, quoted
from ..research.crosstab import CountTable
from .html_reports import figure_page
from .plot_counts import CountChart
from .plot_drawing import ID_PREFIX, Drawing
from .plot_layout import WIDTH, picture_of

SUFFIXES = (".html", ".png", ".svg")
"""The kinds of files that can be drawn."""
COUNT_SUFFIXES = (".png", ".svg")
"""Those of pictures of counts."""
_DPI = 220
_MAX_PAGE = 1_400_000
"""Resolution of a PNG image in dots an inch, and about the largest page in bytes."""
_FAMILIES = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC",
    "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Noto Sans CJK", "Source Han Sans", "DengXian", "SimHei", "STHeiti",
    "Heiti", "Sarasa", "LXGW", "SimSun", "Songti", "STSong", "Noto Serif CJK", "Source Han Serif",
    "Droid Sans Fallback", "AR PL", "Arial Unicode MS",
)  # fmt: skip
"""Beginnings of the names of fonts with Chinese characters, the preferred ones first."""
_VIEWER_FONTS = (
    "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC','Hiragino Sans GB',"
    "'WenQuanYi Micro Hei',SimHei,'DejaVu Sans',sans-serif"
)
"""Fonts of the texts of an SVG image, of which a viewer takes the first that it has."""
_SVG = "http://www.w3.org/2000/svg"


def check_plot(path: Path, suffixes: Sequence[str] = SUFFIXES) -> None:
    """Check that a picture can be drawn to ``path``; called before long work.

    Raises:
        WriteError: the suffix is none of ``suffixes``, matplotlib is not installed, or a PNG
            image is asked for and no font here has Chinese characters.
    """
    if path.suffix.lower() not in suffixes:
        message = _("{path}: a picture is .html, .png or .svg")
        if suffixes == COUNT_SUFFIXES:
            message = _("{path}: a picture of counts is .png or .svg")
        raise WriteError(message.format(path=quoted(str(path))))
    if find_spec("matplotlib") is None:
        raise WriteError(_("drawing needs matplotlib: pip install matplotlib"))
    if path.suffix.lower() == ".png":
        _fonts_for("年")


def draw(found: Pivot, suffix: str) -> tuple[bytes, list[str]]:
    r"""Draw a pivot.

    Args:
        found: the pivot.
        suffix: one of :data:`SUFFIXES`.

    Returns:
        The content of the file, and what is to be said to the user, a line each.

    Raises:
        WriteError: as :func:`check_plot`.

    Example:
        >>> content, notes = draw(found, ".png")
        >>> content[:8]
        b'\x89PNG\r\n\x1a\n'
    """
    check_plot(Path(f"plot{suffix}"))
    drawing = Drawing(picture_of(found), titled=suffix.lower() != ".html")
    content, notes = _rendered(drawing, drawing.picture.title, suffix)
    if suffix.lower() == ".html":
        page = figure_page(found, content.decode(), _MAX_PAGE)
        return page.encode("utf-8", "xmlcharrefreplace"), notes
    return content, notes


def _rendered(
    drawing: Drawing | CountChart, title: str, suffix: str, width: float = WIDTH
) -> tuple[bytes, list[str]]:
    """Return the content of an image, for a page without its declaration, and what is to be said.

    Raises:
        WriteError: a PNG image is asked for and no font here has Chinese characters.
    """
    import matplotlib as mpl  # late: an extra, and heavy
    from matplotlib.figure import Figure  # late: an extra, and heavy

    png = suffix.lower() == ".png"
    families, missing = ["DejaVu Sans"], set[str]()
    try:
        families, missing = _fonts_for(drawing.texts())
    except WriteError:
        if png:
            raise
    notes = []
    if missing and png:
        drawing.replaced = dict.fromkeys(map(ord, missing), "?")
        message = _("no font here has {characters}; in the picture a question mark stands for each")
        notes.append(message.format(characters="".join(sorted(missing)[:20])))
    settings: Any = {
        "font.family": families,
        "text.parse_math": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "gongwen",
    }
    buffer = io.BytesIO()
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()  # whatever a file of the user's says
        mpl.rcParams.update(settings)
        warnings.simplefilter("ignore", UserWarning)  # characters that a viewer's fonts have
        figure = Figure(figsize=(width, drawing.height), facecolor="white")
        drawing.draw_on(figure)
        if png:
            figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
            return buffer.getvalue(), notes
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(_SVG_METADATA))
    svg = _finished_svg(buffer.getvalue(), title, drawing.named)
    if suffix.lower() == ".html":
        return svg.encode(), notes
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n'.encode(), notes


def draw_counts(
    found: CountTable, suffix: str, title: str, said: Sequence[str]
) -> tuple[bytes, list[str]]:
    """Draw counts by one or two facets, in percent when the table has shares.

    Args:
        found: the table.
        suffix: one of :data:`COUNT_SUFFIXES`.
        title: a line above the picture.
        said: lines under it.

    Returns:
        As :func:`draw`.

    Raises:
        WriteError: as :func:`check_plot`.
    """
    check_plot(Path(f"plot{suffix}"), COUNT_SUFFIXES)
    chart = CountChart(found, title, said)
    return _rendered(chart, chart.title, suffix, chart.width)


_FONT_SHORTHAND = re.compile(r"\bfont: ([\d.]+px) [^;]+")
_FONT_FAMILY = re.compile(r"font-family: [^;]+;? ?")
"""How the fonts of a text are written: by older and by newer versions of matplotlib."""
_COORDINATES = {"d", "x", "y", "transform"}
_DECIMALS = re.compile(r"(\.\d\d)\d+")
_SVG_METADATA = ("Date", "Creator", "Format", "Type")


# -- fonts and files ------------------------------------------------------------------------------


def _fonts_for(text: str) -> tuple[list[str], set[str]]:
    """Return names of installed fonts for a text, and its characters that none of them has.

    Raises:
        WriteError: there is no font with Chinese characters.
    """
    needed = {c for c in text if c > "\u024f"}
    names: list[str] = []
    for name, path in _chinese_fonts():
        have = needed & _characters(path)
        if have or not names:
            names.append(name)
            needed -= have
        if not needed:
            break
    if not names:
        message = _(
            "no font with Chinese characters is installed; install one, as fonts-noto-cjk, "
            "or write .html or .svg, which use the fonts of who looks at them"
        )
        raise WriteError(message)
    return [*names, "DejaVu Sans"], {c for c in needed if not c.isspace()} - _characters("")


def _chinese_fonts() -> list[tuple[str, str]]:
    """Return name and path of the installed fonts with Chinese characters, preferred ones first."""
    from matplotlib import font_manager  # late: an extra, and heavy

    manager = font_manager.fontManager

    def known() -> list[tuple[str, str]]:
        fonts = [(f.name, f.fname) for f in manager.ttflist if Path(f.fname).exists()]
        ranks = {name: i for i, name in reversed(list(enumerate(_FAMILIES)))}
        ranked = [
            (min((ranks[b] for b in ranks if name.startswith(b)), default=None), name, path)
            for name, path in fonts
        ]
        best = sorted((rank, name, path) for rank, name, path in ranked if rank is not None)
        return list({name: (name, path) for _rank, name, path in best}.values())

    if found := known():
        return found
    for path in font_manager.findSystemFonts():  # fonts newer than matplotlib's list of them
        if path not in {f.fname for f in manager.ttflist}:
            with contextlib.suppress(Exception):  # a file that only looks like a font
                manager.addfont(path)
    every = [(f.name, f.fname) for f in manager.ttflist if Path(f.fname).exists()]
    return known() or [(name, path) for name, path in every if set("年人元") <= _characters(path)]


@cache
def _characters(path: str) -> frozenset[str]:
    """Return the characters of a font, of ``""`` those of the font that comes with matplotlib."""
    from matplotlib import font_manager, ft2font  # late: an extra, and heavy

    try:
        codes = ft2font.FT2Font(path or font_manager.findfont("DejaVu Sans")).get_charmap()
    except (OSError, RuntimeError):
        return frozenset()
    return frozenset(map(chr, codes))


def _finished_svg(content: bytes, title: str, named: Sequence[tuple[str, str]]) -> str:
    """Return an SVG image with classes, tooltips and a title, for the fonts of any machine."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(content)
    root.set("role", "img")
    root.set("aria-label", title)
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for element in root.iter():
        name = element.get("id", "")
        if name[:1] not in ("m", "p") or "_" in name or "." in name:
            element.attrib.pop("id", None)  # nothing refers to it
        if name.startswith(ID_PREFIX):
            kind, tooltip = named[int(name.removeprefix(ID_PREFIX))]
            element.set("class", kind)
            if tooltip:
                said = ElementTree.Element(f"{{{_SVG}}}title")
                said.text = tooltip
                element.insert(0, said)
        for key in _COORDINATES & element.attrib.keys():
            element.set(key, _DECIMALS.sub(r"\1", element.attrib[key]).strip())
        if element.tag == f"{{{_SVG}}}text":
            style = _FONT_SHORTHAND.sub(r"font-size: \1", element.get("style", ""))
            element.set("style", _FONT_FAMILY.sub("", style))
        if element.tag == f"{{{_SVG}}}style":
            element.text = f"{element.text or ''} text{{font-family: {_VIEWER_FONTS}}}"
        if not (element.text or "").strip():
            element.text = None
        element.tail = "\n" if element.tag == f"{{{_SVG}}}g" else None
    return ElementTree.tostring(root, "unicode")
