"""Labelled sentences: what people say a sentence is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from re import split
from typing import Any, get_args

from .. import validation
from ..errors import SeedError, UnknownNameError
from ..records import Kind
from ..seeds import numbered_lines, read_seed
from ..validation import clean_line, clean_text
from .label_formats import BadEntryError, Place, read_label_file
from .taxonomy import NOT_DECIDED, LabelSet, Taxonomy

_BETWEEN_TOPICS = r"[;；、,，|#\s]+"
_LONGEST = 10_000
_LONGEST_NAME = 100
_TEXTS = ("text", "heading", "kind", "group")


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence with the topic that a person gave it.

    Attributes:
        text: the sentence.
        topic: slug of the primary topic.
        also: slugs of further topics.
        role: slug of the role, ``""`` when it was not given.
        heading: the heading it stands under, ``""`` for none.
        kind: ``sentence``, ``heading``, ``title`` or ``boilerplate``.
        hard: whether its words alone do not give the topic away.
        group: document or author it comes from; folds never cut through a group.
    """

    text: str
    topic: str
    also: tuple[str, ...] = ()
    role: str = ""
    heading: str = ""
    kind: str = "sentence"
    hard: bool = False
    group: str = ""


def load_labels(paths: Iterable[Path | Traversable], taxonomy: Taxonomy) -> list[LabelledSentence]:
    """Read labelled sentences from files.

    - JSONL: an object a line with ``text`` and ``topic`` (or ``label``) and, where they apply,
      ``also``, ``role``, ``heading``, ``kind``, ``hard``, ``group``, ``id``; a line that begins
      with ``#`` is a comment.
    - CSV and TSV: the first line names the columns, by the same names without ``hard``, or as 句子,
      主题, 兼, 作用, 标题, 分组; commas, semicolons or tabs part the cells.
    - XLSX: the same in the first sheet.
    - JSON: a list of the same objects, or what doccano (text classification; its JSONL and CSV
      too) and Label Studio (JSON and JSON-MIN, choices) export.

    Topics and roles may go by any of their names. Of several topics the first is the primary one
    (doccano sorts them by name); in a cell ``;``, ``、``, ``,``, ``|``, ``#`` or a space parts
    them. A sentence whose topic is 未定 or ``unsure``, or empty anywhere but in JSONL, is not
    labelled yet and left out. A sentence without a group forms one with the rest of its file.

    Raises:
        ReadError: a file is missing, empty, too large, not UTF-8, or a workbook that is damaged.
        SeedError: an entry is not a label, an id stands twice, a sentence stands twice with
            different topics, or there is no label at all; names the file and line.
    """
    return [label for path in paths for label in _read_labels(path, taxonomy)]


def read_kept_labels(path: Path) -> list[LabelledSentence]:
    """Read labels that :func:`kept_labels` wrote, by their slugs, whatever the topics are now.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: a line is not one of these; names the file and line.
    """
    return [_kept(line, Place(str(path), "line", n)) for n, line in numbered_lines(read_seed(path))]


def kept_labels(labels: Iterable[LabelledSentence]) -> str:
    """Return labels as lines of JSON, without what is empty."""
    entries = (asdict(label) | {"also": list(label.also)} for label in labels)
    kept = ({k: v for k, v in one.items() if v not in ("", [], False)} for one in entries)
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in kept)


def _kept(line: str, place: Place) -> LabelledSentence:
    try:
        entry = json.loads(line)
        text, slug = validation.text, validation.slug
        given = {name: text(name, entry[name]) for name in _TEXTS if name in entry}
        given["role"] = slug("role", entry["role"]) if entry.get("role") else ""
        also = tuple(slug("also", name) for name in entry.get("also", []))
        hard = validation.flag("hard", entry.get("hard", False))
        if set(entry) - {field.name for field in fields(LabelledSentence)}:
            raise ValueError("unknown fields")
        return LabelledSentence(topic=slug("topic", entry["topic"]), also=also, hard=hard, **given)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        problem = "not a label that a model was trained on; the file is damaged"
        raise place.error(problem) from None


