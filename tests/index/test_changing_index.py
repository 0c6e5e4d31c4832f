"""Specifies an index that changes under its readers: laid over, replaced in one step, verified."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from oldindex import make_old

from gongwen.index import column_writer, row_files
from gongwen.index.engine import Entry, Retag
from gongwen.index.query import And, Filter, Node, Not, Text
from gongwen.index.requests import FACETS
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.errors import IndexLostError

WORDS = "执法 复议 案件 规范性文件 法律顾问 培训 检查 整改 十七件 公开".split()
TOPICS = ("enforcement", "other", "reconsideration", "open-government")
ROLES = ("achievement", "plan", "problem")


def entries(count: int, seed: int, first: int = 1) -> list[Entry]:
    drawn = random.Random(seed)
    return [
        Entry(
            id=first + i,
            text="".join(words := drawn.choices(WORDS, k=drawn.randint(2, 7))),
            words=words,
            topics=tuple(drawn.sample(TOPICS, drawn.randint(1, 2))),
            role=drawn.choice(ROLES),
            kind=drawn.choice(("sentence", "sentence", "heading", "boilerplate")),
            report=f"r{(first + i) // 7}",
            region=f"县{(first + i) // 21}",
            year=str(2018 + (first + i) // 14 % 5),
            probability=round(drawn.random(), 3),
        )
        for i in range(count)
    ]


QUERIES: list[Node] = [
    Text("案件"),
    Text("复"),
    Text("17件"),
    Text("法律顾问培训"),
    And((Text("执法"), Text("检查"))),
    Filter("topic", ("enforcement",)),
    Filter("role", ("plan", "problem")),
    Filter("kind", ("boilerplate",)),
    And((Text("案件"), Not(Filter("topic", ("other",))))),
    And((Filter("probability", ("0.5",)), Not(Filter("kind", ("boilerplate",))))),
]


def answers(engine: WhooshEngine) -> list[object]:
    found = []
    for query in QUERIES:
        page = engine.search(query, limit=9999, facets=FACETS)
        reports = engine.search_reports(query, limit=9999)
        found.append(
            (sorted(page.ids), page.total, page.counts, engine.count(query), reports.total_reports)
        )
    return found


@pytest.fixture(params=[300, 40], ids=["at once", "bit by bit"])
def fed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WhooshEngine]:
    engine = WhooshEngine(tmp_path / "index", "ours")
    everything = entries(300, 1)
    for start in range(0, 300, request.param):
        engine.feed(everything[start : start + request.param], (), 1)
    yield engine
    engine.close()


@pytest.mark.parametrize("seed", range(6))
def test_what_is_laid_over_an_index_answers_as_if_it_were_fed(
    fed: WhooshEngine, tmp_path: Path, seed: int
) -> None:
    drawn = random.Random(seed)
    before = answers(fed)
    removed = drawn.sample(range(1, 301), drawn.choice((0, 1, 40, 300)))
    changed = [
        Retag(
            id_,
            (drawn.choice(TOPICS), "new-topic") if drawn.random() < 0.5 else (),
            drawn.choice((*ROLES, "new-role")),
            round(drawn.random(), 3),
        )
        for id_ in drawn.sample(range(1, 320), drawn.choice((0, 1, 60)))
    ]
    view = fed.overlaid(removed, changed, 9)

    tags = {change.id: change for change in changed}
    wanted = WhooshEngine(tmp_path / "wanted")
    wanted.feed(
        [
            replace(e, topics=t.topics, role=t.role, probability=t.probability)
            if (t := tags.get(e.id))
            else e
            for e in entries(300, 1)
            if e.id not in removed
        ],
        (),
        9,
    )
    assert view.generation == 9
    assert answers(view) == answers(wanted)
    assert answers(fed) == before and fed.generation == 1
    wanted.close()


def ranked(engine: WhooshEngine) -> list[object]:
    """Return ids, scores, totals, counts and groups of all queries, in their order."""
    found: list[object] = []
    for query in QUERIES:
        for group in ("", "earliest"):
            page = engine.search(query, limit=50, facets=FACETS, group=group, copies=True)
            found.append(page)
        found.append(engine.search_reports(query, limit=50, facets=FACETS))
        found.append(engine.count(query))
    return found


@pytest.mark.parametrize("compacts", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_an_index_of_many_small_changes_answers_as_one_that_was_fed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, compacts: bool
) -> None:
    monkeypatch.setattr(row_files, "_MOST_DEAD", 5 if compacts else 9999)
    monkeypatch.setattr(row_files, "_DEAD_SHARE", 0.1)
    monkeypatch.setattr(column_writer, "_GATHERED_ROWS", 7)
    drawn = random.Random(seed)
    changing = WhooshEngine(tmp_path / "changing")
    everything = {e.id: e for e in entries(400, seed)}
    expected: dict[int, Entry] = {}
    ids, folders = list(everything), set()
    for generation in range(1, 40):
        added = [everything[ids.pop(0)] for _ in range(min(len(ids), drawn.randint(0, 25)))]
        gone = drawn.sample(sorted(expected), min(len(expected), drawn.choice((0, 1, 12))))
        expected = {id_: e for id_, e in expected.items() if id_ not in gone}
        expected |= {e.id: e for e in added}
        changing.feed(added, gone, generation)
        folders |= {path.name for path in (tmp_path / "changing").glob("rows-*")}
        if drawn.random() < 0.2:
            changing = WhooshEngine(tmp_path / "changing")
    assert (len(folders) > 1) is compacts
    fresh = WhooshEngine(tmp_path / "fresh")
    fresh.feed(expected.values(), (), 39)
    assert changing.total_words == fresh.total_words
    assert ranked(changing) == ranked(fresh) == ranked(WhooshEngine(tmp_path / "changing"))
    assert changing.verify() == []
    assert changing.compare(expected.values()) == []


def test_removed_rows_do_not_change_how_often_a_word_counts(tmp_path: Path) -> None:
    """The text has the word three times, but only once as a word."""
    kept = [replace(e, text="执法执法局执法队", words=["执法", "执法局"]) for e in entries(3, 1)]
    changing, fresh = WhooshEngine(tmp_path / "changing"), WhooshEngine(tmp_path / "fresh")
    changing.feed([*kept, replace(kept[0], id=99)], (), 1)
    changing.feed((), [99], 2)
    fresh.feed(kept, (), 2)
    query = Text("执法", whole=True)
    assert changing.search(query) == fresh.search(query)


@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_an_index_of_an_older_version_is_read_and_said_to_be_outdated(
    tmp_path: Path, version: int
) -> None:
    folder = tmp_path / "index"
    new = WhooshEngine(folder, "ours")
    new.feed(entries(120, 3), (), 7)
    wanted = answers(new)
    make_old(folder, version)
    old = WhooshEngine(folder, "ours")
    assert old.outdated and not new.outdated
    assert (old.generation, answers(old)) == (7, wanted)
    assert old.compare(entries(120, 3)) == []
    if version < 4:
        assert old.copies(Text("案件")) is None
        assert old.search(Text("案件"), group="earliest").total_distinct is None
    view = old.overlaid([5], [Retag(6, ("new",), "plan")], 8)
    assert view.search(Filter("id", ("5", "6"))).ids == [6]
    staged = WhooshEngine(folder, "ours", staged=True)
    staged.feed(entries(120, 3), (), 7)
    staged.publish()
    assert not list(folder.glob("rows-1-1"))
    assert answers(WhooshEngine(folder, "ours")) == wanted


def test_an_index_that_is_built_anew_replaces_the_old_one_in_one_step(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    old = WhooshEngine(folder, "ours")
    old.feed(entries(50, 1), (), 4)
    staged = WhooshEngine(folder, "ours", staged=True)
    staged.feed(entries(40, 2), (), 2)
    staged.feed(entries(30, 3, first=41), (), 4)
    for reader in (old, WhooshEngine(folder, "ours")):
        assert not old.replaced
        assert reader.search(Filter("kind", ("sentence", "heading", "boilerplate"))).total == 50
        assert reader.verify() == []
    staged.publish()
    assert old.replaced
    new = WhooshEngine(folder, "ours")
    assert new.build == staged.build != old.build
    assert new.search(Filter("kind", ("sentence", "heading", "boilerplate"))).total == 70
    assert answers(new) == answers(staged)
    assert old.search(Text("案件")).total  # whoever has the old one open goes on
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == [
        "manifest.json", "postings", "rows",
    ]  # fmt: skip


def test_what_a_killed_builder_has_left_goes_with_the_next_change(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    engine = WhooshEngine(folder)
    engine.feed(entries(20, 1), (), 1)
    WhooshEngine(folder, staged=True).feed(entries(20, 2), (), 1)  # and is never published
    (folder / "manifest.json.0123").write_text("{", "utf-8")
    (folder / engine.build / "MAIN.tmp").mkdir()
    (folder / engine.build / "_MAIN_7.toc.123").write_bytes(b"half")
    (folder / "notes.txt").write_text("not ours", "utf-8")
    assert len(list(folder.iterdir())) == 8
    engine.feed(entries(5, 3, first=21), (), 2)
    names = {path.name for path in folder.rglob("*")}
    assert {"notes.txt", "manifest.json", engine.build} <= names
    assert not names & {"MAIN.tmp", "_MAIN_7.toc.123", "manifest-next.json", "manifest.json.0123"}
    assert len(list(folder.iterdir())) == 4
    assert WhooshEngine(folder).search(Filter("id", ("21",))).total == 1


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")


def test_a_flipped_byte_in_any_file_is_proven(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    WhooshEngine(folder).feed(entries(60, 1), (), 1)
    WhooshEngine(folder).feed(entries(9, 2, first=61), (), 2)
    assert WhooshEngine(folder).verify() == []
    drawn = random.Random(5)
    behind = dict.fromkeys(row_files.TEXTS, len(row_files.PADDING))
    for path in (p for p in files_of(folder) if p.stat().st_size):
        data = path.read_bytes()
        at = drawn.randrange(len(data) - behind.get(path.name, 0))
        reader = WhooshEngine(folder)
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << drawn.randrange(8)]) + data[at + 1 :])
        assert any(path.name in problem for problem in reader.verify()), path
        path.write_bytes(data)
    for path in files_of(folder):
        reader = WhooshEngine(folder)
        aside = path.rename(tmp_path / "aside")
        assert any(path.name in problem for problem in reader.verify()), path
        aside.rename(path)
    assert WhooshEngine(folder).verify() == []


def test_what_stands_behind_the_texts_does_not_matter_but_must_be_there(tmp_path: Path) -> None:
    """A process that dies may have overwritten it: the disk was full, for example."""
    folder = tmp_path / "index"
    engine = WhooshEngine(folder)
    engine.feed(entries(60, 1), (), 1)
    wanted = ranked(engine)
    for name in row_files.TEXTS:
        [path] = folder.glob(f"rows-*/{name}")
        data = path.read_bytes()
        path.write_bytes(data[: -len(row_files.PADDING)] + "复17件，。ab7".encode("utf-16-le"))
        for one in (engine, WhooshEngine(folder)):
            assert ranked(one) == wanted
            assert one.verify() == []
        path.write_bytes(data[:-1])
        assert name in str(engine.verify())
        with pytest.raises(IndexLostError):
            WhooshEngine(folder)
        path.write_bytes(data)


def test_a_writer_between_postings_and_rows_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gongwen.index.row_files import RowFiles

    class Death(BaseException):
        pass

    def dying(*_: object) -> None:
        raise Death

    folder = tmp_path / "index"
    engine = WhooshEngine(folder)
    engine.feed(entries(30, 1), (), 1)
    with monkeypatch.context() as patch:
        patch.setattr(RowFiles, "changed", dying)
        with pytest.raises(Death):
            WhooshEngine(folder).feed(entries(9, 2, first=31), (), 2)
    assert engine.verify() == []
    assert WhooshEngine(folder).verify() == []
    assert WhooshEngine(folder).search(Text("案件")).total == engine.search(Text("案件")).total


def test_a_manifest_names_folders_of_its_index_only(tmp_path: Path) -> None:
    folder, other = tmp_path / "index", tmp_path / "other"
    WhooshEngine(folder).feed(entries(3, 1), (), 1)
    shutil.copytree(folder, other)
    manifest = folder / "manifest.json"
    rows = next(folder.glob("rows-*")).name
    manifest.write_text(
        manifest.read_text("utf-8").replace(f'"{rows}"', f'"../other/{rows}"'), "utf-8"
    )
    with pytest.raises(IndexLostError, match="manifest is damaged"):
        WhooshEngine(folder)
