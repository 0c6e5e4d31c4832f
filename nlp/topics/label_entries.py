"""Convert the entries of label files of several tools to entries with the same fields.

An entry is a mapping of field names to unchecked values; :mod:`.labels` converts it to a label.
Here are JSON (own, doccano, Label Studio) and lines of fastText; :mod:`.label_formats` has tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import SeedError
from ..seeds import numbered_lines

FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "data", "句子", "文本", "内容"),
    "topic": ("topic", "label", "labels", "cats", "主题", "标签"),
    "also": ("also", "兼"),
    "role": ("role", "作用", "角色"),
    "heading": ("heading", "标题", "section", "章节"),
    "kind": ("kind", "类别"),
    "hard": ("hard", "难句"),
    "group": ("group", "分组", "report", "报告"),
    "id": ("id", "doc_id", "编号"),
}
"""The names of each field in files; the first that is present is used.

doccano's names: ``data`` for the text before version 1.6, ``cats`` for labels in projects with
spans, ``labels`` and ``doc_id`` in 2018. ``section`` and ``report`` are in the output of ``gongwen
search``; the Chinese names are those of the columns in its workbooks.
"""
FURTHER_NAMES: dict[str, tuple[str, ...]] = {
    "text": ("sentence", "content", "正文", "原文", "段落", "语句", "句子内容", "文本内容"),
    "topic": (
        *"category class choice choices 类别 分类 类型 标注 标注结果".split(),
        *"标注类别 标注标签 主题类别 类别标签".split(),
    ),
}
"""Names that other people give to texts and topics, used where none of :data:`FIELD_NAMES` is."""
ALL_FIELD_NAMES = {name for names in FIELD_NAMES.values() for name in names}
FASTTEXT_LABEL = "__label__"
_FASTTEXT_LINE = re.compile(rf"(?m)^(?:{FASTTEXT_LABEL}\S|[^\[{{\n]{{1,2000}}\s{FASTTEXT_LABEL}\S)")
"""A line of fastText: its labels stand in front, or behind the text."""
_PLACE_NAMES = ({"report", "报告"}, {"n", "句序"})
"""Names of the columns of a sentence's place in what gongwen writes."""
_EXPORT_NAMES = frozenset(
    "probability score citation source highlight start kwic".split() + "概率 出处 文件".split()
)
"""Names of columns that only results of searches and exports of a library have beside the place."""
_SUGGESTION_NAMES = frozenset({"guess", "模型判断"})
"""Names of a column that only sheets of suggestions have, whose topics a person fills in."""
MODEL_TOPICS = (
    "written by a search or an export: its topics are the model's own, not labels; label a sheet "
    "that gongwen suggest writes, or keep only the columns text and topic when you checked each row"
)
"""The problem of a file whose topics are those of the model."""
LABEL_STUDIO_FIELDS = frozenset(
    "annotation_id annotator created_at updated_at lead_time was_cancelled agreement".split()
)
"""What Label Studio writes beside the data and the choices in JSON-MIN and CSV."""
_SPACE_BESIDE_HANZI = re.compile(
    "(?<=[\u3400-\u9fff，。；：、！？]) | (?=[\u3400-\u9fff，。；：、！？])"
)
_SPACED_SHARE = 0.2
"""Share of spaces from which on a line of fastText is taken as cut into words."""


class BadEntryError(Exception):
    """Raised when an entry is not a label; the caller adds the location (:class:`Location`)."""


