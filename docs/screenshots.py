"""Make the pictures of docs/images from the running page.

``python docs/screenshots.py`` adds made-up reports to a library of its own, serves it, opens every
view in chromium at two widths, and writes PNG files with a palette. ``--only NAME`` makes those of
one view, ``--output FOLDER`` writes elsewhere. A view that does not answer is named, and the exit
code is 1; the pictures that were made stay.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
WIDE, NARROW = 1280, 390
HEIGHTS = {WIDE: 860, NARROW: 844}
TOTAL_BYTES = 2_500_000
"""Most bytes of all pictures together."""
_COLOURS = 96
_REPORT = "青石县2020"
_TEXT = (
    "全年共收到行政复议申请9件，其中受理5件，不予受理3件。接待群众来访480人次，比上年增加70人次。"
)

Step = tuple[str, ...]
"""What is done before the picture: ``("click", SELECTOR)``, ``("fill", SELECTOR, TEXT)``,
``("press", KEY)``, ``("wait", SELECTOR)``, ``("top", SELECTOR)`` (scroll it to the top)."""

_CHECK: tuple[Step, ...] = (
    ("fill", "#text", _TEXT),
    ("click", "form:has(#text) button.primary"),
    ("wait", ".finding"),
)


@dataclass(frozen=True)
class View:
    """A view of the page that has pictures.

    Attributes:
        name: of the picture, to which language and width are added: ``search-zh-1280.png``.
        path: its address.
        steps: what is done before.
        languages: languages in which it is shown.
        login: show it as somebody who must log in.
    """

    name: str
    path: str
    steps: tuple[Step, ...] = ()
    languages: tuple[str, ...] = ("zh",)
    login: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its pictures."""
        return tuple(self.file(lang, width) for lang in self.languages for width in HEIGHTS)

    def file(self, lang: str, width: int) -> str:
        """Return the name of one picture."""
        return f"{self.name}-{lang}-{width}.png"


VIEWS = (
    View("search", "/search?q=法律顾问", languages=("zh", "en")),
    View("reports", "/search?q=行政复议&by=report"),
    View("concordance", "/search?q=行政执法&view=kwic&sort=left"),
    View("similar", f"/similar?report={_REPORT}&n=10"),
    View("library", "/library", languages=("zh", "en")),
    View("trash", "/library/trash"),
    View("status", "/library/status"),
    View("report", f"/reports/{_REPORT}", languages=("zh", "en")),
    View("counts", "/counts?by=region&by=year&topic=行政执法", (("top", "#results"),)),
    View("figures", "/figures?indicator=行政复议申请&view=pivot", (("top", "#results"),)),
    View("compare", "/compare?before=青石县2019&after=青石县2020", (("top", "#overview"),)),
    View("check-form", "/check"),
    View("check", "/check", _CHECK),
    View("teach", "/teach", languages=("zh", "en")),
    View("help", "/help"),
    View("login", "/login", login=True),
)
"""All pictures of the documentation."""


def names() -> set[str]:
    """Return the names of all pictures."""
    return {file for view in VIEWS for file in view.files}


def small(png: bytes) -> bytes:
    """Return a picture with a palette, which takes a third of the bytes."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    made = io.BytesIO()
    image.quantize(_COLOURS, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    return made.getvalue()


def shoot(browser: Any, address: str, view: View, lang: str, width: int) -> bytes | None:
    """Return the picture of a view, ``None`` if there is no such view."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        locale="zh-CN" if lang == "zh" else "en-US",
        reduced_motion="reduce",
    )
    try:
        page = context.new_page()
        answer = page.goto(address + view.path)
        if answer is None or answer.status != 200:
            return None
        for kind, *values in view.steps:
            if kind == "click":
                page.locator(values[0]).first.click()
            elif kind == "fill":
                page.locator(values[0]).fill(values[1])
            elif kind == "press":
                page.keyboard.press(values[0])
            elif kind == "top":
                page.locator(values[0]).first.evaluate("e => e.scrollIntoView()")
            elif kind == "wait":
                page.locator(values[0]).first.wait_for()
            else:
                raise ValueError(f"unknown step {kind!r}")
        page.wait_for_load_state("networkidle")
        return small(page.screenshot())
    finally:
        context.close()


def main() -> None:
    """Make the pictures that are asked for."""
    parser = argparse.ArgumentParser(description="Make the pictures of docs/images.")
    parser.add_argument("--only", action="append", choices=[view.name for view in VIEWS])
    parser.add_argument("--output", type=Path, default=IMAGES)
    asked = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "docs"), str(ROOT)]
    import made_reports
    from tests.browsing import CHROMIUM, chromium, served

    import gongwen

    if not CHROMIUM:
        sys.exit("there is no chromium: apt install chromium")

    missing = []
    asked.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        reports = made_reports.write_reports(Path(scratch) / "reports")
        folder = Path(scratch) / "library"
        with gongwen.open(folder) as library:
            library.add(reports)
            library.remove("云岭县2019")  # so that there is something in the trash
        with (
            served(folder) as address,
            served(folder, token="a token of the pictures") as closed,
            chromium() as browser,
        ):
            for view in VIEWS:
                if asked.only and view.name not in asked.only:
                    continue
                for lang in view.languages:
                    for width in HEIGHTS:
                        png = shoot(browser, closed if view.login else address, view, lang, width)
                        if png is None:
                            missing.append(view.path)
                            continue
                        file = asked.output / view.file(lang, width)
                        file.write_bytes(png)
                        print(f"{file.name}: {len(png) >> 10} KB")
    total = sum(file.stat().st_size for file in asked.output.glob("*.png"))
    print(f"all pictures: {total >> 10} KB of at most {TOTAL_BYTES >> 10} KB")
    if total > TOTAL_BYTES:
        sys.exit("the pictures are too large: fewer colours, or fewer views")
    if missing:
        sys.exit(f"no such view: {', '.join(dict.fromkeys(missing))}")


if __name__ == "__main__":
    main()
