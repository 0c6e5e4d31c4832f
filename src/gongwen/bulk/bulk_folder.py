"""The folder that ``gongwen bulk read`` writes and ``gongwen bulk load`` takes in.

::

    manifest.json               how the files were read: format, version, model, segmenter
    model.json                  the model that tagged, when it is not the one that ships
    shards/NAME.json            a shard: its files, what became of each, hashes of its tables
    reports/NAME.parquet        one row a report
    sentences/NAME.parquet      one row a sentence, with its topics and words
    figures/NAME.parquet        one row a number

A shard is what a worker reads in one go. Its name is a hash of its files and of how they are read,
and its record is written last, so that a shard either is there as a whole or is read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, TypeVar

from ..nlp import validation as valid
from ..nlp.errors import ReadError
from .addresses import BulkStorage, FileStamp
from .shard_tables import TABLES

FORMAT = 1
"""Version of the layout and of the columns."""
_MANIFEST, _MODEL, _SHARDS = "manifest.json", "model.json", "shards"
_MOST_RECORD_BYTES, _MOST_TABLE_BYTES = 64 << 20, 512 << 20
_MOST_NAME = 10_000
_NAME_LENGTH = 24
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How files are made into rows.

    Attributes:
        gongwen: the version of gongwen.
        model: the version of the model that tags, 0 for the one that ships.
        model_sha256: hash of its file.
        min_probability: below it the topic of a sentence is ``unsure``.
        segmenter: fingerprint of the segmenter that cuts words.
        encoding: forces the encoding of the files; ``""`` to detect it.
    """

    gongwen: str
    model: int
    model_sha256: str
    min_probability: float
    segmenter: str
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class ReadItem:
    """What became of a file that holds reports, which may be a member of an archive.

    Attributes:
        name: the name of the file in a library.
        stem: its name without folder and suffix.
        sha256: hash of its bytes, ``""`` when it could not be read.
        reports: the number of its reports.
        sentences: the number of their sentences.
        message: why it could not be read, or what is to be known of it.
    """

    name: str
    stem: str
    sha256: str
    reports: int = 0
    sentences: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read, with the files in it if it is an archive.

    Attributes:
        stamp: which file it is, and which version of it.
        items: what became of it, or of its members.
    """

    stamp: FileStamp
    items: tuple[ReadItem, ...]

    @property
    def failed(self) -> bool:
        """Whether any of it could not be read."""
        return any(not item.sha256 for item in self.items)


@dataclass(frozen=True, slots=True)
class Shard:
    """The record of a shard.

    Attributes:
        name: its name.
        segmenter: fingerprint of the segmenter that cut its words.
        characters: of all its sentences.
        files: its files in order.
        tables: SHA-256 of the content of each table; none when there are no reports.
        replaces: names of shards that hold older versions of these files.
    """

    name: str
    segmenter: str
    characters: int
    files: tuple[ReadFile, ...]
    tables: Mapping[str, str] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()

    @property
    def counts(self) -> list[int]:
        """The number of reports of each item that was read, in the order of the tables."""
        return [item.reports for file in self.files for item in file.items if item.sha256]


def shard_name(settings: ReadSettings, files: Sequence[FileStamp]) -> str:
    """Return the name of the shard of these files.

    Example:
        >>> len(shard_name(ReadSettings("0.1.0", 0, "", 0.0, ""), [FileStamp("/a.txt", 1, "")]))
        24
    """
    what = [FORMAT, asdict(settings), [asdict(one) for one in files]]
    return hashlib.sha256(json.dumps(what).encode("ascii")).hexdigest()[:_NAME_LENGTH]


class BulkFolder:
    """The shards below an address.

    Args:
        address: a folder.

    Example:
        >>> BulkFolder("memory://nothing-there").shards()
        []
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._storage = BulkStorage(address)
        self.name = self._storage.name

    # -- how files are read ----------------------------------------------------------------

    def settings(self) -> ReadSettings:
        """Return how the files of this folder were read.

        Raises:
            ReadError: it is no such folder, or a newer gongwen has written it.
        """
        if not self._has_manifest():
            raise ReadError(
                f"{self.name}: not a folder of gongwen bulk read (there is no {_MANIFEST})"
            )
        return self._parsed(_MANIFEST, _settings_of)

    def begin(self, settings: ReadSettings, model: Mapping[str, str]) -> None:
        """Write how files are read, or see that it is as before.

        Args:
            settings: how they are read.
            model: the files of the model in base64, none for the one that ships.

        Raises:
            ReadError: what is there was read in another way.
            WriteError: the folder cannot be written to.
        """
        if self._has_manifest():
            there = asdict(self.settings())
            differing = [name for name, value in asdict(settings).items() if value != there[name]]
            if differing:
                named = ", ".join(name.replace("_", " ") for name in differing)
                raise ReadError(
                    f"{self.name}: holds files that were read in another way ({named}); give "
                    "another folder"
                )
            return
        if model:
            self._storage.write(_MODEL, json.dumps(dict(model)).encode("ascii"))
        known = {"format": FORMAT, **asdict(settings)}
        self._storage.write(_MANIFEST, (json.dumps(known, indent=1) + "\n").encode("ascii"))

    def model(self) -> dict[str, str]:
        """Return the files of the model, as :meth:`begin` got them.

        Raises:
            ReadError: they are missing or damaged.
        """
        return self._parsed(_MODEL, _model_of)

    def _has_manifest(self) -> bool:
        return _MANIFEST in self._storage.names("")

    # -- shards ----------------------------------------------------------------------------

    def shards(self, damaged: Callable[[ReadError], object] = bool) -> list[Shard]:
        """Return the records of all shards that no other one replaces, in order of name.

        Args:
            damaged: told of each record that cannot be read.
        """
        found = {}
        for name in self._storage.names(_SHARDS):
            stem, _dot, suffix = name.rpartition(".")
            if suffix != "json" or stem.startswith("."):
                continue
            try:
                found[stem] = self._parsed(f"{_SHARDS}/{name}", partial(_shard_of, stem))
            except ReadError as error:
                damaged(error)
        gone = {name for shard in found.values() for name in shard.replaces if name != shard.name}
        return [shard for name, shard in found.items() if name not in gone]

    def write(self, shard: Shard, tables: Mapping[str, bytes]) -> None:
        """Write a shard, its record last.

        Raises:
            WriteError: it cannot be written.
        """
        for name, data in tables.items():
            self._storage.write(f"{name}/{shard.name}.parquet", data)
        record = json.dumps({"format": FORMAT, **asdict(shard)}, indent=1)
        self._storage.write(f"{_SHARDS}/{shard.name}.json", (record + "\n").encode("ascii"))

    def tables(self, shard: Shard) -> dict[str, bytes]:
        """Return the content of the tables of a shard.

        Raises:
            ReadError: one is missing, or is not what was written.
        """
        found = {}
        for name, digest in shard.tables.items():
            path = f"{name}/{shard.name}.parquet"
            found[name] = self._storage.read(path, _MOST_TABLE_BYTES)
            if hashlib.sha256(found[name]).hexdigest() != digest:
                raise ReadError(f"{self.name}/{path}: not as it was written")
        return found

    def remove(self, names: Iterable[str]) -> None:
        """Remove shards that others replace: first their tables, then their records."""
        for name in names:
            tables = [f"{table}/{name}.parquet" for table in TABLES]
            self._storage.remove([*tables, f"{_SHARDS}/{name}.json"])

    def _parsed(self, path: str, parse: Callable[[dict[str, Any]], T]) -> T:
        try:
            found = json.loads(self._storage.read(path, _MOST_RECORD_BYTES))
            return parse(_object("it", found))
        except (ValueError, KeyError, RecursionError) as error:
            what = str(error) if type(error) is ValueError else type(error).__name__
            raise ReadError(f"{self.name}/{path}: damaged or made by hand ({what})") from None


