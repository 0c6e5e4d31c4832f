"""A damaged library: what is wrong is found, what is whole is kept, and nothing else is said."""

from __future__ import annotations

import base64
import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen import GongwenError, Library, LibraryError, Repaired
from gongwen.nlp import Taxonomy, TopicClassifier
from gongwen.nlp.errors import DamagedError, LibraryInUseError
from gongwen.storage.lock import WriterLock
from gongwen.storage.models import ModelStore

ROOT = Path(__file__).parents[2]
PAGE = 4096
Lines = list[dict[str, Any]]


def text_of(number: int) -> str:
    chosen = random.Random(number)
    rows = "".join(
        f"在{''.join(chosen.choices('东西南北河山湖港', k=6))}镇办理行政复议案件"
        f"{chosen.randint(1, 99)}件，比上年增长{chosen.randint(1, 50)}%。"
        f"发现问题{chosen.randint(1, 999)}个并完成整改。\n"
        for _ in range(8)
    )
    return f"第{number}县{2015 + number}年法治政府建设工作总结\n一、行政复议\n{rows}"


def content(library: Library) -> Lines:
    return [
        {name: value for name, value in line.items() if name != "exported"}
        for line in library.export()
    ]


def of_report(lines: Lines, report: str) -> Lines:
    return [line for line in lines if line.get("report") == report]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A small library with everything in it: a copy, corrections, values set by hand."""
    root = tmp_path_factory.mktemp("salvage")
    files = root / "files"
    files.mkdir()
    for number in range(6):
        (files / f"县{number}.txt").write_text(text_of(number), "utf-8")
    (files / "县9副本.txt").write_bytes((files / "县2.txt").read_bytes())
    library = gongwen.open(root / "whole")
    library.add(files, min_probability=0.1)
    library.describe("县0", region="武功县")
    library.correct("县1", 3, "enforcement", author="我", note="试")
    library.search("复议")
    return library


@pytest.fixture(scope="module")
def before(whole: Library) -> Lines:
    return content(whole)


@pytest.fixture
def folder(whole: Library, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(closed(whole), tmp_path / "库")


def closed(library: Library) -> Path:
    library.close()
    return library.folder


@pytest.fixture
def one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the shipped model once: it is not what these tests damage."""
    shipped = TopicClassifier.shipped()
    monkeypatch.setattr(TopicClassifier, "shipped", classmethod(lambda _: shipped))


def change(folder: Path, sql: str) -> None:
    """Change a library behind its back, as a damaged byte does that SQLite cannot see."""
    db = sqlite3.connect(folder / "library.db")
    assert db.execute(sql).rowcount > 0
    db.commit()
    db.close()


# -- silent damage: one row, found by name -----------------------------------------------------

