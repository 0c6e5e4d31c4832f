"""Show the errors of label files and of training in the language of the user.

The library raises them in English (:mod:`gongwen.nlp.errors`), because it knows no user. What
stands in a message is found by the template that it was made of.
"""

from __future__ import annotations

import re

from ..catalog import _, gettext_noop
from ..readers.notes import values_in

_PLACE = re.compile(r"(?P<place>[^:\n]+(?::\d+)?(?:: (?:line|row|entry) \d+)?): (?P<problem>.+)")
"""The file in front of a message, with line, row or entry."""
_HINT = re.compile(
    r"unknown (?P<what>topic|role) (?P<name>'.*?'|\".*?\")"
    r"(?:; did you mean (?P<near>.+?)\?|; (?:topic|role)s are (?P<known>.+?))?"
    r"(?P<own>; for topics of your own: gongwen train --topics FILE)?"
)
_OWN_TOPICS = gettext_noop("; for topics of your own: gongwen train --topics FILE")
_MESSAGES = (
    # training
    gettext_noop("labels or keywords of at least two topics are needed to train"),
    gettext_noop("labels of at least two topics are needed to cross-validate"),
    gettext_noop(
        "too few labels to cross-validate: give two or more distinct sentences of each topic"
    ),
    gettext_noop("the sentences are empty; give text to train on"),
    gettext_noop("there is no label to compare with"),
    gettext_noop("the model has none of these topics: {names}; train it on them first"),
    gettext_noop("the check set is not of these topics; give files of labels, or --cross-validate"),
    # files
    gettext_noop("no such file"),
    gettext_noop("no such model file"),
    gettext_noop("the file is empty; give sentences with their topics"),
    gettext_noop("a folder; give the label files in it by name"),
    gettext_noop("larger than {size} MB; split it first"),
    gettext_noop("cannot be read ({reason})"),
    gettext_noop("not UTF-8 or GB18030; save it as UTF-8 first"),
    gettext_noop("not UTF-8 or GB18030; save it as UTF-8"),
    gettext_noop("not UTF-8; save it as UTF-8 first"),
    gettext_noop("a binary file, not labels; give JSONL, JSON, CSV, TSV or XLSX"),
    gettext_noop("an old or protected Excel file; save it as .xlsx, unprotected"),
    gettext_noop("not an Excel workbook but for its name; save it as .xlsx again"),
    gettext_noop("reading XLSX needs openpyxl: pip install openpyxl, or save it as CSV"),
    gettext_noop("too large for a sheet of labels; split it, or save it as CSV UTF-8"),
    gettext_noop("not a label that a model was trained on; the file is damaged"),
    gettext_noop("no list of sentences; the file is damaged"),
    # entries of label files
    gettext_noop("no labels; {advice}"),
    gettext_noop("text is missing or empty"),
    gettext_noop("topic is missing"),
    gettext_noop("topic must be a name"),
    gettext_noop("also must be a list of topics"),
    gettext_noop("hard must be true or false"),
    gettext_noop("kind {kind} must be one of {kinds}"),
    gettext_noop("{field} has {count} characters; at most {most}, a label is one sentence"),
    gettext_noop("{field} holds half a character; write it anew"),
    gettext_noop("id {id} stands at {place} already; give each its own"),
    gettext_noop("{text} is {one} at {place} and {other} here; decide for one"),
    gettext_noop('expected an object such as {"text": …, "topic": …}'),
    gettext_noop("no text; call the sentence text or 句子"),
    gettext_noop("topics may stand in {names}; name those of topics topic"),
    gettext_noop("annotations by number; export with doccano 1.3 or newer, as names"),
    gettext_noop("annotations must be a list of objects; export as JSON"),
    gettext_noop("data needs the sentence as text"),
    gettext_noop("choices are named {names}; name those of topics topic"),
    # files of topics
    gettext_noop("needs at least one [[topics]] entry"),
    gettext_noop("shipped_labels must be true or false"),
    gettext_noop("unknown key {key}; the keys are {keys}"),
    gettext_noop("slug {slug} must be lower-case letters, digits and '-'"),
    gettext_noop("{slug} needs zh, its name in Chinese"),
)
"""Messages without the file in front; their order counts where one is the beginning of another."""


def in_language(message: str) -> str:
    """Return an error of a label file or of training in the language of the current context.

    Other messages are returned as they are.

    Args:
        message: as it was raised, in English.

    Example:
        >>> in_language("no such message")
        'no such message'
    """
    found = _translated(message)
    if found is None and (match := _PLACE.fullmatch(message)):
        problem = _translated(match["problem"])
        found = None if problem is None else f"{match['place']}: {problem}"
    return message if found is None else found


def _translated(problem: str) -> str | None:
    """Return what is wrong in the language of the current context, ``None`` if it is not known."""
    if match := _HINT.fullmatch(problem):
        return _unknown_name(match)
    for template in _MESSAGES:
        values = {} if template == problem else values_in(template, problem)
        if values is not None:
            translated = _(template)
            return translated.format(**values) if values else translated
    return None


def _unknown_name(match: re.Match[str]) -> str:
    """Return the message for a topic or role that there is not."""
    if match["what"] == "topic":
        said = _("unknown topic {name}").format(name=match["name"])
    else:
        said = _("unknown role {name}").format(name=match["name"])
    if match["near"]:
        said += _("; did you mean {names}?").format(names=match["near"])
    elif match["known"]:
        said += _("; there are {names}").format(names=match["known"])
    return said + (_(_OWN_TOPICS) if match["own"] else "")
