"""Say of what a file states outside of a text only what the text does not state itself."""

from __future__ import annotations

from collections.abc import Mapping


def unstated(text: str, said: Mapping[str, str]) -> dict[str, str]:
    """Return those of ``said`` that the text does not say of itself.

    The properties of a file and the headers of a mail are weaker than the text: the subject of a
    mail is no better title than the one that stands over the report.

    Args:
        text: the text of a report.
        said: values by the names of a report's fields.

    Example:
        >>> unstated("甲县2020年工作总结", {"title": "报送", "agency": "甲县司法局"})
        {'agency': '甲县司法局'}
    """
    from ..nlp.document.parse import parse_document  # late: heavy, and not every file states more

    if not said:
        return {}
    document = parse_document(text)
    return {name: value for name, value in said.items() if not getattr(document, name, "")}
