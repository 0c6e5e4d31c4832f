"""Hostile text, and a look at what a browser would make of the pages that show it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

MARK = "zqx"
"""Stands in every hostile text and in nothing of ours."""
HOSTILE = (
    f"<script>{MARK}()</script>",
    f'"><img src=x onerror={MARK}()>',
    f"' onfocus={MARK}() autofocus x='",
    f"</title></textarea></select></script><svg/onload={MARK}()>",
    f"javascript:{MARK}()//",
    f"--><{MARK}-six a=b><base href=//{MARK}.example>",
    f"&lt;{MARK}&gt; &#60;{MARK}&#62;",
    f"{{{{{MARK}*x}}}} {{% include {MARK} %}}",
    f'<a href="//{MARK}.example" style="x" data-{MARK} hx-get="/{MARK}">x</a>',
    f'<meta http-equiv=refresh content=";//{MARK}.example"><form action=//{MARK}.example>',
)
"""Texts that would become elements, attributes or addresses if they were not escaped."""
ALL = " ".join(HOSTILE)
SHORT = f"<b {MARK}>'\"&{MARK}"
"""A short one for fields with a limit."""

_ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "hx-push-url", "poster")
_TEXT = ("value", "title", "label", "placeholder", "alt", "content", "aria-label", "datetime")
"""Attributes whose value is only shown."""
_NEVER = ("style", "srcdoc", "srcset", "background", "hx-on", "hx-vals", "hx-headers", "hx-vars")
_ELEMENTS = frozenset("img iframe object embed base style video audio math marquee applet".split())
"""Elements that no page of ours has."""


def intruders(page: str) -> list[str]:
    """Return the elements and attributes of a page that shown text has made.

    Args:
        page: HTML; it is read as browsers read it.
    """
    return list(_found(LexborHTMLParser(page)))


def _found(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.root.traverse() if tree.root else ():
        tag = node.tag or ""
        if MARK in tag or tag in _ELEMENTS:
            yield f"<{tag}>"
        attributes = node.attributes
        if tag == "script" and not (attributes.get("src") or "").startswith("/static/"):
            yield "<script> without an address of ours"
        if tag == "meta" and MARK in (attributes.get("content") or ""):
            yield "<meta>"
        for name, value in attributes.items():
            if name.startswith("on") or name in _NEVER or MARK in name:
                yield f"<{tag} {name}>"
            elif name in _ADDRESSES:
                if not _is_own(value or ""):
                    yield f"<{tag} {name}={value}>"
            elif MARK in (value or "") and not _is_text(name):
                yield f"<{tag} {name}={value}>"


def _is_own(address: str) -> bool:
    split = urlsplit(address)
    return not (split.scheme or split.netloc) and not address.startswith(("//", "/\\"))


def _is_text(name: str) -> bool:
    return name in _TEXT or name.startswith("data-")


def shows(page: str, text: str) -> bool:
    """Return whether a page shows a text as it is, in its text or in a field."""
    tree = LexborHTMLParser(page)
    wanted = _squeezed(text)
    if tree.root is None:
        return False
    if wanted in _squeezed(tree.root.text(deep=True)):
        return True
    values: Iterator[Any] = (
        value for node in tree.root.traverse() for value in node.attributes.values()
    )
    return any(wanted in _squeezed(value) for value in values if value)


def _squeezed(text: str) -> str:
    return "".join(text.split())
