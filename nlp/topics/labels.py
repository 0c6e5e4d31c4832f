"""Labelled sentences, and the choice of sentences that are worth labelling next.

:mod:`.label_formats` reads the files; this module resolves names of topics and checks values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from re import split
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from .. import validation
from ..errors import SeedError, UnknownNameError
from ..fields import UNIT_NAMES
from ..records import Kind
from ..seeds import numbered_lines, read_seed
from ..text.normalize import squeeze
from ..validation import clean_line, clean_text
from .features import SparseRows, TfidfVectorizer
from .label_entries import BadEntryError, Location
from .label_formats import read_label_file
from .separators import Matrix, Scores, matrix_of
from .taxonomy import UNDECIDED_NAMES, LabelSet, Taxonomy

_TOPIC_SEPARATORS = r"[;；、,，|#\s]+"
_MAX_TEXT = 10_000
_MAX_NAME = 100
_TEXT_FIELDS = ("text", "heading", "kind", "group")
_OWN_TOPICS = "; for topics of your own: gongwen train --topics FILE"
"""Hint where a label has a topic that the taxonomy does not have."""


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence with the topics assigned by a person.

    Attributes:
        text: the sentence.
        topic: slug of the primary topic.
        also: slugs of secondary topics.
        role: slug of the role, ``""`` when it is not given.
        heading: the heading above it, ``""`` for none.
        kind: ``sentence``, ``heading``, ``title`` or ``boilerplate``.
        hard: whether the words of the sentence alone do not determine its topic.
        group: document or author that it comes from; folds do not divide a group.
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
    - CSV and TSV, also in GB18030: a line, above which a title may stand, names the columns, by
      the same names without ``hard``, or as 句子, 主题, 兼, 作用, 标题, 分组; cells are separated
      by commas, semicolons or tabs.
    - XLSX: the same in every visible sheet that names such columns.
    - fastText: lines such as ``__label__行政执法 查处3件。``, with one label or several.
    - JSON: a list of the same objects, or an export of doccano (text classification; also its
      JSONL and CSV) or Label Studio (JSON and JSON-MIN, choices).

    Topics and roles may be given by any of their names. The first of several topics is the primary
    one (doccano sorts them by name); in a cell they are separated by ``;``, ``、``, ``,``, ``|``,
    ``#`` or a space. A sentence whose topic is 未定 or ``unsure``, or is empty (except in JSONL),
    is not labelled yet and skipped. Sentences without a group form one group per file.

    Raises:
        ReadError: a file is missing, empty, too large, not UTF-8, or a damaged workbook.
        SeedError: an entry is not a label, an id occurs twice, a sentence occurs twice with
            different topics, or there is no label at all; names the file and line.

    Example:
        >>> load_labels([Path("seeds/labels.jsonl")], Taxonomy.shipped())  # doctest: +SKIP
        [LabelledSentence(text='…', topic='enforcement', …), …]
    """
    return [label for path in paths for label in _read_labels(path, taxonomy)]


def read_stored_labels(path: Path) -> list[LabelledSentence]:
    """Read labels written by :func:`labels_to_jsonl`, also if a topic is not in the taxonomy now.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: a line is not such a label; names the file and line.
    """
    return [
        _stored_label(line, Location(str(path), "line", n))
        for n, line in numbered_lines(read_seed(path))
    ]


def labels_to_jsonl(labels: Iterable[LabelledSentence]) -> str:
    r"""Return labels as JSON lines, without empty fields.

    Example:
        >>> labels_to_jsonl([LabelledSentence("办案。", "enforcement")])
        '{"text": "办案。", "topic": "enforcement", "kind": "sentence"}\n'
    """
    entries = (asdict(label) | {"also": list(label.also)} for label in labels)
    non_empty = ({k: v for k, v in one.items() if v not in ("", [], False)} for one in entries)
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in non_empty)


def _stored_label(line: str, location: Location) -> LabelledSentence:
    """Return the label on a line written by :func:`labels_to_jsonl`."""
    try:
        entry = json.loads(line)
        text, slug = validation.text, validation.slug
        given = {name: text(name, entry[name]) for name in _TEXT_FIELDS if name in entry}
        given["role"] = slug("role", entry["role"]) if entry.get("role") else ""
        also = tuple(slug("also", name) for name in entry.get("also", []))
        hard = validation.flag("hard", entry.get("hard", False))
        if set(entry) - {field.name for field in fields(LabelledSentence)}:
            raise ValueError("unknown fields")
        return LabelledSentence(topic=slug("topic", entry["topic"]), also=also, hard=hard, **given)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        problem = "not a label that a model was trained on; the file is damaged"
        raise location.error(problem) from None