@dataclass(frozen=True, slots=True)
class Location:
    """The location of an entry in a label file.

    Attributes:
        file: name of the file.
        unit: unit of ``number``: ``line``, ``row``, or ``entry`` in a JSON document.
        number: number of the line, row or entry, counted from 1.
    """

    file: str
    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.unit} {self.number}"

    def error(self, problem: object) -> SeedError:
        """Return an error with this location and ``problem`` on one line."""
        message = " ".join(str(problem).split())
        if self.unit == "entry":
            return SeedError(self.file, 0, f"{self}: {message}")
        return SeedError(self.file, self.number, message)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a label file.

    Attributes:
        location: its location in the file.
        fields: unchecked values by the keys of :data:`FIELD_NAMES`; a ``topic`` that is an empty
            list marks an entry that is not labelled yet.
    """

    location: Location
    fields: dict[str, Any]


# -- fastText --------------------------------------------------------------------------------------


def is_fasttext(text: str) -> bool:
    r"""Return whether the first line of ``text`` is one of fastText, with labels at either end.

    Example:
        >>> is_fasttext("查处3件。\t__label__执法"), is_fasttext('{"text": "__label__"}')
        (True, False)
    """
    return bool(_FASTTEXT_LINE.match(text.lstrip()))


def fasttext_entries(text: str, file: str) -> Iterator[Entry]:
    """Yield the entries of lines of fastText, such as ``__label__行政执法 查处3件。``."""
    for number, line in numbered_lines(text):
        words = line.split()
        labels = [word for word in words if word.startswith(FASTTEXT_LABEL)]
        topics = [
            one.rstrip(",，;；、") for label in labels for one in label.split(FASTTEXT_LABEL) if one
        ]
        location = Location(file, "line", number)
        if not topics:
            raise location.error(f"no topic; begin the line with {FASTTEXT_LABEL} and its name")
        sentence = " ".join(word for word in words if not word.startswith(FASTTEXT_LABEL))
        if sentence.count(" ") > _SPACED_SHARE * len(sentence):
            sentence = _SPACE_BESIDE_HANZI.sub("", sentence)
        yield Entry(location, {"text": sentence, "topic": topics})


# -- JSON: own format, doccano, Label Studio -------------------------------------------------------


def parse_document(text: str, file: str) -> list[Any] | None:
    """Return the entries of a file that is one JSON value, ``None`` if it is JSON lines."""
    source = text.strip()
    if source.startswith("["):
        entries: list[Any] = _parse_json(text, file, 1)
        return entries
    if source.startswith("{") and "\n" in source:
        try:
            return [json.loads(source)]  # one object over several lines
        except (ValueError, RecursionError):
            return None
    return None


def document_entries(document: Iterable[Any], file: str) -> Iterator[Entry]:
    """Yield the entries of a JSON document."""
    for number, item in last_annotations(document):
        location = Location(file, "entry", number)
        fields = _checked_fields(item, location)
        # Exports include entries that are not labelled yet.
        yield Entry(location, fields if fields.get("topic") else fields | {"topic": []})


def line_entries(text: str, file: str) -> Iterator[Entry]:
    """Yield the entries of JSON lines."""
    for number, line in numbered_lines(text):
        location = Location(file, "line", number)
        yield Entry(location, _checked_fields(_parse_json(line, file, number), location))


def _parse_json(source: str, file: str, line: int) -> Any:
    """Return the parsed JSON; ``line`` is the line in the file where ``source`` begins."""
    try:
        return json.loads(source)
    except json.JSONDecodeError as error:
        problem = f"not JSON ({error.msg}, column {error.colno})"
        raise SeedError(file, line + error.lineno - 1, problem) from None
    except (RecursionError, ValueError):
        problem = "not JSON that can be read (nested too deep, or too long a number)"
        raise SeedError(file, line, problem) from None


def _checked_fields(item: Any, location: Location) -> dict[str, Any]:
    """Return :func:`fields_of_entry` of ``item``, adding the location to an error."""
    try:
        return fields_of_entry(item)
    except BadEntryError as error:
        raise location.error(error) from None


def fields_of_entry(entry: Any) -> dict[str, Any]:
    """Return the fields of a JSON entry in the own format or that of doccano or Label Studio.

    Raises:
        BadEntryError: it is in none of these formats.

    Example:
        >>> fields_of_entry({"text": "办案12件。", "label": ["执法"]})
        {'text': '办案12件。', 'topic': ['执法']}
    """
    if not isinstance(entry, dict):
        raise BadEntryError('expected an object such as {"text": …, "topic": …}')
    if has_model_topics(entry) or isinstance(entry.get("hits"), list):
        raise BadEntryError(MODEL_TOPICS)
    if isinstance(entry.get("data"), dict):
        return _fields_of_task(entry, entry["data"])
    found = rename_fields(entry)
    if "topic" not in found and "annotations" in entry:
        raise BadEntryError("annotations by number; export with doccano 1.3 or newer, as names")
    has_choices = any(isinstance(v, dict) and "choices" in v for v in entry.values())
    if "topic" not in found and ("annotation_id" in entry or has_choices):
        found["topic"] = _other_control(entry, _said_names(found, entry))
    if isinstance(found.get("topic"), dict):
        found["topic"] = found["topic"].get("choices")  # JSON-MIN with several choices
    return found


def _said_names(found: Mapping[str, Any], entry: Mapping[str, Any]) -> list[str]:
    """Return the names in an entry of Label Studio that are none of ours and none of its own."""
    if "text" not in found:
        raise BadEntryError("no text; call the sentence text or 句子")
    return [name for name in entry if name not in ALL_FIELD_NAMES | LABEL_STUDIO_FIELDS]


def _other_control(entry: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return the choices of an entry of JSON-MIN whose control has a name of its own.

    Raises:
        BadEntryError: several names may be the one.
    """
    given = [name for name in names if isinstance(entry[name], str | list | dict) and entry[name]]
    several = [n for n in given if isinstance(entry[n], dict) and "choices" in entry[n]]
    if len(several or given) > 1:
        listed = " and ".join(several or given)
        raise BadEntryError(f"topics may stand in {listed}; name those of topics topic")
    return entry[(several or given)[0]] if several or given else []


