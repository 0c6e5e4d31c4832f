"""A library: what goes in stays in, what is the same is skipped, what breaks heals."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import gongwen
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.errors import LibraryInUseError

FIRST = "甲县2021年法治政府建设工作总结\n\n  一、强化复议应诉\n  全年办理行政复议案件12件。\n"
SECOND = "乙市2022年法治政府建设年度报告\n\n  一、规范执法行为\n  开展行政执法案卷评查3次。\n"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "甲县.txt").write_text(FIRST, "utf-8")
    (folder / "乙市.txt").write_text(SECOND, "utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path, reports: Path) -> gongwen.Library:
    opened = gongwen.open(tmp_path / "library")
    opened.add([reports])
    return opened


def statuses(library: gongwen.Library, path: Path) -> list[str]:
    return [outcome.status for outcome in library.add([path])]


def test_unchanged_files_are_skipped(library: gongwen.Library, reports: Path) -> None:
    assert statuses(library, reports) == ["unchanged", "unchanged"]
    assert len(library.reports()) == 2


def test_a_changed_file_replaces_its_older_self(library: gongwen.Library, reports: Path) -> None:
    (reports / "甲县.txt").write_text(FIRST.replace("12件", "15件"), "utf-8")
    [outcome] = library.add([reports / "甲县.txt"])
    assert (outcome.status, outcome.report) == ("replaced", "甲县")
    assert library.search("15件").total == 1
    assert not library.search('"12件"').total
    assert len(library.reports()) == 2


def test_the_same_text_elsewhere_is_kept_once(library: gongwen.Library, reports: Path) -> None:
    shutil.copy(reports / "甲县.txt", reports / "副本.txt")
    [outcome] = library.add([reports / "副本.txt"])
    assert (outcome.status, outcome.report) == ("unchanged", "甲县")
    assert "甲县.txt" in outcome.message


def test_reports_of_one_name_get_ids_of_their_own(library: gongwen.Library, reports: Path) -> None:
    (reports / "旧").mkdir()
    (reports / "旧" / "甲县.txt").write_text(FIRST.replace("2021", "2020"), "utf-8")
    [outcome] = library.add([reports / "旧"])
    assert (outcome.status, outcome.report) == ("added", "甲县-2")


def test_removing(library: gongwen.Library, reports: Path) -> None:
    assert library.remove("甲县")[0].title == "甲县2021年法治政府建设工作总结"
    assert not library.search("复议").total
    assert library.search("案卷评查").total == 1
    assert (reports / "甲县.txt").exists()
    assert statuses(library, reports / "甲县.txt") == ["added"]
    assert library.search("复议").total == 2


def test_reindexing_gives_the_same_answers(library: gongwen.Library) -> None:
    before = [(h.report.id, h.n, h.score) for h in library.search("执法 OR 复议")]
    shutil.rmtree(library.folder / "index")
    library.reindex()
    assert [(h.report.id, h.n, h.score) for h in library.search("执法 OR 复议")] == before


def test_a_lost_index_heals_on_opening(library: gongwen.Library) -> None:
    library.close()
    shutil.rmtree(library.folder / "index")
    with gongwen.open(library.folder) as again:
        assert again.search("复议").total == 2
        assert again.status()["problems"] == []


def test_a_process_that_dies_before_indexing_loses_nothing(
    library: gongwen.Library, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (reports / "丙区.txt").write_text(FIRST.replace("甲县", "丙区"), "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(WhooshEngine, "feed", dies)
        with pytest.raises(KeyboardInterrupt):
            library.add([reports])
    library.close()
    with gongwen.open(library.folder) as again:
        assert {h.report.id for h in again.search("复议", group=False)} == {"甲县", "丙区"}


def test_a_reader_sees_what_another_process_adds(library: gongwen.Library, reports: Path) -> None:
    with gongwen.open(library.folder) as reader:
        assert not reader.search("丁州").total
        (reports / "丁州.txt").write_text(FIRST.replace("甲县", "丁州"), "utf-8")
        library.add([reports])
        assert reader.search("丁州").total == 1


def test_what_the_title_does_not_say_comes_from_the_file_name(
    library: gongwen.Library, tmp_path: Path
) -> None:
    path = tmp_path / "2019-云岭省-政府工作报告.txt"
    path.write_text("各位代表：\n现在，我代表省人民政府，向大会报告工作。\n", "utf-8")
    library.add([path])
    report = library.report("云岭省")
    assert (report.region, report.year) == ("云岭省", 2019)
    assert report.title == "2019年云岭省政府工作报告"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    text = (
        "甲縣法治政府建設工作總結\n\n一、加強組織領導\n全年辦理行政復議案件。各局處積極落實，群眾滿意。\n"
        * 4
    )
    path = tmp_path / "report.txt"
    path.write_bytes(text.encode(encoding))
    with gongwen.open(tmp_path / "library") as library:
        library.add([path])
        assert library.search("行政复议").total == 4


def test_workers_give_the_same_index(library: gongwen.Library, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(60):
        body = "".join(f"第{number}乡开展执法检查{n}次。" for n in range(40))
        (many / f"{number}.txt").write_text(body, "utf-8")
    with gongwen.open(tmp_path / "two") as two, gongwen.open(tmp_path / "one") as one:
        two.add([many], workers=2)
        one.add([many])
        for query in ("执法检查", "第7乡", '"检查39次"'):
            a, b = one.search(query, limit=50), two.search(query, limit=50)
            assert [(h.place, h.score) for h in a] == [(h.place, h.score) for h in b]
            assert a.total


def test_own_synonyms_and_own_model_are_used(library: gongwen.Library, tmp_path: Path) -> None:
    (library.folder / "synonyms.toml").write_text('groups = [["挑错", "案卷评查"]]\n', "utf-8")
    with gongwen.open(library.folder) as again:
        assert again.search("挑错").match == "synonym"


def test_progress_is_told_from_nothing_to_all(tmp_path: Path, reports: Path) -> None:
    told: list[tuple[str, int, int]] = []
    with gongwen.open(tmp_path / "other") as library:
        library.add([reports], progress=lambda *step: told.append(step))
    assert told[0] == ("reading", 0, 2)
    assert ("reading", 2, 2) in told
    what, done, total = told[-1]
    assert what == "indexing" and done == total > 0


def test_lost_names_raise(library: gongwen.Library) -> None:
    with pytest.raises(gongwen.UnknownNameError, match="did you mean 甲县"):
        library.report("甲县城")
    with pytest.raises(gongwen.UnknownNameError, match=r"乙市 or 甲县|甲县 or 乙市"):
        library.report("法治政府建设")


def add_in_a_process(library: Path, report: Path) -> str:
    return f"""
