"""The models of a library: numbered versions, one of them active; 0 is the shipped one."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..nlp import validation
from ..nlp.atomic_write import make_folder, write_whole
from ..nlp.errors import GongwenError, ModelError, ReadError, UnknownNameError, quoted
from ..nlp.seeds import read_seed

if TYPE_CHECKING:
    from ..nlp.topics.classifier import TopicClassifier
    from ..nlp.topics.labels import LabelledSentence
    from ..nlp.topics.taxonomy import Taxonomy
    from ..training.train import TrainedModel


SHIPPED = 0
_LABELS = "labels.jsonl"
_TOPICS = "topics.toml"
_TEXTS = "texts.json"
_MODEL = "npz"
_NUMBER = re.compile(r"(?!0000)[0-9]{4,9}")
_FILES = (_LABELS, _TEXTS, _TOPICS, "md", _MODEL)
"""Files of a version, by what follows its number."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model of the library.

    Attributes:
        version: its number; 0 is the shipped one.
        active: whether the library tags with it.
        created: when it was trained, ISO 8601 in UTC, ``""`` for the shipped one.
        labels: sentences that it was trained on.
        macro_f1: by cross-validation when it was trained, 0 to 1; ``None`` when the labels were
            too few.
        sha256: hash of its file.
        files: the label files that it was trained on.
    """

    version: int
    active: bool
    created: str
    labels: int
    macro_f1: float | None
    sha256: str
    files: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self) | {"files": list(self.files)}


class ModelStore:
    """Numbered models in a folder of the library.

    Args:
        folder: where they lie; made when the first is added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pointer = folder / "active"
        self._taxonomies: dict[int, Taxonomy] = {}

    @property
    def active(self) -> int:
        """The version that tags."""
        try:
            return validation.number("active", int(self._pointer.read_text("ascii")))
        except FileNotFoundError:
            return SHIPPED
        except (ValueError, OSError):
            raise ModelError(f"{self._pointer}: damaged; run gongwen models use N") from None

    def use(self, version: int) -> None:
        """Make ``version`` the one that tags.

        Raises:
            UnknownNameError: there is no such version.
            WriteError: the choice cannot be kept; the model that was active stays so.
        """
        self._check(version)
        make_folder(self._folder)
        write_whole(self._pointer, str(version).encode())

    def numbers(self) -> list[int]:
        """Return all versions in order, the shipped one first."""
        own = (p.stem for p in self._folder.glob("[0-9]*.npz") if _NUMBER.fullmatch(p.stem))
        return [SHIPPED, *sorted(int(stem) for stem in own if self.path(int(stem)).stem == stem)]

    def _check(self, version: int) -> None:
        if version not in self.numbers():
            known = ", ".join(map(str, self.numbers()))
            raise UnknownNameError("model version", str(version), (), f"there are {known}")

    def path(self, version: int) -> Path:
        """Return the file of an own version."""
        return self._folder / f"{version:04d}.npz"

    def load(self, version: int | None = None) -> TopicClassifier:
        """Return a classifier, the active one by default.

        Raises:
            UnknownNameError: there is no such version.
            ModelError: its file is damaged, or does not belong to its topics.
            ReadError, SeedError: the file of its topics is damaged.
        """
        # late: a search does not need it
        from ..nlp.topics.classifier import TopicClassifier

        number = self.active if version is None else version
        self._check(number)
        if number == SHIPPED:
            return TopicClassifier.shipped()
        classifier = TopicClassifier.load(path := self.path(number))
        if strange := set(classifier.classes_.tolist()) - set(self.taxonomy(number).topics.slugs):
            raise ModelError(
                f"{path}: it tags with {quoted(min(strange))}, which is no topic of its"
                f" {path.stem}.{_TOPICS}; one of the two is damaged"
            )
        _check_facts(path, classifier.meta_)
        return classifier

    def taxonomy(self, version: int | None = None) -> Taxonomy:
        """Return the topics of a version, the active one by default."""
        # late: a search does not need it
        from ..nlp.topics.taxonomy import Taxonomy

        number = self.active if version is None else version
        if number not in self._taxonomies:
            own = self.path(number).with_suffix(f".{_TOPICS}")
            self._taxonomies[number] = Taxonomy.load(own) if own.exists() else Taxonomy.shipped()
        return self._taxonomies[number]

    def labels(self, version: int) -> list[LabelledSentence]:
        """Return the sentences that a version was trained on.

        Raises:
            UnknownNameError: there is no such version.
            ReadError, SeedError: the file of its labels is damaged; names the line.
        """
        # late: a search does not need it
        from ..nlp.seeds import shipped
        from ..nlp.topics.labels import load_labels, read_stored_labels

        self._check(version)
        if version == SHIPPED:
            return load_labels([shipped(_LABELS)], self.taxonomy(version))
        # Written by add, and by the topics of then: not once more by the rules for files.
        return read_stored_labels(self.path(version).with_suffix(f".{_LABELS}"))

    def texts(self, version: int) -> list[str]:
        """Return the sentences without a label that a version was trained on.

        Raises:
            ReadError: the file with them is damaged.
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
        """Return the model card of a version, Markdown.

        Raises:
            UnknownNameError: there is no such version.
            ReadError: the card is missing or damaged.
        """
        # late: slow to import, and seldom needed
        from importlib.resources import files

        self._check(version)
        if version == SHIPPED:
            return (files("gongwen.models") / "README.md").read_text("utf-8")
        return read_seed(self.path(version).with_suffix(".md"))

    def add(self, model: TrainedModel) -> int:
        """Keep a model as a new version, which is not active yet, and return its number.

        Raises:
            WriteError: it cannot be written; then there is no such version.
        """
        # late: a search does not need it
        from ..nlp.topics.labels import labels_to_jsonl

        files = {
            _LABELS: labels_to_jsonl(model.labels),
            _TEXTS: json.dumps(model.texts, ensure_ascii=False, indent=0),
            _TOPICS: model.taxonomy.source,
            "md": model.card,
        }
        data = {name: text.encode() for name, text in files.items()}
        return self._keep(data, lambda path: model.classifier.save(path, **model.facts))

    def _keep(
        self,
        files: Mapping[str, bytes],
        save: Callable[[Path], None],
        version: int | None = None,
    ) -> int:
        """Write the files of a version, by default of a new one, and last its model.

        A version is there when its model is: of one that could not be finished nothing stays.
        """
        make_folder(self._folder)
        if version is None:
            version = self.numbers()[-1] + 1
        path = self.path(version)
        self._remove(path)  # what a process that was killed has left
        try:
            for name, data in files.items():
                write_whole(path.with_suffix(f".{name}"), data)
            save(path)
        except BaseException:
            with contextlib.suppress(OSError):
                self._remove(path)
            raise
        return version

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)  # first: without it there is no such version
        for name in _FILES:
            path.with_suffix(f".{name}").unlink(missing_ok=True)

    def packed(self, version: int) -> dict[str, str]:
        """Return the files of an own version by what follows its number, in base64."""
        self._check(version)
        stem = self.path(version).stem
        return {
            path.name.removeprefix(f"{stem}."): base64.b64encode(path.read_bytes()).decode("ascii")
            for path in sorted(self._folder.glob(f"{stem}.*"))
            if path.name.removeprefix(f"{stem}.") in _FILES
        }

    def check_packed(self, files: Mapping[str, str]) -> None:
        """Load what :meth:`packed` gave, to see that it is a model.

        Raises:
            GongwenError: it is not.
        """
        with TemporaryDirectory(prefix="gongwen-") as folder:
            scratch = ModelStore(Path(folder))
            scratch.load(scratch.unpack(files))
            scratch.labels(1), scratch.taxonomy(1), scratch.texts(1), scratch.card(1)

    def unpack(self, files: Mapping[str, str]) -> int:
        """Keep a packed version as a new one, unless there is one with the same model.

        Returns:
            Its number.

        Raises:
            ModelError: it has not the files of a model.
            WriteError: it cannot be written.
        """
        data = _unpacked(files)
        for version in self.numbers()[1:]:
            if self.path(version).read_bytes() == data[_MODEL]:
                return version
        return self._put(data)

    def put(self, version: int, files: Mapping[str, str]) -> None:
        """Keep what :meth:`packed` gave under this number; raises like :meth:`unpack`."""
        self._put(_unpacked(files), version)

    def _put(self, data: dict[str, bytes], version: int | None = None) -> int:
        model = data.pop(_MODEL)
        return self._keep(data, lambda path: write_whole(path, model), version)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the files of all versions."""
        for version in self.numbers():
            own = (self.labels, self.texts, self.card) if version != SHIPPED else ()
            for look in (self.load, *own):
                try:
                    look(version)
                except GongwenError as error:
                    yield str(error)
        try:
            self._check(self.active)
        except GongwenError as error:
            yield str(error)

    def versions(self) -> list[ModelVersion]:
        """Return what is known of every version, in order."""
        active = self.active
        return [self._version(number, number == active) for number in self.numbers()]

    def _version(self, number: int, active: bool) -> ModelVersion:
        facts = self.load(number).meta_
        return ModelVersion(
            version=number,
            active=active,
            created=str(facts.get("created", "")),
            labels=facts.get("labels", 0),
            macro_f1=facts.get("macro_f1"),
            sha256=self._hash(number),
            files=tuple(map(str, facts.get("files", ()))),
        )

    def _hash(self, number: int) -> str:
        # late: slow to import, and seldom needed
        from importlib.resources import files

        path = files("gongwen.models") / "topics.npz" if number == SHIPPED else self.path(number)
        return hashlib.sha256(path.read_bytes()).hexdigest()


def _unpacked(files: Mapping[str, str]) -> dict[str, bytes]:
    if set(files) - set(_FILES) or _MODEL not in files:
        raise ModelError(f"a model has the files {', '.join(_FILES)}")
    try:
        return {name: base64.b64decode(text, validate=True) for name, text in files.items()}
    except ValueError:
        raise ModelError("its files are not base64") from None


def _check_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Raise ModelError when what a model file says of its making is not what ``train`` writes."""
    try:
        validation.number("labels", facts.get("labels", 0))
        validation.line("created", facts.get("created", ""))
        if (f1 := facts.get("macro_f1")) is not None:
            validation.probability("macro_f1", f1)
        if not isinstance(files := facts.get("files", []), list):
            raise ValueError("files is not a list")
        for file in files:
            validation.line("a file", file)
    except ValueError as error:
        raise ModelError(f"{path}: {error}; the file is damaged") from None