def has_model_topics(names: Iterable[str]) -> bool:
    """Return whether columns are those of a search or an export, whose topics the model gave.

    Example:
        >>> has_model_topics(["text", "topic", "report", "n", "probability"])
        True
        >>> has_model_topics(["text", "topic", "guess", "report", "n", "probability"])
        False
    """
    known = set(names)
    placed = all(known & place for place in _PLACE_NAMES)
    return placed and bool(known & _EXPORT_NAMES) and not known & _SUGGESTION_NAMES


def rename_fields(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known fields of ``source`` by the keys of :data:`FIELD_NAMES`; drop the others.

    Example:
        >>> rename_fields({"句子": "办案12件。", "note": "x"})
        {'text': '办案12件。'}
    """
    found: dict[str, Any] = {}
    for field, names in FIELD_NAMES.items():
        name = next((name for name in names if name in source), None)
        if name is not None:
            value = source[name]
            if name in ("section", "章节") and isinstance(value, str):
                value = value.rpartition(" > ")[2]
            found[field] = value
    for field, names in FURTHER_NAMES.items():
        name = next((name for name in names if name in source), None)
        if field not in found and name is not None:
            found[field] = source[name]
            if name in FIELD_NAMES["kind"]:
                del found["kind"]
    return found


def _fields_of_task(task: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a task of Label Studio; topics come from its annotations only."""
    given = rename_fields(data)
    text = given.get("text")
    if not isinstance(text, str):
        strings = [
            v for name, v in data.items() if isinstance(v, str) and name not in ALL_FIELD_NAMES
        ]
        if len(strings) != 1:
            raise BadEntryError("data needs the sentence as text")
        [text] = strings
    choices = _last_choices(task)
    found = rename_fields(choices)
    if "topic" not in found:
        unknown = [name for name in choices if name not in ALL_FIELD_NAMES]
        if len(unknown) > 1:
            listed = " and ".join(unknown)
            raise BadEntryError(f"choices are named {listed}; name those of topics topic")
        found["topic"] = choices[unknown[0]] if unknown else []
    found["role"] = next(iter(found.get("role", [])), "")
    kept = {field: given[field] for field in ("heading", "group") if field in given}
    return kept | found | {"text": text, "id": task.get("id")}


def _last_choices(task: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the choices of the last annotation not cancelled, by name of their control."""
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
    """Return the entries, numbered from 1; of several annotations of a task only the latest."""
    last: dict[Any, tuple[int, Any]] = {}
    for number, entry in enumerate(entries, 1):
        annotation = isinstance(entry, dict) and "annotation_id" in entry and "id" in entry
        key = str(entry["id"]) if annotation else number
        if key not in last or _created(entry) > _created(last[key][1]):
            last[key] = (number, entry)
    return last.values()


def _created(annotation: Mapping[str, Any]) -> str:
    """Return the time at which an annotation was made, ``""`` if it is not given."""
    return str(annotation.get("created_at") or "")