import gongwen
from gongwen.nlp.errors import LibraryInUseError
with gongwen.open({str(library)!r}) as library:
    while True:
        try:
            [outcome] = library.add([{str(report)!r}])
            break
        except LibraryInUseError:  # on a busy machine ten seconds are not enough
            pass
    print(outcome.status, outcome.report)
"""


def test_processes_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each opens a library that none has made yet, and all their files have the same name."""
    import subprocess
    import sys

    reports = []
    for year in (2019, 2020, 2021, 2022):
        (tmp_path / str(year)).mkdir()
        reports.append(tmp_path / str(year) / "总结.txt")
        reports[-1].write_text(FIRST.replace("2021", str(year)), "utf-8")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", add_in_a_process(tmp_path / "library", report)],
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for report in reports
    ]
    told = {process.communicate()[0].strip() for process in running}
    assert told == {"added 总结", "added 总结-2", "added 总结-3", "added 总结-4"}
    with gongwen.open(tmp_path / "library") as library:
        assert {r.year for r in library.reports()} == {2019, 2020, 2021, 2022}
        assert library.search("行政复议").total == 4
        assert library.status()["problems"] == []


def damage_postings(library: Path) -> None:
    shutil.rmtree(next(library.glob("index/postings-*")))


def damage_manifest(library: Path) -> None:
    (library / "index" / "manifest.json").write_text("{", "utf-8")


def damage_rows(library: Path) -> None:
    next(library.glob("index/rows-*/rows.log")).write_bytes(b"")


def damage_text(library: Path) -> None:
    next(library.glob("index/rows-*/text.u2")).write_bytes(b"")


def damage_values(library: Path) -> None:
    next(library.glob("index/rows-*/values.jsonl")).write_text("[", "utf-8")


def damage_words(library: Path) -> None:
    segment = next(library.glob("index/postings-*/*.seg"))
    segment.write_bytes(segment.read_bytes()[:50])


def damage_half(library: Path) -> None:
    shutil.rmtree(next(library.glob("index/rows-*")))


@pytest.mark.parametrize(
    "damage",
    [
        damage_postings,
        damage_manifest,
        damage_rows,
        damage_text,
        damage_values,
        damage_half,
        damage_words,
    ],
)
def test_a_damaged_index_is_rebuilt_on_opening(
    library: gongwen.Library, damage: Callable[[Path], None]
) -> None:
    before = [(h.place, h.score) for h in library.search("执法 OR 复议")]
    library.close()
    damage(library.folder)
    with gongwen.open(library.folder) as again:
        assert [(h.place, h.score) for h in again.search("执法 OR 复议")] == before
        assert again.status()["problems"] == []


def test_the_index_of_another_store_is_not_used(library: gongwen.Library, tmp_path: Path) -> None:
    """As when a backup of library.db is put back."""
    library.close()
    shutil.copytree(library.folder, tmp_path / "backup")
    with gongwen.open(library.folder) as grown:
        (tmp_path / "戊镇.txt").write_text(FIRST.replace("甲县", "戊镇"), "utf-8")
        grown.add([tmp_path / "戊镇.txt"])
        assert grown.search("戊镇").total
    shutil.copy(tmp_path / "backup" / "library.db", library.folder / "library.db")
    with gongwen.open(library.folder) as restored:
        assert not restored.search("戊镇").total
        assert restored.search("复议").total == 2

    with gongwen.open(tmp_path / "other") as other:
        other.add([tmp_path / "戊镇.txt"])
    shutil.rmtree(library.folder / "index")
    shutil.copytree(tmp_path / "other" / "index", library.folder / "index")
    with gongwen.open(library.folder) as own:
        assert not own.search("戊镇").total
        assert own.search("复议").total == 2