def digests(tables: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each table in hexadecimal.

    Example:
        >>> digests({"reports": b""})["reports"][:8]
        'e3b0c442'
    """
    return {name: hashlib.sha256(data).hexdigest() for name, data in tables.items()}


# -- records as JSON -------------------------------------------------------------------------------


def _check_format(entry: Mapping[str, Any]) -> None:
    if valid.number("format", entry["format"], least=1) > FORMAT:
        raise ValueError("of a newer gongwen; update gongwen")


def _settings_of(entry: dict[str, Any]) -> ReadSettings:
    _check_format(entry)
    return ReadSettings(
        gongwen=valid.line("gongwen", entry["gongwen"]),
        model=valid.number("model", entry["model"]),
        model_sha256=valid.sha256(entry["model_sha256"]),
        min_probability=valid.probability("min_probability", entry["min_probability"]),
        segmenter=valid.line("segmenter", entry["segmenter"]),
        encoding=valid.line("encoding", entry["encoding"]),
    )


def _model_of(entry: dict[str, Any]) -> dict[str, str]:
    return {name: valid.text("a file", data) for name, data in entry.items()}


def _shard_of(name: str, entry: dict[str, Any]) -> Shard:
    _check_format(entry)
    if _name("name", entry["name"]) != name:
        raise ValueError("the record of another shard")
    tables = _object("tables", entry["tables"])
    if tables and set(tables) != set(TABLES):
        raise ValueError("not the tables of a shard")
    return Shard(
        name=name,
        segmenter=valid.line("segmenter", entry["segmenter"]),
        characters=valid.number("characters", entry["characters"]),
        files=tuple(_file_of(_object("file", one)) for one in _list("files", entry["files"])),
        tables={name: valid.sha256(digest) for name, digest in tables.items()},
        replaces=tuple(_name("replaces", one) for one in _list("replaces", entry["replaces"])),
    )


def _file_of(entry: dict[str, Any]) -> ReadFile:
    stamp = _object("stamp", entry["stamp"])
    address, modified = valid.text("address", stamp["address"]), stamp["modified"]
    size = stamp["size"]
    if not isinstance(size, int) or size < 0 or len(address) > _MOST_NAME:
        raise ValueError("not a file")
    items = tuple(_item_of(_object("item", one)) for one in _list("items", entry["items"]))
    return ReadFile(FileStamp(address, size, valid.text("modified", modified)), items)


def _item_of(entry: dict[str, Any]) -> ReadItem:
    return ReadItem(
        name=_shown_name("name", entry["name"]),
        stem=_shown_name("stem", entry["stem"]),
        sha256=entry["sha256"] and valid.sha256(entry["sha256"]),
        reports=valid.number("reports", entry["reports"]),
        sentences=valid.number("sentences", entry["sentences"]),
        message=valid.line("message", entry["message"]),
    )


def _shown_name(what: str, value: Any) -> str:
    """Return the name of a file as :func:`~gongwen.readers.base.display_name` makes them."""
    name = valid.text(what, value)
    if len(name) > _MOST_NAME or valid.visible(name, lines=False) != name:
        raise ValueError(f"{what} is no name of a file")
    return name


def _name(what: str, value: Any) -> str:
    name = valid.text(what, value)
    if len(name) != _NAME_LENGTH or set(name) - set("0123456789abcdef"):
        raise ValueError(f"{what} is no name of a shard")
    return name


def _object(what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no object")
    return value


def _list(what: str, value: Any) -> Iterator[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{what} is no list")
    return iter(value)
