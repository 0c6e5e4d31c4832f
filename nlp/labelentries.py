"""One entry of a label file, whatever tool wrote it, in the fields of a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import SeedError

NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "data", "句子", "文本", "内容"),
    "topic": ("topic", "label", "labels", "cats", "主题", "标签"),
    "also": ("also", "兼"),
    "role": ("role", "作用"),
    "heading": ("heading", "标题", "section"),
    "kind": ("kind",),
    "hard": ("hard",),
    "group": ("group", "分组", "report"),
    "id": ("id", "doc_id"),
}
"""What files call each field; the first that is there counts.

``data`` was doccano's text before 1.6, ``cats`` is its name for labels where spans are marked too,
``labels`` and ``doc_id`` are of 2018. ``section`` and ``report`` are those of our own search.
"""
_KNOWN = {name for names in NAMES.values() for name in names}


class BadEntryError(Exception):
    """Why an entry is not a label; who knows its place says it with the place."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands.

    Attributes:
        file: name of the file.
        unit: what is counted: ``line``, ``row``, or ``entry`` where lines mean nothing.
        number: which one, from 1.
    """

    file: str
    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.unit} {self.number}"

    def error(self, problem: object) -> SeedError:
        """Return the error that says what is wrong here, on one line."""
        said = " ".join(str(problem).split())
        if self.unit == "entry":
            return SeedError(self.file, 0, f"{self}: {said}")
        return SeedError(self.file, self.number, said)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a label file.

    Attributes:
        place: where it stands.
        fields: what it says, by our names of fields; a ``topic`` that is an empty list says that
            it is not labelled yet.
    """

    place: Place
    fields: dict[str, Any]


def pick(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``source`` says by our names of fields; the rest is left out."""
    found: dict[str, Any] = {}
    for field, names in NAMES.items():
        name = next((name for name in names if name in source), None)
        if name is not None:
            value = source[name]
            if name == "section" and isinstance(value, str):
                value = value.rpartition(" > ")[2]
            found[field] = value
    return found


def fields_of(entry: Any) -> dict[str, Any]:
    """Return the fields of an entry of JSON: ours, of doccano, or of Label Studio.

    Raises:
        BadEntryError: it is none of these.
    """
    if not isinstance(entry, dict):
        raise BadEntryError('expected an object such as {"text": …, "topic": …}')
    if isinstance(entry.get("data"), dict):
        return _task(entry, entry["data"])
    found = pick(entry)
    if "topic" not in found and "annotations" in entry:
        raise BadEntryError("annotations by number; export with doccano 1.3 or newer, as names")
    if isinstance(found.get("topic"), dict):
        found["topic"] = found["topic"].get("choices")  # several choices in JSON-MIN
    return found


def _task(task: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a task of Label Studio; what its data says of topics does not count."""
    given = pick(data)
    text = given.get("text")
    if not isinstance(text, str):
        strings = [v for name, v in data.items() if isinstance(v, str) and name not in _KNOWN]
        if len(strings) != 1:
            raise BadEntryError("data needs the sentence as text")
        [text] = strings
    choices = _choices(task)
    found = pick(choices)
    if "topic" not in found:
        unknown = [name for name in choices if name not in _KNOWN]
        if len(unknown) > 1:
            listed = " and ".join(unknown)
            raise BadEntryError(f"choices are named {listed}; name those of topics topic")
        found["topic"] = choices[unknown[0]] if unknown else []
    found["role"] = next(iter(found.get("role", [])), "")
    kept = {field: given[field] for field in ("heading", "group") if field in given}
    return kept | found | {"text": text, "id": task.get("id")}


def _choices(task: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what was chosen in the last annotation that was not cancelled, by name of the tag."""
    made = task.get("annotations", task.get("completions")) or []
    if not isinstance(made, list) or not all(isinstance(one, dict) for one in made):
        raise BadEntryError("annotations must be a list of objects; export as JSON")
    kept = [one for one in made if not (one.get("was_cancelled") or one.get("skipped"))]
    choices: dict[str, list[Any]] = {}
    if kept:
        last = sorted(kept, key=_created)[-1]
        results = last.get("result")
        for result in results if isinstance(results, list) else []:
            value = result.get("value") if isinstance(result, dict) else None
            chosen = value.get("choices") if isinstance(value, dict) else None
            if isinstance(chosen, list):
                choices.setdefault(str(result.get("from_name", "")), []).extend(chosen)
    return choices


def last_annotations(entries: Iterable[Any]) -> Iterable[tuple[int, Any]]:
    """Return numbered entries; of several annotations of a task (JSON-MIN) only the last made."""
    last: dict[Any, tuple[int, Any]] = {}
    for number, entry in enumerate(entries, 1):
        annotation = isinstance(entry, dict) and "annotation_id" in entry and "id" in entry
        key = str(entry["id"]) if annotation else number
        if key not in last or _created(entry) > _created(last[key][1]):
            last[key] = (number, entry)
    return last.values()


def _created(annotation: Mapping[str, Any]) -> str:
    return str(annotation.get("created_at") or "")