def test_a_file_that_becomes_the_copy_of_another_is_replaced(
    library: gongwen.Library, reports: Path
) -> None:
    shutil.copy(reports / "乙市.txt", reports / "甲县.txt")
    assert statuses(library, reports / "甲县.txt") == ["replaced"]
    assert not library.search("复议").total


def test_an_encoding_that_is_forced_reads_the_file_again(
    library: gongwen.Library, reports: Path
) -> None:
    assert [o.status for o in library.add([reports / "甲县.txt"], encoding="utf-8")] == ["replaced"]
    assert library.search("复议").total == 2


def test_what_is_stored_stays_when_the_index_cannot_follow(
    library: gongwen.Library, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gongwen.storage.index_sync import Indexing

    def locked(*_: object, **__: object) -> None:
        raise gongwen.LibraryError("another gongwen is writing to it")

    (reports / "己区.txt").write_text(FIRST.replace("甲县", "己区"), "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(Indexing, "catch_up", locked)
        assert [o.status for o in library.add([reports / "己区.txt"])] == ["added"]
        assert library.behind
    assert library.search("己区").total
    assert not library.behind


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LibraryInUseError("another gongwen is writing"), []),  # the index follows by then
        (gongwen.LibraryError("the disk is full"), ["the index is behind the store"]),
    ],
)
def test_an_index_is_behind_when_nobody_is_about_to_change_that(
    library: gongwen.Library,
    reports: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: gongwen.GongwenError,
    said: list[str],
) -> None:
    from gongwen.storage.index_sync import Indexing

    def fails(*_: object, **__: object) -> None:
        raise error

    (reports / "庚州.txt").write_text(FIRST.replace("甲县", "庚州"), "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(Indexing, "catch_up", fails)
        library.add([reports / "庚州.txt"])
        problems = library.status()["problems"]
    assert isinstance(problems, list)
    assert [problem.partition(";")[0] for problem in problems] == said
    assert library.status()["problems"] == []


def test_a_dictionary_cache_that_cannot_be_written_is_no_hindrance(
    tmp_path: Path, reports: Path
) -> None:
    import os
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", add_in_a_process(tmp_path / "new", reports / "甲县.txt")],
        env=os.environ | {"XDG_CACHE_HOME": "/proc/nowhere"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout == "added 甲县\n", done.stderr
    with gongwen.open(tmp_path / "new") as library:
        assert library.search("复议").total == 2


def test_a_lone_string_is_one_path_and_one_name(library: gongwen.Library, reports: Path) -> None:
    assert [o.status for o in library.add(str(reports / "甲县.txt"))] == ["unchanged"]
    assert library.search("复议", topics="行政复议与行政应诉", reports="甲县").total == 2
    assert library.search("复议", years=[2021, 2022]).total == 2
    assert library.search("复议", years=(None, None)).total == 2


def test_removing_several_at_once(library: gongwen.Library) -> None:
    with pytest.raises(gongwen.UnknownNameError):
        library.remove("甲县", "没有")
    assert len(library.reports()) == 2
    assert {r.id for r in library.remove("甲县", "乙市", "甲县")} == {"甲县", "乙市"}
    assert library.reports() == []


def test_sentences_are_counted_from_one(library: gongwen.Library) -> None:
    with pytest.raises(gongwen.UnknownNameError, match="甲县:0"):
        library.sentences("甲县", 0, 0)


REINDEXING = """
import sys
import gongwen

with gongwen.open(sys.argv[1]) as library:
    for _ in range(6):
        library.reindex()
"""


def test_searches_find_everything_while_another_process_builds_the_index_anew(
    library: gongwen.Library,
) -> None:
    wanted = {hit.place for hit in library.search("执法", limit=100)}
    builder = subprocess.Popen([sys.executable, "-c", REINDEXING, str(library.folder)])
    asked = 0
    while builder.poll() is None:
        with gongwen.open(library.folder) as another:
            assert {hit.place for hit in another.search("执法", limit=100)} == wanted
        assert {hit.place for hit in library.search("执法", limit=100)} == wanted
        asked += 1
    assert builder.returncode == 0
    assert asked > 3


def test_an_index_that_is_lost_under_an_open_library_is_built_anew(
    library: gongwen.Library,
) -> None:
    before = [(h.place, h.score) for h in library.search("执法 OR 复议")]
    library.close()
    with gongwen.open(library.folder) as opened:
        assert opened.search('"复议"').total  # asks for no words: the postings stay closed
        damage_words(library.folder)
        assert [(h.place, h.score) for h in opened.search("执法 OR 复议")] == before
