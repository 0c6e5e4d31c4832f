"""The whole life of a library, the same in a file and on a server of PostgreSQL."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from postgres_server import Server

import gongwen
from gongwen.nlp.errors import LibraryError, UnknownNameError
from gongwen.storage.database_file import FILE
from gongwen.storage.open_store import STORE_FILE

from .conftest import Desks, report


def found(library: gongwen.Library, text: str) -> list[tuple[str, int]]:
    hits = library.search(f'"{text}"', limit=1000, group=False, synonyms="never")
    return sorted((hit.report.id, hit.n) for hit in hits)


def lines(library: gongwen.Library) -> list[dict[str, Any]]:
    """Return an export without the times and the folders of the library."""
    kept = []
    for line in library.export():
        kept.append({k: v for k, v in line.items() if k not in ("exported", "added", "at")})
    return kept


def test_from_the_first_report_to_the_last(desks: Desks, files: Path) -> None:
    library = desks.open()
    outcomes = library.add([files])
    assert [o.status for o in outcomes] == ["added"] * 3 + ["unchanged"]
    assert [o.status for o in library.add([files])] == ["unchanged"] * 4
    assert len(found(library, "法律顾问")) == 3
    (files / "甲县.txt").write_text(report("甲县", 44), "utf-8")
    assert library.add([files / "甲县.txt"])[0].status in ("replaced", "added")
    assert found(library, "案件44件")
    name = library.reports()[0].id
    assert library.correct(name, 3, "行政执法", author="我").topic == "enforcement"
    assert library.search("案件", topics=["行政执法"]).total == 1
    assert [h.correction.author for h in library.history(name, 3)] == ["我"]
    library.undo_correction(name, 3)
    assert library.search("案件", topics=["行政执法"]).total == 0
    assert library.describe(name, region="武功县").region == "武功县"
    assert [r.id for r in library.reports(fields={"region": "武功县"})] == [name]
    library.min_probability = 0.5
    library.retag()
    [gone] = library.remove(name)
    assert not library.has_report(name)
    assert [e.report for e in library.trash()] == [name]
    with pytest.raises(UnknownNameError):
        library.report(name)
    [back] = library.restore(name)
    assert (back.id, back.how) == (gone.id, gone.how)
    assert library.empty_trash() == 0
    status = library.status(deep=True)
    assert status["problems"] == []
    assert status["indexed"] == status["generation"]
    assert library.reindex() == library._store.count_sentences()


def test_it_is_there_when_it_is_opened_again(desks: Desks, files: Path) -> None:
    with desks.open() as library:
        library.add([files])
        before = lines(library)
    with desks.open() as library:
        assert lines(library) == before
    with desks.open(read_only=True) as library:
        assert lines(library) == before
        assert len(found(library, "法律顾问")) == 3
        with pytest.raises(LibraryError, match="only to be read"):
            library.remove("甲县")


@pytest.mark.parametrize(("there", "here"), [("sqlite", "postgres"), ("postgres", "sqlite")])
def test_an_export_goes_from_one_kind_to_the_other_and_back(
    tmp_path: Path, postgres: Server, files: Path, there: str, here: str
) -> None:
    def opened(kind: str, name: str) -> gongwen.Library:
        folder = tmp_path / name
        return gongwen.open(
            folder, store=postgres.address_for(folder) if kind == "postgres" else ""
        )

    def moved(source: gongwen.Library, target: gongwen.Library, file: Path) -> None:
        with file.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in source.export())
        target.import_(file)

    with opened(there, "one") as one, opened(here, "two") as two, opened(there, "three") as three:
        one.add([files])
        one.correct("甲县", 3, "行政执法", also=["行政复议"], note="因为")
        one.describe("乙县", region="武功县")
        (one.folder / "synonyms.toml").write_text('groups = [["协税", "护税"]]\n', "utf-8")
        moved(one, two, tmp_path / "first.jsonl")
        moved(two, three, tmp_path / "second.jsonl")
        assert lines(two) == lines(one) == lines(three)
        for text in ("法律顾问", "行政复议案件", "执法人员"):
            assert found(two, text) == found(one, text)
        assert two.status(deep=True)["problems"] == []
        assert [o.status for o in two.import_(tmp_path / "first.jsonl")] == ["unchanged"] * 3


def test_a_folder_keeps_to_its_store(tmp_path: Path, postgres: Server, files: Path) -> None:
    address, other = postgres.address("one"), postgres.address("two")
    with gongwen.open(tmp_path / "desk", store=address) as library:
        assert library.status()["store"] == address
    assert not (tmp_path / "desk" / FILE).exists()
    kept = (tmp_path / "desk" / STORE_FILE).read_text("utf-8")
    assert kept == f'address = "{address}"\n'
    with gongwen.open(tmp_path / "desk") as library, gongwen.open(tmp_path / "desk", store=address):
        library.add([files])
    with pytest.raises(LibraryError, match=r"not in .*schema=two; leave --store away"):
        gongwen.open(tmp_path / "desk", store=other)
    gongwen.open(tmp_path / "file").close()
    with pytest.raises(LibraryError, match=r"lies in its own library\.db; to move it"):
        gongwen.open(tmp_path / "file", store=address)
    with pytest.raises(LibraryError, match=r"no library yet in .*/desks, schema two; run gongwen"):
        gongwen.Library(tmp_path / "new", create=False, store=other)
    assert not (tmp_path / "new").exists()
    with gongwen.Library(tmp_path / "second", create=False, store=address) as library:
        assert len(library.reports()) == 3
    with pytest.raises(LibraryError, match="repair mends nothing; restore the database"):
        gongwen.repair(tmp_path / "desk")
    (tmp_path / "desk" / STORE_FILE).write_text("address = 3", "utf-8")
    with pytest.raises(LibraryError, match=r"store\.toml: cannot be read; it has one line"):
        gongwen.open(tmp_path / "desk")


def test_a_schema_of_something_else_is_left_alone(tmp_path: Path, postgres: Server) -> None:
    with postgres.connection() as db:
        db.execute("CREATE SCHEMA IF NOT EXISTS strange")
        db.execute("CREATE TABLE IF NOT EXISTS strange.meta (key TEXT, value TEXT)")
    with pytest.raises(LibraryError, match="schema strange has tables but is no gongwen library"):
        gongwen.open(tmp_path / "desk", store=postgres.address("strange"))


def test_one_desk_sees_what_another_one_did(server_desks: Desks, files: Path) -> None:
    a, b = server_desks.open("a"), server_desks.open("b")
    a.add([files])
    assert len(found(b, "法律顾问")) == 3
    b.correct("甲县", 3, "行政执法")
    assert a.search("案件", topics=["行政执法"]).total == 1
    b.remove("乙县")
    assert len(found(a, "法律顾问")) == 2
    a.restore("乙县")
    assert len(found(b, "法律顾问")) == 3
    for library in (a, b):
        assert library.status(deep=True)["problems"] == []
        assert (library.folder / "index").is_dir()


def test_synonyms_and_models_reach_every_desk(server_desks: Desks, files: Path) -> None:
    a, b = server_desks.open("a"), server_desks.open("b")
    a.add([files])
    (a.folder / "synonyms.toml").write_text('groups = [["协税", "法律顾问"]]\n', "utf-8")
    a.describe("甲县", region="甲县")  # any change publishes it
    assert b.search("协税").total == 3
    packed = {
        "npz": b"x",
        "md": b"y",
        "topics.toml": b"z",
        "texts.json": b"[]",
        "labels.jsonl": b"",
    }
    with a.exclusively("train"):
        for suffix, data in packed.items():
            (a.folder / "models").mkdir(exist_ok=True)
            (a.folder / "models" / f"0001.{suffix}").write_bytes(data)
        (a.folder / "models" / "active").write_bytes(b"1")
    with b.exclusively("look"):
        assert b.models.active == 1
        assert b.models.numbers() == [0, 1]
    for suffix, data in packed.items():
        assert (b.folder / "models" / f"0001.{suffix}").read_bytes() == data
    with b.exclusively("models use"):
        b.models.use(0)
    with a.exclusively("look"):
        assert a.models.active == 0
    # Both have changed the same file: the one that comes first counts, the other is put aside.
    (a.folder / "synonyms.toml").write_text('groups = [["协税", "甲"]]\n', "utf-8")
    (b.folder / "synonyms.toml").write_text('groups = [["协税", "乙"]]\n', "utf-8")
    with a.exclusively("look"):
        pass
    with b.exclusively("look"):
        assert "甲" in (b.folder / "synonyms.toml").read_text("utf-8")
    [aside] = (b.folder / "put-aside").iterdir()
    assert "乙" in aside.read_text("utf-8")
    assert "put-aside" in b.told_aside()
    assert b.told_aside() in b.status()["problems"]  # type: ignore[operator]


def test_a_trained_model_tags_on_both_desks(
    server_desks: Desks, files: Path, tmp_path: Path
) -> None:
    a, b = server_desks.open("a"), server_desks.open("b")
    a.add([files])
    topics = tmp_path / "topics.toml"
    topics.write_text(
        '[[topics]]\nslug = "cases"\nzh = "案件"\nkeywords = ["复议", "案件", "增加"]\n'
        '[[topics]]\nslug = "people"\nzh = "人员"\nkeywords = ["人员", "顾问", "意见书"]\n',
        "utf-8",
    )
    a.train(topics=topics, force=True)
    assert b.taxonomy.topics.slugs == a.taxonomy.topics.slugs
    b.retag()
    [hit] = {h.topic for h in b.search('"法律顾问"', limit=1)}
    assert hit in a.taxonomy.topics.slugs


def test_sqlite_knows_nothing_of_servers(tmp_path: Path, run_python: Callable[[str], str]) -> None:
    code = f"""
import sys, gongwen
with gongwen.open({str(tmp_path / "library")!r}) as library:
    library.search("一")
print(any(name.split(".")[0] == "psycopg" for name in sys.modules), "tomllib" in sys.modules)
"""
    assert run_python(code).split()[0] == "False"


@pytest.fixture
def run_python() -> Callable[[str], str]:
    import subprocess
    import sys

    def run(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_client_of_the_server_is_named_when_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("gongwen.storage.postgres_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LibraryError, match=r"needs psycopg: pip install '\.\[postgres\]'"):
        gongwen.open(tmp_path / "desk", store="postgresql://127.0.0.1:1/desks")
    assert not (tmp_path / "desk").exists()