def _read_labels(path: Path | Traversable, taxonomy: Taxonomy) -> Iterator[LabelledSentence]:
    """Yield the labels of one file."""
    file = read_label_file(path)
    checker = _ConsistencyCheck(taxonomy.topics)
    for entry in file.entries:
        try:
            label = _label(entry.fields, taxonomy, path.name)
            if label is not None:
                checker.check(label, entry.fields.get("id"), entry.location)
                yield label
        except BadEntryError as error:
            raise entry.location.error(error) from None
    if not checker.sentences:
        raise SeedError(path.name, 0, f"no labels; {file.to_fill}")


class _ConsistencyCheck:
    """Checks that the ids of a file are unique and equal sentences have equal topics.

    Attributes:
        sentences: topic and location of each sentence so far, by text and heading.
    """

    def __init__(self, topics: LabelSet) -> None:
        self._topics = topics
        self._ids: dict[str, Location] = {}
        self.sentences: dict[tuple[str, str], tuple[str, Location]] = {}

    def check(self, label: LabelledSentence, id: Any, location: Location) -> None:
        """Record a label; raise an error if it contradicts an earlier one."""
        if id not in (None, ""):
            before = self._ids.setdefault(str(id), location)
            if before != location:
                raise BadEntryError(
                    f"id {_excerpt(str(id))} stands at {before} already; give each its own"
                )
        sentence = (label.text.strip(), label.heading.strip())
        topic, before = self.sentences.setdefault(sentence, (label.topic, location))
        if topic != label.topic:
            old, new = self._topics.zh(topic), self._topics.zh(label.topic)
            said = f"{_excerpt(label.text)} is {old} at {before} and {new} here"
            raise BadEntryError(f"{said}; decide for one")


