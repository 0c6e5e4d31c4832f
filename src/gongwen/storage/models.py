"""Store the models of a library: numbered versions, one of them active; 0 is the shipped one."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from ..nlp import validation
from ..nlp.atomic_write import make_folder, write_whole
from ..nlp.errors import GongwenError, ModelError, ReadError, UnknownNameError, quoted
from ..nlp.seeds import read_seed, shipped
from ..nlp.topics.taxonomy import Taxonomy

if TYPE_CHECKING:
    from ..nlp.topics.classifier import TopicClassifier
    from ..nlp.topics.labels import LabelledSentence
    from ..training.train import TrainedModel


MeasureKind = Literal["cross-validation", "check set", "own file"]
SHIPPED = 0
"""The version number of the model that ships with the package."""
_LABELS = "labels.jsonl"
_TOPICS = "topics.toml"
_TEXTS = "texts.json"
_MODEL = "npz"
_VERSION_STEM = re.compile(r"(?!0000)[0-9]{4,9}")
_FILES = (_LABELS, _TEXTS, _TOPICS, "md", _MODEL)
"""Suffixes of the files of a version: ``0001.labels.jsonl`` and so on."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The macro-F1 of a model, with the kind of sentences that it was measured on.

    Figures of different kinds are of different sentences and cannot be compared.

    Attributes:
        kind: ``cross-validation``, ``check set`` or ``own file``.
        macro_f1: mean F1 of the topics, 0 to 1.
        sentences: number of sentences; ``None`` in models of older versions.
        distinct: number of these that are not near-copies of one another; ``None`` likewise.
        trained_on: number of these that the model was trained on. In cross-validation it is 0, as
            each sentence is tested with a model that was not trained on it.
    """

    kind: MeasureKind
    macro_f1: float
    sentences: int | None = None
    distinct: int | None = None
    trained_on: int = 0


def measures_of(metadata: Mapping[str, Any]) -> tuple[Measure, ...]:
    """Return what was measured when a model was trained, from the metadata of its file.

    Example:
        >>> [m.kind for m in measures_of({"macro_f1": 0.913, "check_macro_f1": 0.974})]
        ['cross-validation', 'check set']
    """
    prefixes: dict[MeasureKind, str] = {"cross-validation": "", "check set": "check_"}
    return tuple(
        Measure(kind, f1, metadata.get(f"{prefix}sentences"), metadata.get(f"{prefix}distinct"))
        for kind, prefix in prefixes.items()
        if (f1 := metadata.get(f"{prefix}macro_f1")) is not None
    )


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of the model of a library.

    Attributes:
        version: its number; 0 is the shipped model.
        active: whether the library tags with it.
        created: when it was trained, ISO 8601 in UTC; ``""`` for the shipped model.
        labels: the number of labelled sentences that it was trained on.
        macro_f1: macro-F1 by cross-validation when it was trained, 0 to 1; ``None`` when there
            were too few labels.
        check_macro_f1: macro-F1 on the check set, ``None`` where it was not measured.
        sha256: the hash of its file, in hexadecimal.
        files: the label files that it was trained on.
        measures: the two figures, with what they were measured on.
    """

    version: int
    active: bool
    created: str
    labels: int
    macro_f1: float | None
    check_macro_f1: float | None
    sha256: str
    files: tuple[str, ...]
    measures: tuple[Measure, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a JSON object."""
        return asdict(self) | {
            "files": list(self.files),
            "measures": [asdict(measure) for measure in self.measures],
        }


class ModelStore:
    """The numbered models in a folder of a library.

    Args:
        folder: the folder of the models; created when the first model is added.

    Example:
        >>> ModelStore(Path("no-models-yet")).numbers()
        [0]
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._active_file = folder / "active"
        self._taxonomies: dict[int, Taxonomy] = {}

    @property
    def active(self) -> int:
        """The version that the library tags with.

        Raises:
            ModelError: the file that holds its number is damaged.
        """
        try:
            return validation.number("active", int(self._active_file.read_text("ascii")))
        except FileNotFoundError:
            return SHIPPED
        except (ValueError, OSError):
            raise ModelError(f"{self._active_file}: damaged; run gongwen models use N") from None

    @property
    def chosen(self) -> bool:
        """Whether a version was ever made the active one."""
        return self._active_file.exists()

    def use(self, version: int) -> None:
        """Make a version the active one.

        Raises:
            UnknownNameError: there is no such version.
            WriteError: the choice cannot be written; the active version stays the same.
        """
        self._check(version)
        make_folder(self._folder)
        write_whole(self._active_file, str(version).encode())

    def numbers(self) -> list[int]:
        """Return all versions in order, the shipped one first."""
        own = (p.stem for p in self._folder.glob("[0-9]*.npz") if _VERSION_STEM.fullmatch(p.stem))
        return [SHIPPED, *sorted(int(stem) for stem in own if self.path(int(stem)).stem == stem)]

    def _check(self, version: int) -> None:
        if version not in self.numbers():
            known = ", ".join(map(str, self.numbers()))
            raise UnknownNameError("model version", str(version), (), f"there are {known}")

    def path(self, version: int) -> Path:
        """Return the model file of a version that was trained in the library."""
        return self._folder / f"{version:04d}.npz"

    def load(self, version: int | None = None) -> TopicClassifier:
        """Return the classifier of a version, by default of the active one.

        Raises:
            UnknownNameError: there is no such version.
            ModelError: its file is damaged, or has topics that its taxonomy lacks.
            ReadError, SeedError: the file of its taxonomy is damaged.
        """
        from ..nlp.topics.classifier import TopicClassifier  # late: loads NumPy

        number = self.active if version is None else version
        self._check(number)
        if number == SHIPPED:
            return TopicClassifier.shipped()
        classifier = TopicClassifier.load(path := self.path(number))
        if unknown := set(classifier.classes_.tolist()) - set(self.taxonomy(number).topics.slugs):
            raise ModelError(
                f"{path}: it tags with {quoted(min(unknown))}, which is no topic of its"
                f" {path.stem}.{_TOPICS}; one of the two is damaged"
            )
        _check_metadata(path, classifier.meta_)
        return classifier

    def taxonomy(self, version: int | None = None) -> Taxonomy:
        """Return the taxonomy of a version, by default of the active one."""
        number = self.active if version is None else version
        if number not in self._taxonomies:
            own = self.path(number).with_suffix(f".{_TOPICS}")
            self._taxonomies[number] = Taxonomy.load(own) if own.exists() else Taxonomy.shipped()
        return self._taxonomies[number]

    def labels(self, version: int) -> list[LabelledSentence]:
        """Return the labelled sentences that a version was trained on.

        Raises:
            UnknownNameError: there is no such version.
            ReadError, SeedError: the file of its labels is damaged; names the line.
        """
        # late: a search must not load the readers of label files
        from ..nlp.topics.labels import load_labels, read_stored_labels

        self._check(version)
        if version == SHIPPED:
            return load_labels([shipped(_LABELS)], self.taxonomy(version))
        # Written by add() with the topics of that time: not checked like a label file of a user.
        return read_stored_labels(self.path(version).with_suffix(f".{_LABELS}"))

    def texts(self, version: int) -> list[str]:
        """Return the unlabelled sentences that a version was trained on.

        Raises:
            ReadError: their file is damaged.
        """
        own = self.path(version).with_suffix(f".{_TEXTS}")
        if not own.exists():
            return []
        try:
            texts = json.loads(read_seed(own))
            if not isinstance(texts, list):
                raise ValueError
            return [validation.text("a sentence", text) for text in texts]
        except (ValueError, RecursionError):
            raise ReadError(f"{own}: no list of sentences; the file is damaged") from None

    def card(self, version: int) -> str:
        """Return the model card of a version, in Markdown.

        Raises:
            UnknownNameError: there is no such version.
            ReadError: the card is missing or damaged.
        """
        self._check(version)
        if version == SHIPPED:
            return (files("gongwen.models") / "README.md").read_text("utf-8")
        return read_seed(self.path(version).with_suffix(".md"))

    def add(self, model: TrainedModel) -> int:
        """Store a trained model as a new version, not active yet, and return its number.

        Raises:
            WriteError: it cannot be written; then no version is added.
        """
        # late: a search must not load the readers of label files
        from ..nlp.topics.labels import labels_to_jsonl

        texts = {
            _LABELS: labels_to_jsonl(model.labels),
            _TEXTS: json.dumps(model.texts, ensure_ascii=False, indent=0),
            _TOPICS: model.taxonomy.source,
            "md": model.card,
        }
        data = {name: text.encode() for name, text in texts.items()}
        return self._write_version(data, lambda path: model.classifier.save(path, **model.facts))

    def _write_version(
        self,
        contents: Mapping[str, bytes],
        save: Callable[[Path], None],
        version: int | None = None,
    ) -> int:
        """Write the files of a version and return its number.

        The model is written last, because a version exists once its model does. If anything
        fails, all files of the version are removed.

        Args:
            contents: the other files by suffix.
            save: writes the model to a path.
            version: the number; ``None`` for a new one.
        """
        make_folder(self._folder)
        if version is None:
            version = self.numbers()[-1] + 1
        path = self.path(version)
        self._remove(path)  # files that a killed process has left
        try:
            for name, data in contents.items():
                write_whole(path.with_suffix(f".{name}"), data)
            save(path)
        except BaseException:
            with contextlib.suppress(OSError):
                self._remove(path)
            raise
        return version

    def discard(self, version: int) -> None:
        """Remove a version that is not active; the active one stays.

        What cannot be removed stays.
        """
        with contextlib.suppress(OSError, ModelError):
            if version not in (SHIPPED, self.active):
                self._remove(self.path(version))

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)  # first, so that the version does not exist any more
        for name in _FILES:
            path.with_suffix(f".{name}").unlink(missing_ok=True)

    def packed(self, version: int) -> dict[str, str]:
        """Return the files of a version by suffix, encoded in base64.

        Raises:
            UnknownNameError: there is no such version.
        """
        self._check(version)
        stem = self.path(version).stem
        return {
            path.name.removeprefix(f"{stem}."): base64.b64encode(path.read_bytes()).decode("ascii")
            for path in sorted(self._folder.glob(f"{stem}.*"))
            if path.name.removeprefix(f"{stem}.") in _FILES
        }

    def check_packed(self, packed: Mapping[str, str]) -> None:
        """Check that files from :meth:`packed` are a model, by loading all of them.

        Raises:
            GongwenError: they are not.
        """
        with TemporaryDirectory(prefix="gongwen-") as folder:
            scratch = ModelStore(Path(folder))
            scratch.load(scratch.unpack(packed))
            scratch.labels(1), scratch.taxonomy(1), scratch.texts(1), scratch.card(1)

    def unpack(self, packed: Mapping[str, str]) -> int:
        """Store files from :meth:`packed` as a new version, unless the same model is there.

        Returns:
            The number of the new version, or of the one with the same model.

        Raises:
            ModelError: the files of a model are missing, or there are others.
            WriteError: they cannot be written.
        """
        data = _unpacked(packed)
        for version in self.numbers()[1:]:
            if self.path(version).read_bytes() == data[_MODEL]:
                return version
        return self._put(data)

    def put(self, version: int, packed: Mapping[str, str]) -> None:
        """Store files from :meth:`packed` under this number; raises what :meth:`unpack` does."""
        self._put(_unpacked(packed), version)

    def _put(self, data: dict[str, bytes], version: int | None = None) -> int:
        model = data.pop(_MODEL)
        return self._write_version(data, lambda path: write_whole(path, model), version)

    def problems(self) -> Iterator[str]:
        """Yield the faults of the files of all versions, one line each."""
        for version in self.numbers():
            others = (self.labels, self.texts, self.card) if version != SHIPPED else ()
            for read in (self.load, *others):
                try:
                    read(version)
                except GongwenError as error:
                    yield str(error)
        try:
            self._check(self.active)
        except GongwenError as error:
            yield str(error)

    def versions(self) -> list[ModelVersion]:
        """Return all versions, ordered by number."""
        active = self.active
        return [self._version(number, number == active) for number in self.numbers()]

    def _version(self, number: int, active: bool) -> ModelVersion:
        metadata = self.load(number).meta_
        return ModelVersion(
            version=number,
            active=active,
            created=str(metadata.get("created", "")),
            labels=metadata.get("labels", 0),
            macro_f1=metadata.get("macro_f1"),
            check_macro_f1=metadata.get("check_macro_f1"),
            sha256=self.sha256(number),
            files=tuple(map(str, metadata.get("files", ()))),
            measures=measures_of(metadata),
        )

    def sha256(self, number: int) -> str:
        """Return the hash of the file of a version, in hexadecimal."""
        path = files("gongwen.models") / "topics.npz" if number == SHIPPED else self.path(number)
        return hashlib.sha256(path.read_bytes()).hexdigest()


def _unpacked(packed: Mapping[str, str]) -> dict[str, bytes]:
    if set(packed) - set(_FILES) or _MODEL not in packed:
        raise ModelError(f"a model has the files {', '.join(_FILES)}")
    try:
        return {name: base64.b64decode(text, validate=True) for name, text in packed.items()}
    except ValueError:
        raise ModelError("its files are not base64") from None


def _check_metadata(path: Path, metadata: Mapping[str, Any]) -> None:
    """Raise ModelError when the metadata of a model file is not as ``train`` writes it."""
    try:
        validation.number("labels", metadata.get("labels", 0))
        validation.line("created", metadata.get("created", ""))
        for name in ("macro_f1", "check_macro_f1"):
            if (f1 := metadata.get(name)) is not None:
                validation.probability(name, f1)
        for name in ("sentences", "distinct", "check_sentences", "check_distinct"):
            validation.number(name, metadata.get(name, 0))
        if not isinstance(label_files := metadata.get("files", []), list):
            raise ValueError("files is not a list")
        for file in label_files:
            validation.line("a file", file)
    except ValueError as error:
        raise ModelError(f"{path}: {error}; the file is damaged") from None