SILENT = [
    ("UPDATE reports SET text = replace(text, '改', '攺') WHERE id = '县3'", "text", "read anew"),
    ("UPDATE reports SET title = title || '。' WHERE id = '县3'", "what is known", "mended"),
    ("UPDATE reports SET how = '{' WHERE id = '县3'", "its how", "mended"),
    ("UPDATE reports SET year = '20l8' WHERE id = '县3'", "its year", "mended"),
    ("UPDATE reports SET added = 5.0 WHERE id = '县3'", "its added", "mended"),
    ("UPDATE reports SET notes = x'00ff' WHERE id = '县3'", "its notes", "mended"),
    ("UPDATE sentences SET start = start + 1 WHERE report = '县3' AND n = 4", "sent", "mended"),
    ("UPDATE sentences SET end = 99999 WHERE report = '县3' AND n = 4", "sentence 4", "mended"),
    ("UPDATE sentences SET section = '二' WHERE report = '县3' AND n = 4", "sent", "mended"),
    ("UPDATE sentences SET kind = 'poem' WHERE report = '县3' AND n = 4", "sentence 4", "mended"),
    ("UPDATE sentences SET n = 777 WHERE report = '县3' AND n = 4", "sentence 4", "mended"),
    ("DELETE FROM sentences WHERE report = '县3' AND n = 4", "sentence 4 is missing", "mended"),
    ("UPDATE sentences SET topic = 'enforcemenu' WHERE report = '县3' AND n = 4", "tags", "mended"),
    ("UPDATE sentences SET also = '[\"' WHERE report = '县3' AND n = 4", "tags", "mended"),
    ("UPDATE sentences SET role = 'plam' WHERE report = '县3' AND n = 4", "tags", "mended"),
    ("UPDATE sentences SET probability = 9e99 WHERE report = '县3' AND n = 4", "tags", "mended"),
    ("UPDATE sentences SET correction = 7 WHERE report = '县3' AND n = 4", "tags", "mended"),
    ("UPDATE figures SET value = '[' WHERE report = '县3' AND n = 3", "a figure", "mended"),
    ("UPDATE figures SET value = '8' WHERE report = '县3' AND n = 3", "figures", "mended"),
    ("UPDATE figures SET start = -1 WHERE report = '县3' AND n = 3", "a figure", "mended"),
    ("UPDATE checksums SET text = replace(text, '0', '1') WHERE report = '县3'", "check", "mended"),
    ("UPDATE sentences SET probability = 0.1234 WHERE report = '县3' AND n = 4", "tags", "mended"),
    ("UPDATE sentences SET topic = 'oversight', role = 'plan' WHERE report = '县3' AND n = 4",
     "tags", "mended"),
    ("DELETE FROM checksums WHERE report = '县3'", "checksums are lost", "mended"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "named", "status"), SILENT, ids=lambda v: str(v)[7:60])
def test_silent_damage_is_found_exported_around_and_mended(
    folder: Path, before: Lines, one_model: None, sql: str, named: str, status: str, tmp_path: Path
) -> None:
    change(folder, sql)
    told: list[str] = []
    with gongwen.open(folder) as library:
        problems = library.status(deep=True)["problems"]
        assert isinstance(problems, list)
        ours = [p for p in problems if "县3" in p and named in p]
        assert ours and all("gongwen repair" in problem for problem in ours)
        exported = list(library.export(told.append))
        with pytest.raises(DamagedError, match="县3"):
            list(library.export())
    assert any("县3" in line and named in line for line in told)
    for report in ("县0", "县1", "县2", "县4", "县5"):
        assert of_report(exported, report) == of_report(before, report)
    (path := tmp_path / "out.jsonl").write_text("\n".join(map(json.dumps, exported)), "utf-8")
    with gongwen.open(tmp_path / "imported") as other:
        assert {o.status for o in other.import_(path)} == {"added"}
        assert len(other.reports()) == (5 if status == "read anew" else 6)
    done = gongwen.repair(folder, tmp_path / "new")
    assert done.complete
    assert {r.report: r.status for r in done.reports if r.status != "kept"} == {"县3": status}
    with gongwen.open(tmp_path / "new") as library:
        after = content(library)
        assert library.status(deep=True)["problems"] == []
        text = next(line["text"] for line in of_report(before, "县3"))
        assert library._store.text("县3") == text
        assert [s.text for s in library.sentences("县3")] == [
            line["text"] for line in of_report(before, "县3") if line["type"] == "sentence"
        ]
    for report in ("县0", "县1", "县2", "县4", "县5"):
        assert of_report(after, report) == of_report(before, report)