def _excerpt(text: str, most: int = 24) -> str:
    """Return at most ``most`` characters of ``text`` on one line, for a message."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _label(entry: dict[str, Any], taxonomy: Taxonomy, file: str) -> LabelledSentence | None:
    """Return the label of an entry, ``None`` if it is not labelled yet."""
    topics = entry.get("topic")
    names = topics if isinstance(topics, list) else [topics]
    if not names or any(isinstance(n, str) and n.strip().lower() in UNDECIDED_NAMES for n in names):
        return None
    text = _text_field(entry, "text")
    if not text.strip():
        raise BadEntryError("text is missing or empty")
    also = entry.get("also") or []
    if not isinstance(also, list):
        raise BadEntryError("also must be a list of topics")
    kind = _kind(_text_field(entry, "kind")) or "sentence"
    if kind not in get_args(Kind):
        raise BadEntryError(f"kind {_excerpt(kind)!r} must be one of {', '.join(get_args(Kind))}")
    hard = entry.get("hard", False)
    if not isinstance(hard, bool):
        raise BadEntryError("hard must be true or false")
    if isinstance(topics, list):
        topic, *further = _resolve_all(taxonomy.topics, "topic", topics)
    else:
        topic, further = _resolve(taxonomy.topics, "topic", topics), []
    further += _resolve_all(taxonomy.topics, "also", also)
    role = entry.get("role") or ""
    return LabelledSentence(
        text=text,
        topic=topic,
        also=tuple(slug for slug in dict.fromkeys(further) if slug != topic),
        role=_resolve(taxonomy.roles, "role", role) if role != "" else "",
        heading=_text_field(entry, "heading"),
        kind=kind,
        hard=hard,
        group=_text_field(entry, "group") or file,
    )


def _kind(name: str) -> str:
    """Return the kind of unit that is called so in English or Chinese; any other name as it is."""
    return next(iter(UNIT_NAMES.get(name, ())), name.lower())


def _text_field(entry: dict[str, Any], name: str) -> str:
    """Return the cleaned string of a field, ``""`` if it is missing."""
    value = entry.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadEntryError(f"{name} must be a string")
    if len(value) > _MAX_TEXT:
        much = f"{len(value):,} characters; at most {_MAX_TEXT:,}"
        raise BadEntryError(f"{name} has {much}, a label is one sentence")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadEntryError(f"{name} holds half a character; write it anew") from None
    return clean_text(value) if name == "text" else clean_line(value)


def _resolve(labels: LabelSet, field: str, name: Any) -> str:
    """Return the slug of the topic or role called ``name``."""
    if not isinstance(name, str) or not name:
        raise BadEntryError(
            f"{field} is missing" if name in (None, "") else f"{field} must be a name"
        )
    if len(name) > _MAX_NAME:
        raise BadEntryError(f"{field} must be a name, not {len(name):,} characters")
    try:
        return labels.resolve(name)
    except UnknownNameError as error:
        hint = "" if field == "role" else _OWN_TOPICS
        raise BadEntryError(f"{error}{hint}") from None


def _resolve_all(labels: LabelSet, field: str, names: Iterable[Any]) -> list[str]:
    """Return the slugs of ``names``; one string may contain several names, as a cell does."""
    slugs = []
    for name in names:
        try:
            slugs.append(_resolve(labels, field, name))
        except BadEntryError:
            parts = [part for part in split(_TOPIC_SEPARATORS, str(name)) if part]
            if not isinstance(name, str) or parts in ([], [name]):
                raise
            slugs += [_resolve(labels, field, part) for part in parts]
    return slugs


_SHORTLIST_FACTOR = 20
"""Candidates for each sentence to choose."""
_DIMENSIONS = 100
"""Dimensions of latent semantic analysis."""
_NEIGHBOURS = 20
"""Nearest neighbours in the information density."""
_CHUNK = 1024
"""Rows compared at a time, to bound the memory."""

Indices = NDArray[np.int64]


def rows_of(texts: Sequence[str]) -> SparseRows:
    """Return (n, features) character TF-IDF of n texts, with rows of unit length."""
    folded = [[squeeze(text) for text in texts]]
    return TfidfVectorizer((1.0,)).fit(folded).transform(folded)


def choose_batch(
    scores: Scores,
    rows: SparseRows,
    count: int,
    known: Indices,
    density: NDArray[np.float32] | None = None,
    seed: int = 0,
) -> Indices:
    """Return the texts to label next: uncertain for the classifier and diverse.

    The uncertainty decreases with the margin, the difference between the two best scores. The most
    uncertain texts form a shortlist, which k-means divides into ``count`` clusters (after Zhdanov,
    2019); the text nearest to the centre of each cluster is chosen.

    Args:
        scores: (texts, topics) scores of the classifier, two topics or more.
        rows: (texts, features) TF-IDF rows of unit length.
        count: number of texts to choose; fewer are returned when fewer are left.
        known: distinct indices of the texts that are labelled already.
        density: (texts,) information density, a factor of the uncertainty.
        seed: random seed of k-means.

    Returns:
        (count,) indices of texts, most uncertain first.
    """
    best = np.partition(scores, -2, axis=1)[:, -2:]
    uncertainty = 1 / (1 + best[:, 1] - best[:, 0])
    if density is not None:
        uncertainty = uncertainty * density
    uncertainty[known] = -np.inf
    size = min(_SHORTLIST_FACTOR * count, len(uncertainty) - len(known))
    shortlist = np.argsort(-uncertainty, kind="stable")[: max(size, 0)]
    if size <= count:
        return shortlist
    return shortlist[np.sort(_nearest_to_centres(matrix_of(rows)[shortlist], count, seed))]


def density_of(rows: SparseRows, seed: int = 0) -> NDArray[np.float32]:
    """Return (texts,) the information density of each text, -1 to 1.

    It is the mean cosine similarity to the 20 nearest other texts (after Settles and Craven, 2008),
    computed after latent semantic analysis; 0 for a single text.
    """
    density = np.zeros(len(rows.starts) - 1, np.float32)
    nearest = min(_NEIGHBOURS, len(density) - 1)
    if nearest < 1:
        return density
    points = _reduced(rows, seed)
    for start in range(0, len(points), _CHUNK):
        similarities = points[start : start + _CHUNK] @ points.T
        own = np.arange(len(similarities))
        similarities[own, start + own] = -1  # exclude the text itself
        density[start + own] = np.partition(similarities, -nearest, axis=1)[:, -nearest:].mean(
            axis=1
        )
    return density


def choose_start(rows: SparseRows, count: int, seed: int = 0) -> Indices:
    """Return (count,) indices of texts to label first, when there is no useful classifier yet.

    The rows are reduced to 100 dimensions (latent semantic analysis) and clustered by k-means; the
    text nearest to the centre of each cluster is chosen.

    Args:
        rows: (texts, features) TF-IDF rows of unit length.
        count: number of texts to choose; all are returned when there are not more.
        seed: random seed of the reduction and of k-means.
    """
    if len(rows.starts) - 1 <= count:
        return np.arange(len(rows.starts) - 1)
    return _nearest_to_centres(_reduced(rows, seed), count, seed)


def _reduced(rows: SparseRows, seed: int) -> NDArray[np.float32]:
    """Return (texts, 100) latent semantic analysis of ``rows``, with rows of unit length."""
    # late: heavy, only for active learning
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize  # late: heavy, as above

    svd = TruncatedSVD(min(_DIMENSIONS, rows.width), random_state=seed)
    return np.asarray(normalize(svd.fit_transform(matrix_of(rows))), np.float32)


def _nearest_to_centres(points: Matrix, count: int, seed: int) -> Indices:
    """Return (count,) for each k-means cluster the row nearest to its centre, all distinct."""
    # late: heavy, only for active learning
    from sklearn.cluster import KMeans

    clusters = KMeans(count, n_init=1, random_state=seed).fit(points)
    distances = clusters.transform(points)
    chosen = np.empty(count, np.int64)
    for cluster in range(count):
        chosen[cluster] = distances[:, cluster].argmin()
        distances[chosen[cluster]] = np.inf
    return chosen
