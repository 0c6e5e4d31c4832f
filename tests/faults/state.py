"""What is in a library and beside it, read without gongwen: the model that a command is held to."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

State = dict[str, str]
"""The parts that change as wholes, by name: reports, also those in the trash, settings, models,
files of output."""

_OF_REPORT = {
    "reports": ("added",),
    "sentences": ("id", "correction", "generation", "tagged"),
    "corrections": ("id", "at", "checksum"),
    "copies": ("added",),
    "sketches": ("id",),
    "similar": (),
    "figures": (),
}
"""Tables with what belongs to a report, and their columns that differ from run to run."""

_SEGMENT = re.compile(r"/_?MAIN_\w+\.(seg|toc)$")
"""Files of Whoosh; it has one more for each time that it wrote, and merges them now and then."""


def state_of(folder: Path) -> State:
    """Return what is in the working folder ``folder``: ``library`` and files of output."""
    library = folder / "library"
    state = {}
    if (library / "library.db").exists():
        state |= _stored(library)
    for model in sorted((library / "models").glob("[0-9]*.npz")):
        parts = sorted(p for p in model.parent.glob(f"{model.stem}.*"))
        state[f"model {int(model.stem)}"] = " ".join(map(_part_of_model, parts))
    active = library / "models" / "active"
    state["active"] = active.read_text("utf-8") if active.exists() else "0"
    synonyms = library / "synonyms.toml"
    state["synonyms"] = _hash(synonyms.read_bytes()) if synonyms.exists() else "none"
    config = library / "config.toml"
    state["config"] = _hash(config.read_bytes()) if config.exists() else "none"
    for path in sorted((library / "files").glob("*")):
        state[f"uploaded {path.name}"] = _hash(path.read_bytes())
    for path in sorted(folder.glob("*.*")):
        if not path.name.startswith("."):
            state[f"file {path.name}"] = _output(path)
    for path in sorted((folder / "user").glob("*")):
        if not path.name.startswith(".gongwen-"):
            state[f"file user/{path.name}"] = _output(path)
    for path in sorted((folder / "model").glob("*.*")):
        if not path.name.startswith("."):
            state[f"file model/{path.name}"] = _part_of_model(path)
    return state


def _stored(library: Path) -> State:
    """Read a copy of the store: whoever opens the store itself puts right what was left."""
    state: State = {}
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as copy:
        for name in ("library.db", "library.db-wal", "library.db-journal"):
            if (library / name).exists():
                shutil.copyfile(library / name, Path(copy, name))
        db = sqlite3.connect(Path(copy, "library.db"))
        try:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                return state
            [(application,)] = db.execute("PRAGMA application_id")
            assert application, "a store that is half made"
            setting = db.execute("SELECT value FROM meta WHERE key = 'min_probability'").fetchone()
            state["min_probability"] = str(float(setting[0])) if setting else "0.0"
            rows: dict[str, list[object]] = {}
            for table, differing in _OF_REPORT.items():
                cursor = db.execute(f"SELECT * FROM {table}")
                names = [column[0] for column in cursor.description]
                for row in cursor:
                    known = dict(zip(names, row, strict=True))
                    report = known["id"] if table == "reports" else known["report"]
                    entry = _entry(table, known, differing)
                    rows.setdefault(f"report {report}", []).append(entry)
            for number, report, author, content in db.execute(
                "SELECT id, report, author, content FROM trash"
            ):
                kept = [*_removed(content), json.dumps([number, author])]
                rows.setdefault(f"trash {report}", []).extend(kept)
        finally:
            db.close()
    for part, entries in rows.items():
        # A correction that is made twice is the same correction.
        state[part] = _hash("\n".join(sorted(set(map(str, entries)))).encode())
    return state


def _entry(table: str, known: dict[str, object], differing: tuple[str, ...]) -> str:
    """Return what must be the same of a row."""
    what = {k: v for k, v in known.items() if k not in differing}
    what["fixed"] = bool(known.get("correction"))
    return json.dumps([table, what], ensure_ascii=False, sort_keys=True)


def _removed(content: bytes) -> list[str]:
    """Return the rows of a report in the trash as those of one in the library."""
    tables = json.loads(zlib.decompress(content))
    found = []
    for table, differing in _OF_REPORT.items():
        columns, rows = tables[table]
        found += [_entry(table, dict(zip(columns, row, strict=True)), differing) for row in rows]
    return found


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _part_of_model(path: Path) -> str:
    """Return what must be the same of a file of a model; its card and facts hold the time."""
    name = path.name.partition(".")[2]
    data = path.read_bytes()
    if path.suffix == ".npz":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            return f"{name}:whole"
    assert data.endswith(b"\n") or path.suffix in (".json", ".toml"), f"{path.name} ends in between"
    return f"{name}:{'whole' if path.suffix == '.md' else _hash(data)}"


def _output(path: Path) -> str:
    """Return the hash of a file of output, but for the time that it was written at."""
    data = path.read_bytes()
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("docProps/")]
            parts = b"".join(map(archive.read, sorted(names)))
            return _hash(re.sub(rb'w:date="[^"]*"', b"", parts))
    except zipfile.BadZipFile:
        text = data.decode("utf-8", "backslashreplace")
    return _hash(re.sub(r'"(exported|added|at)": "[^"]*"', "", text).encode())


def names_of(folder: Path) -> dict[str, int]:
    """Return how many files there are below ``folder``, by names without numbers."""
    counts: dict[str, int] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if _SEGMENT.search(name):
            continue
        name = re.sub(r"[0-9a-f]{8,}|[0-9]+", "0", name)
        counts[name] = counts.get(name, 0) + 1
    return counts