def test_a_sound_library_has_no_problems_and_is_kept_whole(
    whole: Library, before: Lines, tmp_path: Path
) -> None:
    with gongwen.open(whole.folder) as library:
        state = library.status(deep=True)
    assert state["problems"] == []
    sentences = sum(line["type"] == "sentence" for line in before)
    assert state["verified"] == {
        "models": 1, "corrections": 1, "reports": 6, "sentences": sentences,
        "figures": 150, "indexed": sentences,
    }  # fmt: skip
    untouched = {p: p.read_bytes() for p in whole.folder.rglob("*") if p.is_file()}
    told: list[tuple[str, int, int]] = []
    done = gongwen.repair(whole.folder, tmp_path / "new", progress=lambda *a: told.append(a))
    assert told[-1] == ("repairing", 6, 6)
    assert done.complete and dict(done.counts) == {"kept": 6} and done.corrections == 1
    assert {p: p.read_bytes() for p in whole.folder.rglob("*") if p.is_file()} == untouched
    with gongwen.open(tmp_path / "new") as library:
        assert content(library) == before
        assert library.search("复议").total > 0
        assert not library.behind
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new"]


def test_a_damaged_correction_is_named_and_the_others_stay(folder: Path, tmp_path: Path) -> None:
    with gongwen.open(folder) as library:
        library.correct("县1", 4, "open-government", author="她")
    change(folder, "UPDATE corrections SET note = '式' WHERE id = 1")
    with gongwen.open(folder) as library:
        problems = library.status(deep=True)["problems"]
        assert isinstance(problems, list)
        assert any("correction 1 of the report 县1 is damaged" in problem for problem in problems)
        with pytest.raises(DamagedError, match="correction 1"):
            library.corrections()
    done = gongwen.repair(folder, tmp_path / "new")
    assert not done.complete and "correction 1" in done.losses[0]
    with gongwen.open(tmp_path / "new") as library:
        assert [c.author for c in library.corrections()] == ["她"]
        assert library.sentences("县1", 4, 4)[0].topic == "open-government"


def test_what_cannot_be_read_anew_is_lost_and_said(folder: Path, tmp_path: Path) -> None:
    change(folder, "UPDATE reports SET text = text || '。', source = '/x/a', file = '/x/a'"
           " WHERE id IN ('县1', '县2')")  # fmt: skip
    change(folder, "UPDATE copies SET source = '/x/b' WHERE report = '县2'")
    done = gongwen.repair(folder, tmp_path / "new")
    assert {r.report: r.status for r in done.reports if r.status != "kept"} == {
        "县1": "lost", "县2": "lost"
    }  # fmt: skip
    assert not done.complete
    assert "no such file" in done.reports[1].reason
    with gongwen.open(tmp_path / "new") as library:
        assert len(library.reports()) == 4
        # A correction stays, for when its report comes back.
        assert [c.report for c in library.corrections()] == ["县1"]


def test_a_copy_stands_in_for_a_file_that_is_gone_and_corrections_are_applied(
    folder: Path, tmp_path: Path
) -> None:
    with gongwen.open(folder) as library:
        library.correct("县2", 3, "enforcement")
        library.describe("县2", city="咸阳市")
        copy = library.report("县2").copies[0]
    change(folder, "UPDATE reports SET text = 'x', source = '/x/a' WHERE id = '县2'")
    done = gongwen.repair(folder, tmp_path / "new")
    [one] = [r for r in done.reports if r.report == "县2"]
    assert (one.status, one.source) == ("read anew", copy)
    assert "the same again" in one.reason
    with gongwen.open(tmp_path / "new") as library:
        assert library.sentences("县2", 3, 3)[0].topic == "enforcement"
        assert library.sentences("县2", 3, 3)[0].corrected
        assert library.report("县2").city == "咸阳市"


@pytest.mark.parametrize("value", ["file = file || 'x'", "sha256 = '0'", "added = 5"])
def test_a_damaged_further_source_is_named(folder: Path, tmp_path: Path, value: str) -> None:
    change(folder, f"UPDATE copies SET {value} WHERE report = '县2'")
    with gongwen.open(folder) as library:
        problems = library.status(deep=True)["problems"]
    assert isinstance(problems, list)
    assert any("report 县2: one of its other sources is damaged" in p for p in problems)
    done = gongwen.repair(folder, tmp_path / "new")
    assert {r.report: r.status for r in done.reports if r.status != "kept"} == {"县2": "mended"}