def _read_labels(path: Path | Traversable, taxonomy: Taxonomy) -> Iterator[LabelledSentence]:
    file = read_label_file(path)
    seen = _Seen(taxonomy.topics)
    for entry in file.entries:
        try:
            label = _label(entry.fields, taxonomy, path.name)
            if label is not None:
                seen.check(label, entry.fields.get("id"), entry.place)
                yield label
        except BadEntryError as error:
            raise entry.place.error(error) from None
    if not seen.sentences:
        raise SeedError(path.name, 0, f"no labels; {file.to_fill}")


class _Seen:
    """What a file held so far."""

    def __init__(self, topics: LabelSet) -> None:
        self._topics = topics
        self._ids: dict[str, Place] = {}
        self.sentences: dict[tuple[str, str], tuple[str, Place]] = {}

    def check(self, label: LabelledSentence, id: Any, place: Place) -> None:
        """Keep a label in mind, unless it contradicts an earlier one."""
        if id not in (None, ""):
            before = self._ids.setdefault(str(id), place)
            if before != place:
                raise BadEntryError(
                    f"id {_short(str(id))} stands at {before} already; give each its own"
                )
        sentence = (label.text.strip(), label.heading.strip())
        topic, before = self.sentences.setdefault(sentence, (label.topic, place))
        if topic != label.topic:
            old, new = self._topics.zh(topic), self._topics.zh(label.topic)
            said = f"{_short(label.text)} is {old} at {before} and {new} here"
            raise BadEntryError(f"{said}; decide for one")


def _short(text: str, most: int = 24) -> str:
    """Return ``text`` as a part of a message of one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _label(entry: dict[str, Any], taxonomy: Taxonomy, file: str) -> LabelledSentence | None:
    """Return the label that an entry gives, ``None`` when it is not labelled yet."""
    named = entry.get("topic")
    names = named if isinstance(named, list) else [named]
    if not names or any(isinstance(n, str) and n.strip().lower() in NOT_DECIDED for n in names):
        return None
    text = _string(entry, "text")
    if not text.strip():
        raise BadEntryError("text is missing or empty")
    also = entry.get("also") or []
    if not isinstance(also, list):
        raise BadEntryError("also must be a list of topics")
    kind = _string(entry, "kind") or "sentence"
    if kind not in get_args(Kind):
        raise BadEntryError(f"kind {_short(kind)!r} must be one of {', '.join(get_args(Kind))}")
    hard = entry.get("hard", False)
    if not isinstance(hard, bool):
        raise BadEntryError("hard must be true or false")
    if isinstance(named, list):
        topic, *further = _resolve_all(taxonomy.topics, "topic", named)
    else:
        topic, further = _resolve(taxonomy.topics, "topic", named), []
    further += _resolve_all(taxonomy.topics, "also", also)
    role = entry.get("role") or ""
    return LabelledSentence(
        text=text,
        topic=topic,
        also=tuple(slug for slug in dict.fromkeys(further) if slug != topic),
        role=_resolve(taxonomy.roles, "role", role) if role != "" else "",
        heading=_string(entry, "heading"),
        kind=kind,
        hard=hard,
        group=_string(entry, "group") or file,
    )


def _string(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadEntryError(f"{name} must be a string")
    if len(value) > _LONGEST:
        much = f"{len(value):,} characters; at most {_LONGEST:,}"
        raise BadEntryError(f"{name} has {much}, a label is one sentence")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadEntryError(f"{name} holds half a character; write it anew") from None
    return clean_text(value) if name == "text" else clean_line(value)


def _resolve(labels: LabelSet, field: str, name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise BadEntryError(
            f"{field} is missing" if name in (None, "") else f"{field} must be a name"
        )
    if len(name) > _LONGEST_NAME:
        raise BadEntryError(f"{field} must be a name, not {len(name):,} characters")
    try:
        return labels.resolve(name)
    except UnknownNameError as error:
        raise BadEntryError(str(error)) from None


def _resolve_all(labels: LabelSet, field: str, names: Iterable[Any]) -> list[str]:
    """Return the slugs of names, each of which may be several: a cell holds them in one string."""
    slugs = []
    for name in names:
        try:
            slugs.append(_resolve(labels, field, name))
        except BadEntryError:
            parts = [part for part in split(_BETWEEN_TOPICS, str(name)) if part]
            if not isinstance(name, str) or parts in ([], [name]):
                raise
            slugs += [_resolve(labels, field, part) for part in parts]
    return slugs
