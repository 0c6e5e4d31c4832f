"""Files are read by workers, resumed, and loaded into what add makes of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

import gongwen
from gongwen.bulk import bulk_read, shard_reading
from gongwen.bulk.addresses import FileStamp
from gongwen.bulk.bulk_folder import BulkFolder, ReadFile, ReadItem, Shard, shard_name
from gongwen.bulk.bulk_read import BulkRequest, plan, read_bulk
from gongwen.ingest import worker
from gongwen.nlp.errors import EngineUnavailable, GongwenError, ReadError, StoppedError
from gongwen.readers.base import Limits
from gongwen.results import FileOutcome

Check = Callable[[Path, Path], None]


def by_name(outcomes: list[FileOutcome]) -> dict[str, str]:
    return {one.source.rpartition("/source/")[2]: one.status for one in outcomes}


def test_the_library_is_the_one_that_add_makes(
    source: Path,
    tmp_path: Path,
    scheduler: str,
    assert_same: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "rows"
    outcomes = read_bulk(BulkRequest(str(source), str(out)), scheduler=scheduler)
    read = by_name(outcomes)
    assert read.pop("empty.txt") == "failed"
    assert set(read.values()) == {"read"}
    assert {"a.zip!/武功.txt", "a.zip!/9.txt", "表.csv", "8.html", "乙市/7.txt"} < set(read)
    with gongwen.open(tmp_path / "added") as library:
        added = library.add(source)
    cut: list[str] = []
    monkeypatch.setattr(worker, "segment_batch", lambda _, texts: cut.extend(texts) or [])
    with gongwen.open(tmp_path / "loaded") as library:
        loaded = library.load_bulk(out)
    assert cut == []  # the words of the workers were used
    monkeypatch.undo()
    assert by_name(loaded) == by_name(added)
    assert [(o.report, o.sentences) for o in loaded] == [(o.report, o.sentences) for o in added]
    assert_same(tmp_path / "added", tmp_path / "loaded")


def test_both_commands_go_on_and_do_nothing_twice(
    source: Path, tmp_path: Path, scheduler: str
) -> None:
    request = BulkRequest(str(source), str(tmp_path / "rows"))
    read_bulk(request, scheduler=scheduler)
    before = {path: path.read_bytes() for path in (tmp_path / "rows").rglob("*.parquet")}
    again = by_name(read_bulk(request, scheduler=scheduler))
    assert again.pop("empty.txt") == "failed"
    assert set(again.values()) == {"unchanged"}
    assert {path: path.read_bytes() for path in (tmp_path / "rows").rglob("*.parquet")} == before
    with gongwen.open(tmp_path / "library") as library:
        library.load_bulk(tmp_path / "rows")
        generation = library.generation
        statuses = {one.status for one in library.load_bulk(tmp_path / "rows")}
        assert statuses == {"unchanged", "failed"}
        assert library.generation == generation


def test_a_changed_file_is_read_again_and_replaces_its_report(
    source: Path, tmp_path: Path, scheduler: str
) -> None:
    request = BulkRequest(str(source), str(tmp_path / "rows"))
    read_bulk(request, scheduler=scheduler)
    with gongwen.open(tmp_path / "library") as library:
        library.load_bulk(tmp_path / "rows")
        library.correct("0", 3, topic="reconsideration", author="甲")
        (source / "0.txt").write_text(
            (source / "0.txt").read_text("utf-8") + "\n新增一句。", "utf-8"
        )
        (source / "new.txt").write_text("新县2021年工作总结\n办理案件88件。", "utf-8")
        (source / "1.txt").unlink()
        outcomes = by_name(read_bulk(request, scheduler=scheduler))
        assert outcomes["0.txt"] == outcomes["new.txt"] == "read"
        shards = BulkFolder(str(tmp_path / "rows")).shards()
        names = [f.stamp.address for shard in shards for f in shard.files if not f.failed]
        assert len(names) == len(set(names))
        for table in ("reports", "sentences", "figures"):  # nothing is left of the old rows
            found = {path.stem for path in (tmp_path / "rows" / table).iterdir()}
            assert found == {shard.name for shard in shards if shard.tables}
        loaded = by_name(library.load_bulk(tmp_path / "rows"))
        assert loaded["0.txt"] == "replaced" and loaded["new.txt"] == "added"
        assert library.sentences("0")[2].corrected
        assert library.search("新增一句").total == 1
        assert library.has_report("1")  # as add keeps the reports of files that are gone


def test_rows_go_to_and_come_from_wherever_fsspec_reaches(
    source: Path, tmp_path: Path, scheduler: str
) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(f"{source}/", "/in/", recursive=True)
    try:
        read = read_bulk(BulkRequest("memory://in", "memory://rows"), scheduler=scheduler)
        names = {one.source for one in read}
        assert {"memory://in/a.zip!/9.txt", "memory://in/乙市/7.txt"} < names
        assert "memory://in/.hidden.txt" not in names
        with gongwen.open(tmp_path / "library") as library:
            loaded = library.load_bulk("memory://rows")
            assert [o.source for o in loaded if o.status == "failed"] == ["memory://in/empty.txt"]
            assert library.report("9").source == "memory://in/a.zip!/9.txt"
            assert library.search("行政复议案件").total > 0
        again = read_bulk(BulkRequest("memory://in", "memory://rows"), scheduler=scheduler)
        assert {one.status for one in again} == {"unchanged", "failed"}
        with pytest.raises(ReadError, match="no such file"):
            read_bulk(BulkRequest("memory://nowhere", "memory://rows"), scheduler=scheduler)
    finally:
        memory.rm("/in", recursive=True)
        memory.rm("/rows", recursive=True)


def test_words_of_another_segmenter_are_cut_anew(
    source: Path, tmp_path: Path, scheduler: str, assert_same: Check
) -> None:
    out = tmp_path / "rows"
    with gongwen.open(tmp_path / "added") as library:
        library.add(source)
    read_bulk(BulkRequest(str(source), str(out)), scheduler=scheduler)
    for record in (out / "shards").iterdir():
        known = json.loads(record.read_text())
        record.write_text(json.dumps(known | {"segmenter": "other-1"}))
    said: list[str] = []
    with gongwen.open(tmp_path / "loaded") as library:
        library.load_bulk(out, remark=said.append)
    assert len(said) == 1 and "cut into words anew" in said[0]
    assert_same(tmp_path / "added", tmp_path / "loaded")


def test_what_was_read_in_another_way_is_refused(
    source: Path, tmp_path: Path, scheduler: str
) -> None:
    request = BulkRequest(str(source), str(tmp_path / "rows"))
    read_bulk(request, scheduler=scheduler)
    with pytest.raises(ReadError, match=r"another way \(min probability\)"):
        read_bulk(replace(request, min_probability=0.5), scheduler=scheduler)
    with gongwen.open(tmp_path / "library") as library:
        library.add(source / "0.txt", min_probability=0.3)
        with pytest.raises(ReadError, match="another least probability"):
            library.load_bulk(tmp_path / "rows")
    manifest = tmp_path / "rows" / "manifest.json"
    known = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(known | {"format": 2}))
    with gongwen.open(tmp_path / "other") as library, pytest.raises(ReadError, match="newer"):
        library.load_bulk(tmp_path / "rows")
    with (
        gongwen.open(tmp_path / "other") as library,
        pytest.raises(ReadError, match="not a folder"),
    ):
        library.load_bulk(source)


@pytest.mark.parametrize("damage", ["bytes", "table gone", "record", "record of a stranger"])
def test_a_damaged_shard_is_one_line_and_the_rest_goes_on(
    damage: str, source: Path, tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_read, "_MOST_FILES", 4)
    request = BulkRequest(str(source), str(tmp_path / "rows"))
    read_bulk(request, scheduler=scheduler)
    shards = [one for one in BulkFolder(str(tmp_path / "rows")).shards() if one.tables]
    assert len(shards) > 2
    table = tmp_path / "rows" / "sentences" / f"{shards[0].name}.parquet"
    record = tmp_path / "rows" / "shards" / f"{shards[0].name}.json"
    if damage == "bytes":
        table.write_bytes(table.read_bytes()[:-5])
    elif damage == "table gone":
        table.unlink()
    elif damage == "record":
        record.write_bytes(record.read_bytes()[:100])
    else:
        known = json.loads(record.read_text())
        known["files"][0]["items"][0]["name"] = "a\x1b[31mb"
        record.write_text(json.dumps(known))
    with gongwen.open(tmp_path / "library") as library:
        failed = [o for o in library.load_bulk(tmp_path / "rows") if o.status == "failed"]
        about = [o for o in failed if shards[0].name in o.source]
        assert len(about) == 1 and "\n" not in about[0].message
        others = sum(i.sha256 != "" for s in shards[1:] for f in s.files for i in f.items)
        assert len(library.reports()) >= others - 1
        record.unlink()  # what the message says
        read_bulk(request, scheduler=scheduler)
        library.load_bulk(tmp_path / "rows")
    with gongwen.open(tmp_path / "added") as added, gongwen.open(tmp_path / "library") as library:
        added.add(source)
        assert {r.sha256 for r in library.reports()} == {r.sha256 for r in added.reports()}


# --- the plan -------------------------------------------------------------------------------------


def stamps(count: int, size: int = 1 << 20) -> list[FileStamp]:
    return [FileStamp(f"/in/{n:05}.txt", size, "1") for n in range(count)]


SETTINGS = bulk_read.ReadSettings("0", 0, "0" * 64, 0.0, "s")


def planned(found: list[FileStamp], live: list[Shard], workers: int = 2) -> Any:
    return plan(found, live, SETTINGS, "/rows", Limits(), workers)


def test_shards_grow_smaller_towards_the_end_and_hold_every_file_once() -> None:
    found = stamps(200)
    tasks, kept = planned(found, [])
    assert kept == {}
    assert [one for task in tasks for one in task.files] == found
    sizes = [sum(one.size for one in task.files) for task in tasks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] <= 17 << 20 and sizes[-1] <= 2 << 20
    assert len({task.name for task in tasks}) == len(tasks) > 8
    tiny, _ = planned(stamps(1000, 10), [])
    assert [len(task.files) for task in tiny] == [400, 400, 200]


def shard_of(files: list[FileStamp], failing: tuple[str, ...] = ()) -> Shard:
    items = {
        one: ReadItem(one.address, "a", "" if one.address in failing else "0" * 64) for one in files
    }
    read = tuple(ReadFile(one, (items[one],)) for one in files)
    return Shard(shard_name(SETTINGS, files), "s", 0, read)


def test_only_what_failed_or_changed_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = stamps(8, 10)
    live = [shard_of(found[:4], failing=(found[1].address,)), shard_of(found[4:7])]
    tasks, kept = planned(found, live)
    assert [one for task in tasks for one in task.files] == [found[1], found[7]]
    assert [task.replaces for task in tasks] == [()]
    later = [*live, shard_of([found[1]])]
    tasks, kept = planned(found[:7], later)
    assert tasks == [] and len(kept) == 7
    changed = [*found[:5], FileStamp(found[5].address, 11, "2"), found[7]]  # 6 is not listed
    monkeypatch.setattr(bulk_read, "stamp_of", lambda address: FileStamp(address, 10, "1"))
    tasks, kept = planned(changed, later)
    assert [one.address for task in tasks for one in task.files] == [
        found[4].address, found[5].address, found[7].address, found[6].address
    ]  # fmt: skip
    assert {task.replaces for task in tasks} == {(live[1].name,)}


# --- what goes wrong ------------------------------------------------------------------------------


def test_another_gongwen_on_a_worker_is_one_line(
    source: Path, tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BulkRequest(str(source), str(tmp_path / "rows"))
    monkeypatch.setattr(shard_reading, "__version__", "9.9")
    with pytest.raises(GongwenError, match=r"a worker has gongwen 9\.9") as error:
        read_bulk(request, scheduler=scheduler)
    assert isinstance(error.value, StoppedError) and "\n" not in str(error.value)


def test_an_error_of_a_reader_costs_its_file_only(
    source: Path, tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = shard_reading._prepared

    def failing(found: Any, recipe: Any) -> Any:
        if found.stem == "4":
            raise RuntimeError("a bug")
        return reading(found, recipe)

    monkeypatch.setattr(shard_reading, "_prepared", failing)
    outcomes = read_bulk(BulkRequest(str(source), str(tmp_path / "rows")), scheduler=scheduler)
    failed = {o.source.rpartition("/")[2]: o.message for o in outcomes if o.status == "failed"}
    assert set(failed) == {"4.txt", "empty.txt"}
    assert "RuntimeError" in failed["4.txt"]


def test_a_scheduler_that_is_not_there_is_one_line(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_read, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(EngineUnavailable, match="no scheduler of Dask answers") as error:
        read_bulk(
            BulkRequest(str(source), str(tmp_path / "rows")), scheduler="tcp://127.0.0.1:8849"
        )
    assert "\n" not in str(error.value)


def test_a_full_folder_stops_the_run_with_one_line(
    source: Path, tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BulkRequest(str(source), str(tmp_path / "rows"))
    monkeypatch.setattr(
        BulkFolder, "write", lambda *_: (_ for _ in ()).throw(gongwen.ReadError("rows: disk full"))
    )
    with pytest.raises(StoppedError, match="disk full; stopped after 0 of"):
        read_bulk(request, scheduler=scheduler)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_read, "_PACKAGES", ("dask", "no_such_package"))
    with pytest.raises(EngineUnavailable, match=r"no_such_package: pip install '\.\[dask\]'"):
        bulk_read.check_packages()


@pytest.fixture(autouse=True)
def no_thread_settings() -> Iterator[None]:
    """Leave the environment as it was: clusters set variables for their workers."""
    before = dict(os.environ)
    yield
    for name in set(os.environ) - set(before):
        del os.environ[name]
