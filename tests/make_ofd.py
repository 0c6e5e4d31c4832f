"""OFD files for tests, written part by part: what programs write, and what they never would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
BOX = "0 0 210 297"


def text_object(
    x: float, y: float, text: str, size: float = 5.0, more: str = "", deltas: str | None = None
) -> str:
    """Return a line of text whose first character begins at ``x``, on the baseline ``y`` (mm)."""
    if deltas is None:
        deltas = f"g {len(text) - 1} {size:g}" if len(text) > 1 else ""
    delta = f' DeltaX="{deltas}"' if deltas else ""
    return (
        f'<ofd:TextObject ID="1" Boundary="{x:g} {y - size:g} 170 {1.3 * size:g}" Font="2"'
        f' Size="{size:g}"{more}><ofd:TextCode X="0" Y="{size:g}"{delta}>{escape(text)}'
        "</ofd:TextCode></ofd:TextObject>"
    )


def page(*objects: str, box: str = BOX, templates: Sequence[str] = ()) -> str:
    """Return the content of a page."""
    used = "".join(f'<ofd:Template TemplateID="{n}" ZOrder="Background"/>' for n in templates)
    area = f"<ofd:Area><ofd:PhysicalBox>{box}</ofd:PhysicalBox></ofd:Area>" if box else ""
    return (
        f'{_HEAD}<ofd:Page {_NAMESPACE}>{area}{used}<ofd:Content><ofd:Layer ID="3" Type="Body">'
        f"{''.join(objects)}</ofd:Layer></ofd:Content></ofd:Page>"
    )


def document_parts(
    folder: str, pages: Sequence[str], more: str = "", templates: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the parts of one document."""
    templates = templates or {}
    listed = "".join(
        f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages))
    )
    used = "".join(
        f'<ofd:TemplatePage ID="{n}" BaseLoc="Tpls/Tpl_{n}/Content.xml"/>' for n in templates
    )
    parts = {
        f"{folder}/Document.xml": (
            f"{_HEAD}<ofd:Document {_NAMESPACE}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>"
            f"{BOX}</ofd:PhysicalBox></ofd:PageArea>{used}</ofd:CommonData><ofd:Pages>{listed}"
            f"</ofd:Pages>{more}</ofd:Document>"
        )
    }
    parts |= {f"{folder}/Pages/Page_{n}/Content.xml": text for n, text in enumerate(pages)}
    return parts | {f"{folder}/Tpls/Tpl_{n}/Content.xml": text for n, text in templates.items()}


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive of the parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def ofd(
    *pages: str,
    info: str = "",
    more: str = "",
    templates: Mapping[str, str] | None = None,
    others: Mapping[str, str] | None = None,
) -> bytes:
    """Return an OFD file of one document."""
    return ofd_of([document_parts("Doc_0", pages, more, templates)], info, others)


def ofd_of(
    documents: Sequence[Mapping[str, str]], info: str = "", others: Mapping[str, str] | None = None
) -> bytes:
    """Return an OFD file of several documents."""
    bodies = "".join(
        f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{n}</ofd:DocID>{info}</ofd:DocInfo><ofd:DocRoot>"
        f"{next(iter(parts))}</ofd:DocRoot></ofd:DocBody>"
        for n, parts in enumerate(documents)
    )
    main = f'{_HEAD}<ofd:OFD {_NAMESPACE} Version="1.0" DocType="OFD">{bodies}</ofd:OFD>'
    parts = {"OFD.xml": main}
    for document in documents:
        parts |= document
    return packed(parts | dict(others or {}))


def typeset(paragraphs: Sequence[str], header: str = "", per_page: int = 22) -> list[str]:
    """Return pages with paragraphs of 28 characters a line, indented by two, with page numbers."""
    lines: list[tuple[float, str]] = []
    for paragraph in paragraphs:
        rest, indent = paragraph, 2
        while rest:
            end = 28 - indent
            while rest[end : end + 1] and rest[end] in "，。；：、":
                end += 1
            lines.append((30 + indent * 5.0, rest[:end]))
            rest, indent = rest[end:], 0
    pages = []
    for number, start in enumerate(range(0, len(lines), per_page), 1):
        rows = [
            text_object(x, 45 + 10 * i, text)
            for i, (x, text) in enumerate(lines[start : start + per_page])
        ]
        head = [text_object(30, 20, header, 4)] if header else []
        pages.append(page(*head, *rows, text_object(98, 285, f"— {number} —", 4, deltas="g 4 2.5")))
    return pages