def test_models_synonyms_and_settings_come_along_or_are_named(folder: Path, tmp_path: Path) -> None:
    models = ModelStore(folder / "models")
    packed = {
        "npz": (ROOT / "models" / "topics.npz").read_bytes(),
        "labels.jsonl": '{"text": "开展执法检查3次。", "topic": "enforcement"}'.encode(),
        "texts.json": b"[]",
        "topics.toml": Taxonomy.shipped().source.encode(),
        "md": b"# Model card",
    }
    models.use(
        models.unpack({name: base64.b64encode(data).decode() for name, data in packed.items()})
    )
    (folder / "synonyms.toml").write_text('synonyms = [["甲", "乙"]]\n', "utf-8")
    (folder / "config.toml").write_text("limit = 5\n", "utf-8")
    done = gongwen.repair(folder, tmp_path / "new")
    assert (done.complete, done.models) == (True, 1)
    with gongwen.open(tmp_path / "new") as library:
        assert (library.models.active, library.min_probability) == (1, 0.1)
        assert library.models.packed(1) == models.packed(1)
        assert (library.folder / "synonyms.toml").exists()
        assert (library.folder / "config.toml").read_text("utf-8") == "limit = 5\n"
    for name in ("0001.npz", "0001.labels.jsonl", "0001.topics.toml", "active"):
        data = (folder / "models" / name).read_bytes()
        (folder / "models" / name).write_bytes(data[: len(data) // 2] + b"\xff\x00")
        with gongwen.open(folder) as library:
            assert library.status(deep=True)["problems"]
        shutil.rmtree(tmp_path / "new")
        done = gongwen.repair(folder, tmp_path / "new")
        assert [loss for loss in done.losses if "model" in loss]
        assert dict(done.counts).get("lost") is None
        (folder / "models" / name).write_bytes(data)
    (folder / "synonyms.toml").write_text("synonyms = [", "utf-8")
    with gongwen.open(folder) as library:
        problems = library.status(deep=True)["problems"]
        assert isinstance(problems, list) and any("synonyms.toml" in p for p in problems)
    shutil.rmtree(tmp_path / "new")
    assert [loss for loss in gongwen.repair(folder, tmp_path / "new").losses if "synonyms" in loss]


def test_an_index_that_says_otherwise_is_found(folder: Path) -> None:
    rows = next(folder.glob("index/rows-*"))
    import numpy as np

    from gongwen.index.row_files import ROW, TAGS

    for file, type_, field, wanted in (
        ("text.u2", "<u2", "", "text"),
        ("rows.log", ROW, "id", "missing"),
        ("tags-*.log", TAGS, "probability", "probability"),
    ):
        path = next(rows.glob(file))
        data = path.read_bytes()
        array = np.frombuffer(data, type_).copy()
        column = array[field] if field else array
        column[len(array) // 2] += 1
        path.write_bytes(array.tobytes())
        with gongwen.open(folder) as library:
            problems = library.status(deep=True)["problems"]
        assert isinstance(problems, list)
        assert any("the index" in p and wanted in p and "reindex" in p for p in problems), problems
        path.write_bytes(data)


# -- damage that SQLite trips over ---------------------------------------------------------------


def damaged(data: bytes, seed: int) -> bytes:
    """Return ``data`` with some damage: a bit, some bytes, a page, or its end gone."""
    chosen = random.Random(seed)
    how = chosen.choice(("bit", "bit", "bytes", "zeros", "noise", "cut"))
    if how == "cut":
        return data[: chosen.randrange(len(data))]
    new = bytearray(data)
    if how == "bit":
        new[chosen.randrange(len(new))] ^= 1 << chosen.randrange(8)
    elif how == "bytes":
        for _ in range(20):
            new[chosen.randrange(len(new))] = chosen.randrange(256)
    else:
        page = PAGE * chosen.randrange(len(new) // PAGE)
        new[page : page + PAGE] = bytes(PAGE) if how == "zeros" else chosen.randbytes(PAGE)
    return bytes(new)


def refused_or(act: Callable[[], Any]) -> Any:
    """Return what ``act`` gives, or ``None`` when it refuses in one line of ours."""
    try:
        return act()
    except GongwenError as error:
        assert "\n" not in str(error)
        assert "repair" in str(error) or "reindex" in str(error) or "damaged" in str(error)
        return None


def look_at(folder: Path, before: Lines) -> None:
    """Use a damaged library: each answer is right, or refused; damage that matters is found."""
    library = refused_or(lambda: gongwen.open(folder))
    if library is None:
        return
    told: list[str] = []
    with library:
        state = refused_or(lambda: library.status(deep=True))
        refused_or(library.status)
        exported = list(library.export(told.append))
        if not told:
            assert [line | {"exported": ""} for line in exported] == [
                line | {"exported": ""} for line in before
            ]
        else:
            assert state is None or state["problems"]
        wanted = {(s["report"], s["text"]) for s in before if s["type"] == "sentence"}
        for act in (lambda: library.search("复议").hits, lambda: library.sentences("县3")):
            for hit in refused_or(act) or ():
                report = getattr(hit.report, "id", hit.report)
                assert (report, hit.text) in wanted
        refused_or(library.reports)
        refused_or(library.figures)
        refused_or(library.topic_counts)
        refused_or(library.corrections)


def repair_it(folder: Path, new: Path, before: Lines) -> Repaired:
    """Repair a damaged library: what is said to be kept is what it was."""
    done = gongwen.repair(folder, new)
    with gongwen.open(new) as library:
        after = content(library)
        for report in done.reports:
            if report.status == "kept":
                assert of_report(after, report.report) == of_report(before, report.report)
        assert len(library.reports()) == sum(r.status != "lost" for r in done.reports)
    shutil.rmtree(new)
    return done


@pytest.mark.parametrize(
    "seeds", [range(90), pytest.param(range(90, 3000), marks=pytest.mark.slow)]
)
def test_any_damage_gets_the_right_answer_or_one_line(
    folder: Path, before: Lines, one_model: None, seeds: range
) -> None:
    data = (folder / "library.db").read_bytes()
    for seed in seeds:
        (folder / "library.db").write_bytes(damaged(data, seed))
        for suffix in ("-wal", "-shm"):
            (folder / f"library.db{suffix}").unlink(missing_ok=True)
        look_at(folder, before)


@pytest.mark.parametrize(
    "seeds", [range(14), pytest.param(range(14, 1000), marks=pytest.mark.slow)]
)
def test_whatever_is_damaged_what_is_kept_is_whole(
    folder: Path, before: Lines, one_model: None, tmp_path: Path, seeds: range
) -> None:
    data = (folder / "library.db").read_bytes()
    for seed in seeds:
        (folder / "library.db").write_bytes(damaged(data, seed))
        done = repair_it(folder, tmp_path / "new", before)
        # The files are all there: nothing but the very names of the reports can be lost.
        assert all(report.status != "lost" for report in done.reports), (seed, done)


def test_every_flipped_byte_of_a_text_is_found(
    folder: Path, one_model: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (folder / "library.db").read_bytes()
    places = [i for i in range(len(data)) if data.startswith("完成整改".encode(), i)]
    chosen = random.Random(7)
    for _ in range(12):
        new = bytearray(data)
        new[chosen.choice(places) + chosen.randrange(12)] ^= 1 << chosen.randrange(8)
        (folder / "library.db").write_bytes(new)
        with gongwen.open(folder) as library:
            problems = library.status(deep=True)["problems"]
        assert isinstance(problems, list)
        assert any("its text" in problem for problem in problems)


# -- the first page, and what is not there at all ------------------------------------------------


@pytest.mark.parametrize("end", [16, 100, PAGE])
def test_the_first_page_can_be_lost(folder: Path, before: Lines, tmp_path: Path, end: int) -> None:
    data = (folder / "library.db").read_bytes()
    (folder / "library.db").write_bytes(b"\xee" * end + data[end:])
    with pytest.raises(LibraryError, match=r"damaged.*gongwen repair") as error:
        gongwen.open(folder)
    assert "\n" not in str(error.value)
    done = repair_it(folder, tmp_path / "new", before)
    assert dict(done.counts) == {"kept": 6} and done.complete


def test_a_file_with_nothing_left_in_it_is_lost(folder: Path, tmp_path: Path) -> None:
    (folder / "library.db").write_bytes(random.Random(5).randbytes(30 * PAGE))
    done = gongwen.repair(folder, tmp_path / "new")
    assert not done.complete and "nothing in library.db" in done.losses[0]
    assert gongwen.open(tmp_path / "new").reports() == []


def test_it_works_without_an_index_and_beside_other_folders(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / "index")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for new in (tmp_path / "full", folder / "inside", tmp_path / "full" / "x" / "y"):
        with pytest.raises(LibraryError):
            gongwen.repair(folder, new)
    with pytest.raises(LibraryError, match="no library"):
        gongwen.repair(tmp_path / "nowhere")
    done = gongwen.repair(folder)
    assert done.folder == tmp_path / "库-repaired"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full", "库", "库-repaired"]
    with pytest.raises(LibraryError, match="there already"):
        gongwen.repair(folder)


def test_a_writer_is_not_disturbed(folder: Path, tmp_path: Path) -> None:
    lock = WriterLock(folder)
    with lock.held("add"), pytest.raises(LibraryInUseError):
        gongwen.repair(folder, tmp_path / "new")
    assert not (tmp_path / "new").exists()


# -- commands ------------------------------------------------------------------------------------


def test_the_commands(
    gongwen_in: Any, folder: Path, before: Lines, one_model: None, tmp_path: Path
) -> None:
    run = gongwen_in(folder)
    assert run("status", "--deep").code == 0
    assert "6 reports" in run("status", "--deep").out
    change(folder, "UPDATE reports SET text = text || '。' WHERE id = '县4'")
    change(folder, "UPDATE sentences SET topic = 'no' WHERE report = '县5' AND n = 2")
    deep = run("status", "--deep")
    assert deep.code == 1
    assert "report 县4: its text is not what was written; gongwen repair reads it anew" in deep.out
    listed = json.loads(run("status", "--deep", "--format", "json").out)
    assert listed["verified"]["reports"] == 6 and len(listed["problems"]) >= 2
    for command in (["show", "县4"], ["search", "复议 report:县4"]):
        refused = run(*command)
        assert refused.code == 1
        assert refused.err.startswith("gongwen: the text of the report 县4 is damaged; gongwen ")
        assert refused.err.count("\n") == 1
    assert run("show", "县3").code == 0
    for name in ("out.jsonl", "out.csv", "out.xlsx"):
        exported = run("export", "-o", str(tmp_path / name))
        assert exported.code == 1
        assert "report 县4 is left out: its text" in exported.err
        assert "report 县5 is not all there: the tags of sentence 2" in exported.err
        assert (tmp_path / name).exists()
    other = gongwen_in(tmp_path / "other")
    assert other("import", str(tmp_path / "out.jsonl")).err == "5 added\n"
    run = gongwen_in(folder)
    repaired = run("repair", "-o", str(tmp_path / "new"))
    assert (repaired.code, "4 kept" in repaired.err) == (0, True)
    assert "read anew" in repaired.out and "mended" in repaired.out
    as_json = run("repair", "-o", str(tmp_path / "new2"), "--format", "json").json()
    assert as_json["counts"] == {"kept": 4, "read anew": 1, "mended": 1}
    assert run("repair", "-o", str(tmp_path / "new")).code == 1
