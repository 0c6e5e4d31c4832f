"""What comes from outside goes through one gate: refused with its line, or cleaned, and then sound.

A value that ``add`` and ``describe`` would never keep must not come in by ``import`` either.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gongwen
from gongwen import GongwenError, Library, ReadError
from gongwen.core import setting_problems

STEERING = "\x1b]52;c;QUJD\x07甲\x1b[2J乙\x9b31m丙\r丁\0戊\ud83d己\x7f庚"
CLEANED = "]52;c;QUJD甲[2J乙31m丙 丁戊己庚"
Line = dict[str, Any]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """A small library as its export: two reports, one with a copy and a correction, settings."""
    folder = tmp_path_factory.mktemp("gate")
    (folder / "甲县.txt").write_text(
        "甲县2021年法治政府建设工作总结\n一、复议\n全年办理行政复议案件12件，同比增长20%。\n",
        "utf-8",
    )
    (folder / "副本.txt").write_bytes((folder / "甲县.txt").read_bytes())
    (folder / "乙市.txt").write_text(
        "乙市2018-2020年工作总结\n开展执法检查3次，打黑除恶2起。\n", "utf-8"
    )
    with gongwen.open(folder / "library") as library:
        library.add([folder / "甲县.txt", folder / "副本.txt", folder / "乙市.txt"])
        library.correct("甲县", 3, "enforcement", also=["other"], role="plan", author="我")
        library.describe("乙市", agency="乙市司法局")
        (library.folder / "synonyms.toml").write_text('groups = [["甲", "乙"]]\n', "utf-8")
        library.min_probability = 0.1
        return list(library.export())


def write(folder: Path, lines: list[Line]) -> Path:
    path = folder / "changed.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def content(library: Library) -> list[Line]:
    return [{k: v for k, v in line.items() if k != "exported"} for line in library.export()]


def use(library: Library) -> None:
    """Do with a library what its commands do; nothing of it may fail."""
    for query in ("复议", "打黑除恶", "律师怎么办理火星移民", "fuyi"):
        library.search(query, sort="year", counts=["topic", "role", "year", "region", "report"])
    library.search("检查", synonyms="always", by="report", context=2)
    library.search(years="2018..2021")
    library.figures()
    library.figures(years="2020")
    for report in library.reports():
        assert library.sentences(report.id)
        library.check(report.id).to_dict()
        library.similar(report.id, 1)
    json.dumps(library.topic_counts())
    list(library.export_rows())
    json.dumps(content(library), ensure_ascii=False).encode()
    library.retag()
    assert not library.status()["problems"]


def at(lines: list[Line], kind: str) -> int:
    return next(i for i, line in enumerate(lines) if line["type"] == kind)


BAD: list[tuple[str, str, list[Any]]] = [
    ("library", "format", [True, 0, -1, 1.5, "1", None, 99]),
    ("library", "min_probability", [float("nan"), 2, -0.1, "x", True, None, [0.1]]),
    ("library", "synonyms", ["groups = [", "groups = 3", 'groups = [["甲"]]', "x = " + "9" * 5000,
                             'groups = [["甲", "\\u001b"]]', 'groups = [["甲", " "]]', 5, None]),
    ("report", "year", ["20x1", -5, 0, 99999, 20201, "2018-20", "2018..2020", "二〇二〇", "²", True,
                        None, [2020], 2020.5, "9" * 5000, "1900-2000", "2020\n"]),
    ("report", "date", ["2021-13-01", "2021", "21-01-01", "二〇二一年", 2021, None, "２０２１-01"]),
    ("report", "level", ["planet", 3, None, ["county"], "County"]),
    ("report", "adcode", ["61", "61043a", "6104310", 610431, "６１０４３１", None]),
    ("report", "sha256", ["", "x" * 64, "ab", None, "A" * 64]),
    ("report", "added", ["", "yesterday", "\x1b", 5, None]),
    ("report", "report", ["", "\x1b\0", None, 7, []]),
    ("report", "source", ["", None, 7]),
    ("report", "text", ["", " \n", "\x1b\x07", None, 5, ["甲"]]),
    ("report", "title", [None, 5, {"a": 1}, "长" * 10_001]),
    ("report", "how", [None, [], {"title": 1}, {"colour": "title"}]),
    ("report", "said", [{"colour": "red"}, {"year": "20x1"}, {"date": "x"}, {"level": "x"}, []]),
    ("report", "stated", [{"year": "20x1"}, {"title": 5}, None]),
    ("report", "notes", [None, "note", [5], {}]),
    ("report", "copied", [None, [5], [{"source": "x"}], [{"source": 1, "file": 1, "sha256": 1}]]),
    ("report", "similar", [None, [5], [{"report": "x", "jaccard": 2, "containment": 0}],
                           [{"report": "x", "jaccard": 0.5, "containment": float("nan")}]]),
    ("sentence", "n", [0, 2, -1, True, "1", None, 1.0, 1 << 40]),
    ("sentence", "start", [-1, 3, 1 << 31, "0", None, False]),
    ("sentence", "end", [0, 1, 1 << 20, "9", None]),
    ("sentence", "text", ["", "别的", None, 5]),
    ("sentence", "topic", ["No Slug", "\x1b", "执法", "a" * 101, None, 5, "../x"]),
    ("sentence", "also", [["x y"], ["a", "a"], "a", None, [None], [f"t{n}" for n in range(200)]]),
    ("sentence", "role", ["", "Problem", "\x1b", None, 5]),
    ("sentence", "kind", ["poem", "", None, 5, []]),
    ("sentence", "probability", [float("nan"), float("inf"), 2, -1, True, "0.5", None]),
    ("sentence", "corrected", [1, 0, "yes", None]),
    ("correction", "topic", ["", "\x1b", "No", None]),
    ("correction", "role", ["\x1b", "No", None]),
    ("correction", "text", ["", "\x1b", None]),
    ("correction", "n", [-1, True, "3", None]),
    ("correction", "at", ["", "\x1b]0;x\x07", None, 5]),
    ("correction", "note", [None, 5, "长" * 10_001]),
    ("sentence", "type", ["poem", None, 5, [], "library"]),
]  # fmt: skip
BAD_ONES = [(kind, field, value) for kind, field, values in BAD for value in values]


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, field, _ in BAD])
def test_a_bad_value_is_refused_with_its_line(
    lines: list[Line], tmp_path: Path, kind: str, field: str
) -> None:
    [values] = [values for k, f, values in BAD if (k, f) == (kind, field)]
    here = at(lines, kind)
    with gongwen.open(tmp_path / "library") as library:
        before = content(library)
        for value in values:
            changed = [*lines[:here], lines[here] | {field: value}, *lines[here + 1 :]]
            path = write(tmp_path, changed)
            with pytest.raises(ReadError) as error:
                library.import_(path)
            message = str(error.value)
            assert message.startswith(f"{path}:"), value
            assert int(message.removeprefix(f"{path}:").split(":")[0]) - 1 in (here, here + 1)
            assert "\n" not in message
            assert not {"\x1b", "\x07", "\0"} & set(message)
            assert content(library) == before, value
            assert not (library.folder / "synonyms.toml").exists()


def test_a_report_or_source_that_stands_twice_is_refused(lines: list[Line], tmp_path: Path) -> None:
    first, second = (i for i, line in enumerate(lines) if line["type"] == "report")
    for field in ("report", "source"):
        double = [
            line | {field: lines[first][field]} if i >= second and field in line else line
            for i, line in enumerate(lines)
        ]
        with gongwen.open(tmp_path / "library") as library:
            with pytest.raises(ReadError, match=f"stands at line {first + 1} already"):
                library.import_(write(tmp_path, double))
            assert not library.reports()


@pytest.mark.parametrize("missing", ["first", "last"])
def test_a_sentence_that_is_missing_is_noticed(
    lines: list[Line], tmp_path: Path, missing: str
) -> None:
    of_one = [i for i, line in enumerate(lines) if line["type"] == "sentence"]
    gone = of_one[0] if missing == "first" else of_one[-1]
    fewer = [line for i, line in enumerate(lines) if i != gone]
    with gongwen.open(tmp_path / "library") as library:
        if missing == "first":
            with pytest.raises(ReadError, match="out of order"):
                library.import_(write(tmp_path, fewer))
        else:  # no one can know; what is there is sound
            library.import_(write(tmp_path, fewer))
            use(library)


@pytest.mark.parametrize(
    "field", ["title", "region", "kind", "province", "city", "county", "agency", "address"]
)
def test_what_is_merely_dirty_is_cleaned_as_by_add(
    lines: list[Line], tmp_path: Path, field: str
) -> None:
    here = at(lines, "report")
    changed = [*lines[:here], lines[here] | {field: STEERING}]
    with gongwen.open(tmp_path / "library") as library:
        library.import_(write(tmp_path, [*changed, *lines[here + 1 :]]))
        report = library.report(str(lines[here]["report"]))
        assert getattr(report, field) == CLEANED
        use(library)


def test_a_text_loses_what_add_would_drop_and_its_offsets_stay_right(
    lines: list[Line], tmp_path: Path
) -> None:
    """Control characters are put into every sentence, and between them."""
    changed: list[Line] = []
    seen = 0
    put = "\x1b\x9b\ufffd"
    for line in lines:
        new = dict(line)
        if line["type"] == "report":
            text = str(line["text"])
            of = [s for s in lines if s["type"] == "sentence" and s["report"] == line["report"]]
            parts, before = [], 0
            for s in of:
                cut = text[before : s["start"]].replace("\n", "\r\n")
                parts.append(f"{cut}{put}{s['text'][0]}{put}{s['text'][1:]}")
                before = s["end"]
            new["text"] = "".join(parts) + text[before:]
            seen = 0
        elif line["type"] == "sentence":
            raw = f"{put}{line['text'][0]}{put}{line['text'][1:]}"
            start = str(report_text(changed, line["report"])).index(raw, seen)
            new |= {"text": raw, "start": start, "end": start + len(raw)}
            seen = start + len(raw)
        elif line["type"] == "correction":
            new["text"] = f"{put}{line['text']}\x07"
        changed.append(new)
    with gongwen.open(tmp_path / "dirty") as dirty, gongwen.open(tmp_path / "clean") as clean:
        dirty.import_(write(tmp_path, changed))
        clean.import_(write(tmp_path, lines))
        assert content(dirty) == content(clean)
        use(dirty)


def report_text(lines: list[Line], report: str) -> Any:
    return next(e["text"] for e in lines if e["type"] == "report" and e["report"] == report)


def test_ids_and_sources_are_those_that_add_would_give(lines: list[Line], tmp_path: Path) -> None:
    changed = [
        line | {"report": f"{line['report']}\x1b[2J/\u202e"} if "report" in line else line
        for line in lines
    ]
    changed = [
        line | {"source": "/a/\x1b]0;x\x07\ud800.txt"} if line["type"] == "report" else line
        for line in changed[: at(lines, "report") + 1]
    ] + changed[at(lines, "report") + 1 :]
    with gongwen.open(tmp_path / "library") as library:
        library.import_(write(tmp_path, changed))
        reports = library.reports()
        assert {r.id for r in reports} == {"甲县[2J-u202e", "乙市[2J-u202e"}
        assert "/a/\\x1b]0;x\\x07\\ud800.txt" in {r.source for r in reports}
        assert {c.report for c in library.corrections()} == {"甲县[2J-u202e"}
        use(library)


def test_a_span_that_ends_before_it_begins_is_turned(lines: list[Line], tmp_path: Path) -> None:
    here = at(lines, "report")
    for value, kept in (("2020-2018", "2018-2020"), ("2020-2020", 2020), ("2020", 2020)):
        changed = [*lines[:here], lines[here] | {"year": value}, *lines[here + 1 :]]
        with gongwen.open(tmp_path / f"library-{value}") as library:
            library.import_(write(tmp_path, changed))
            assert library.report(str(lines[here]["report"])).year == kept


@pytest.mark.parametrize("name", ["topic", "also", "role"])
def test_a_name_that_no_model_has_is_not_kept(lines: list[Line], tmp_path: Path, name: str) -> None:
    here = at(lines, "sentence")
    value = ["2020"] if name == "also" else "2020"
    changed = [*lines[:here], lines[here] | {name: value}, *lines[here + 1 :]]
    with gongwen.open(tmp_path / "library") as library:
        library.import_(write(tmp_path, changed))
        use(library)
        assert library.status(deep=True)["problems"] == []


HOSTILE = st.sampled_from(
    [value for _, _, value in BAD_ONES]
    + [STEERING, "\u202e", "[bold]", "=1+1", 0, 1, 2020, "2020", 1e308, 10**400, [], {}, [[[]]],
       "\ud800", "甲" * 200, "enforcement", "unsure", "plan", False]
)  # fmt: skip


@st.composite
def changes(draw: st.DrawFn) -> Callable[[list[Line]], list[Line]]:
    """Draw a change of an export: a value, a field, a line, or the order of lines."""
    which = draw(st.integers(0, 1000))
    other = draw(st.integers(0, 1000))
    what = draw(
        st.sampled_from(["value", "value", "value", "inner", "field", "drop", "twice", "swap"])
    )
    value = draw(HOSTILE)

    def change(lines: list[Line]) -> list[Line]:
        i, j = which % len(lines), other % len(lines)
        new = [dict(line) for line in lines]
        names = sorted(new[i])
        name = names[other % len(names)]
        if what == "value":
            new[i][name] = value
        elif what == "inner" and isinstance(inner := new[i][name], dict) and inner:
            new[i][name] = inner | {sorted(inner)[other % len(inner)]: value}
        elif what == "inner" and isinstance(inner := new[i][name], list):
            new[i][name] = [*inner, value]
        elif what == "field":
            del new[i][name]
        elif what == "drop":
            del new[i]
        elif what == "twice":
            new.insert(j, dict(new[i]))
        elif what == "swap":
            new[i], new[j] = new[j], new[i]
        return new

    return change


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.lists(changes(), min_size=1, max_size=2))
@example(changes=[])
def test_any_change_of_an_export_is_refused_or_harmless(
    lines: list[Line],
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[Callable[[list[Line]], list[Line]]],
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    new = lines
    for change in changes:
        new = change(new) or new
    path = write(folder, new)
    with gongwen.open(folder / "library") as library:
        try:
            library.import_(path)
        except ReadError as error:
            assert str(error).startswith(str(path))
            assert not library.reports()
            assert not library.corrections()
            assert not (library.folder / "synonyms.toml").exists()
        else:
            use(library)


# -- what an older version let in ------------------------------------------------------------------


@pytest.fixture
def old(lines: list[Line], tmp_path: Path) -> Iterator[Path]:
    """A library into which an older version let bad values."""
    with gongwen.open(tmp_path / "old") as library:
        library.import_(write(tmp_path, lines))
    yield tmp_path / "old"


@pytest.mark.parametrize("year", ["20x1", "-5", "99999", "2018-20", "x", "null", "9" * 5000])
def test_a_year_that_an_older_version_let_in_stops_nothing(old: Path, year: str) -> None:
    with sqlite3.connect(old / "library.db") as db:
        db.execute("UPDATE reports SET year = ? WHERE id = '甲县'", (year,))
        db.execute("UPDATE figures SET year = ? WHERE report = '甲县'", (year[:9],))
    db.close()
    with gongwen.open(old) as library:
        library.reindex()
        assert library.search("复议", sort="year").total > 0
        assert not library.search("复议", years="2020..2022").total
        assert library.search("检查", years="2018..2021").total
        library.figures(years="2020")
        library.check("甲县")
        library.similar("甲县", 1)


def test_synonyms_that_are_bad_are_named_when_they_are_needed(old: Path) -> None:
    (old / "synonyms.toml").write_text('groups = [\n  ["甲"],\n]\n', "utf-8")
    with gongwen.open(old) as library:
        assert library.search("复议").total
        with pytest.raises(GongwenError, match=r"old/synonyms\.toml:2: a group is a list"):
            library.search("打黑除恶", synonyms="always")
    [problem] = setting_problems(old, "0.1")
    assert "synonyms.toml:2" in problem


@pytest.mark.parametrize("stored", ["nan", "2", "x", "-1", "inf"])
def test_a_setting_that_is_bad_is_named(tmp_path: Path, stored: str) -> None:
    [problem] = setting_problems(tmp_path, stored)
    assert "min_probability" in problem


@pytest.mark.parametrize("value", [float("nan"), 2, -0.1, float("inf")])
def test_a_probability_that_is_none_is_not_kept(tmp_path: Path, value: float) -> None:
    with gongwen.open(tmp_path / "library") as library:
        with pytest.raises(GongwenError, match="between 0 and 1"):
            library.min_probability = value
        with pytest.raises(GongwenError, match="between 0 and 1"):
            library.add([tmp_path], min_probability=value)
        assert library.min_probability == 0


@pytest.mark.parametrize("stored", ["nan", "2", "x"])
def test_a_setting_that_an_older_version_kept_is_named_when_it_is_needed(
    old: Path, stored: str
) -> None:
    with sqlite3.connect(old / "library.db") as db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'min_probability'", (stored,))
    db.close()
    with gongwen.open(old) as library:
        assert library.search("复议", sort="year").total
        with pytest.raises(gongwen.LibraryError, match="min_probability of the library"):
            library.retag()
        library.min_probability = 0.2
        use(library)


def test_what_a_person_says_is_cleaned(old: Path) -> None:
    with gongwen.open(old) as library:
        assert library.describe("甲县", title=STEERING).title == CLEANED
        with pytest.raises(gongwen.QueryError, match="not a year"):
            library.describe("甲县", year="20x1")
        with pytest.raises(gongwen.QueryError, match="not text"):
            library.describe("甲县", year=2020)  # type: ignore[arg-type]
        assert library.report("甲县").title == CLEANED
        use(library)
