"""A model, its labels, topics and card may be damaged or forged: one clear line, or it works.

Bytes are flipped, cut and overwritten at places that a seed gives, so that a failure comes again.
"""

from __future__ import annotations

import base64
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gongwen
from gongwen import GongwenError, Library, ModelError, ReadError
from gongwen.core import synonyms_of
from gongwen.nlp import Taxonomy, TopicClassifier
from gongwen.nlp.topics.labels import load_labels
from gongwen.nlp.topics.model_file import read_model, write_model
from gongwen.render.xlsx import write_sheet
from gongwen.storage.models import ModelStore
from gongwen.training.evaluate import evaluate_model

SHAPES = {"keys": ("u", 1), "idf": ("f", 1), "coef": ("f", 2), "intercept": ("f", 1)}
TOPICS = """
[[topics]]
slug = "alpha"
zh = "甲类"
keywords = ["复议", "诉讼"]

[[topics]]
slug = "beta"
zh = "乙类"
keywords = ["检查", "执法"]
"""
LABELS = [
    {"text": "办理行政复议案件4件。", "topic": "alpha", "group": "甲"},
    {"text": "代理行政诉讼2件。", "topic": "alpha", "also": ["beta"], "group": "乙"},
    {"text": "开展执法检查3次。", "topic": "beta", "group": "甲"},
    {"text": "检查企业20家。", "topic": "beta", "heading": "执法", "hard": True, "group": "乙"},
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library with a small model of its own, synonyms, and no report."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "topics.toml").write_text(TOPICS, "utf-8")
    lines = "".join(json.dumps(label, ensure_ascii=False) + "\n" for label in LABELS)
    (folder / "labels.jsonl").write_text(lines, "utf-8")
    with gongwen.open(folder / "library") as library:
        library.train([folder / "labels.jsonl"], topics=folder / "topics.toml", force=True)
        (library.folder / "synonyms.toml").write_text('groups = [["甲", "乙"]]\n', "utf-8")
        assert library.models.active == 1
    return folder / "library"


def use(library: Path) -> Iterator[Callable[[], object]]:
    """Yield what is done with the models of a library, each step by itself."""
    models = ModelStore(library / "models")
    yield lambda: models.active
    yield lambda: models.load().predict_topics(["办理案件4件。"])
    yield lambda: models.load(1).explain("办理案件4件。")
    yield lambda: models.taxonomy(1).topics.resolve("甲类")
    yield lambda: models.labels(1)
    yield lambda: models.texts(1)
    yield lambda: models.card(1).encode()
    yield lambda: json.dumps([version.to_dict() for version in models.versions()])
    yield lambda: evaluate_model(models, [library.parent / "labels.jsonl"]).to_dict()
    yield lambda: models.use(1)
    yield lambda: ModelStore(library / "models").check_packed(models.packed(1))
    yield lambda: synonyms_of(library).of("甲")


def damaged(data: bytes, seed: int) -> bytes:
    """Return ``data`` with damage that a disk, a transfer or a hand may do."""
    chance = random.Random(seed)
    place = chance.randrange(len(data))
    some = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
    return chance.choice(
        (
            data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :],
            data[:place],
            data[:place] + some + data[place + len(some) :],
            data[:place] + some + data[place:],
            data[:place] + b"\0" * 40 + data[place + 40 :],
            data[:place] + data[place + len(some) :],
            data[place:] + data[:place],
            b"[" * 20_000 + data,
            b"",
        )
    )


SEEDS = 12
FILES = (
    "models/0001.npz", "models/0001.labels.jsonl", "models/0001.texts.json",
    "models/0001.topics.toml", "models/0001.md", "models/active", "synonyms.toml",
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_gives_our_error_or_works(trained: Path, name: str) -> None:
    path = trained / name
    whole = path.read_bytes()
    refused = 0
    try:
        for seed in range(SEEDS):
            path.write_bytes(damaged(whole, seed))
            for step in use(trained):
                try:
                    step()
                except GongwenError as error:
                    refused += 1
                    assert "\n" not in str(error), seed
            path.unlink(missing_ok=True)
            path.write_bytes(whole)
    finally:
        path.write_bytes(whole)
    assert refused or name.endswith(".md")
    for step in use(trained):
        step()


@pytest.mark.parametrize("name", [name for name in FILES if name != "synonyms.toml"])
def test_status_and_the_commands_name_it(trained: Path, gongwen_in: Any, name: str) -> None:
    path = trained / name
    whole = path.read_bytes()
    run = gongwen_in(trained)
    commands = (
        ["status"], ["models", "list"], ["models", "show", "1"], ["models", "use", "1"],
        ["evaluate"], ["tag", "办理案件4件。"], ["topics"], ["export"],
    )  # fmt: skip
    try:
        for content in (b"", b"\xff\xfe\x1b", b"{}", whole[: len(whole) // 2]):
            path.write_bytes(content)
            for command in commands:
                done = run(*command)
                assert done.code in (0, 1)
                assert "internal error" not in done.err, (command, content)
                assert "\x1b" not in done.out + done.err
                if done.code == 1 and command != ["status"]:
                    assert len(done.err.strip().splitlines()) == 1
            path.write_bytes(whole)
    finally:
        path.write_bytes(whole)


Change = Callable[[dict[str, Any], dict[str, Any]], object]
NAN, INF = float("nan"), float("inf")
FORGED: dict[str, Change] = {
    "a weight is NaN": lambda m, a: a["coef"].__setitem__((3, 1), NAN),
    "a weight is infinite": lambda m, a: a["coef"].__setitem__((3, 1), -INF),
    "an intercept is NaN": lambda m, a: a["intercept"].__setitem__(0, NAN),
    "an idf is infinite": lambda m, a: a["idf"].__setitem__(5, INF),
    "a weight is absurd": lambda m, a: a.update(coef=a["coef"].astype(np.float64) + 1e200),
    "a weight is too large": lambda m, a: a.update(intercept=a["intercept"] + np.float32(1e9)),
    "another type": lambda m, a: a.update(coef=a["coef"].astype(np.int32)),
    "another shape": lambda m, a: a.update(coef=a["coef"][:, :-1]),
    "fewer terms": lambda m, a: a.update(keys=a["keys"][:-1]),
    "one array less": lambda m, a: a.pop("idf"),
    "terms out of order": lambda m, a: a.update(keys=a["keys"][::-1].copy()),
    "terms twice": lambda m, a: a["keys"].__setitem__(1, a["keys"][0]),
    "no temperature": lambda m, a: m.update(temperature=0),
    "temperature below zero": lambda m, a: m.update(temperature=-1.0),
    "temperature NaN": lambda m, a: m.update(temperature=NAN),
    "temperature infinite": lambda m, a: m.update(temperature=INF),
    "threshold NaN": lambda m, a: m["thresholds"].__setitem__(0, NAN),
    "threshold below all": lambda m, a: m["thresholds"].__setitem__(0, -INF),
    "thresholds below all": lambda m, a: m.update(thresholds=[-INF] * len(m["classes"])),
    "a threshold too many": lambda m, a: m["thresholds"].append(0.0),
    "an offset of NaN": lambda m, a: m.update(offset=NAN),
    "an infinite offset": lambda m, a: m.update(offset=INF),
    "a parameter NaN": lambda m, a: m["params"].update(heading_weight=NAN),
    "a parameter as text": lambda m, a: m["params"].update(C="2"),
    "features of another kind": lambda m, a: m["params"].update(features="pickle"),
    "keywords of another kind": lambda m, a: m["params"].update(keywords=[1]),
    "folds without end": lambda m, a: m["params"].update(folds=10**9),
    "a topic twice": lambda m, a: m.update(classes=[m["classes"][0]] * 2),
    "a topic without a name": lambda m, a: m.update(classes=["", "beta"]),
    "a topic that steers": lambda m, a: m.update(classes=["\x1b[2J", "beta"]),
    "other topics": lambda m, a: m.update(classes=["alpha", "gamma"]),
    "labels as text": lambda m, a: m["meta"].update(labels="many"),
    "files as a number": lambda m, a: m["meta"].update(files=3),
    "macro-F1 as text": lambda m, a: m["meta"].update(macro_f1="good"),
    "macro-F1 NaN": lambda m, a: m["meta"].update(macro_f1=NAN),
    "format 0": lambda m, a: m.update(format=0),
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_a_forged_model_is_refused_wherever_it_comes_in(
    trained: Path, tmp_path: Path, change: Change
) -> None:
    source = trained / "models" / "0001.npz"
    meta, arrays = read_model(source, SHAPES)
    arrays = {name: array.copy() for name, array in arrays.items()}
    change(meta, arrays)
    folder = tmp_path / "models"
    folder.mkdir()
    for path in source.parent.glob("0001.*"):
        (folder / path.name).write_bytes(path.read_bytes())
    write_model(folder / "0001.npz", meta, arrays)
    models = ModelStore(folder)
    models.use(1)
    for load in (models.load, models.versions):
        with pytest.raises(ModelError, match=r"0001\.npz") as error:
            load()
        assert not re.search(r"[\n\x1b]", str(error.value))
    line = {"type": "model", "active": True, "files": models.packed(1)}
    head = {"type": "library", "format": 1, "min_probability": 0, "synonyms": ""}
    exported = tmp_path / "all.jsonl"
    exported.write_text(f"{json.dumps(head)}\n{json.dumps(line)}\n", "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        with pytest.raises(ReadError, match=r"all\.jsonl:2: a model that cannot be used"):
            library.import_(exported)
        assert library.models.numbers() == [0]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.json", "{}")
        with archive.open("coef.npy", "w") as member:
            for _ in range(300):
                member.write(b"\0" * (1 << 20))
    with pytest.raises(ModelError, match="too large"):
        TopicClassifier.load(path)


def test_a_member_that_stands_twice_is_refused(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "twice.npz"
    path.write_bytes((trained / "models" / "0001.npz").read_bytes())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("meta.json", "{}")
    with pytest.raises(ModelError, match="not a gongwen model"):
        TopicClassifier.load(path)


def test_an_imported_model_has_all_its_files_checked(trained: Path, tmp_path: Path) -> None:
    models = ModelStore(trained / "models")
    head = {"type": "library", "format": 1, "min_probability": 0, "synonyms": ""}
    for name, data in (
        ("labels.jsonl", b'{"text": "x"}\n'), ("labels.jsonl", b"\xff"),
        ("labels.jsonl", b"[" * 9999),
        ("texts.json", b"[5]"), ("texts.json", b"{"), ("topics.toml", b"topics = 5"),
        ("topics.toml", TOPICS.replace("beta", "gamma").encode()), ("md", b"\xff\xfe"),
    ):  # fmt: skip
        files = models.packed(1) | {name: base64.b64encode(data).decode()}
        line = {"type": "model", "active": False, "files": files}
        path = tmp_path / "all.jsonl"
        path.write_text(f"{json.dumps(head)}\n{json.dumps(line)}\n", "utf-8")
        with gongwen.open(tmp_path / "library") as library:
            with pytest.raises(ReadError, match=r"all\.jsonl:2: a model that cannot be used"):
                library.import_(path)
            assert library.models.numbers() == [0]


def test_names_that_are_none_are_no_versions(tmp_path: Path) -> None:
    for name in ("0000", "1", "1²", "00001", "１234", "12345678901", "0001x"):
        (tmp_path / f"{name}.npz").write_bytes(b"")
    assert ModelStore(tmp_path).numbers() == [0]
    for content in ("", "x", "-1", "9" * 5000, "²", "1.5"):
        (tmp_path / "active").write_text(content, "utf-8")
        with pytest.raises(ModelError, match="active: damaged; run gongwen models use"):
            _ = ModelStore(tmp_path).active


# -- label files -----------------------------------------------------------------------------------


def label_files(folder: Path) -> dict[str, bytes]:
    """Return the same labels in every format."""
    rows = [{"text": f"办理案件{n}件。", "topic": "其他"} for n in range(5)]
    write_sheet(folder / "a.xlsx", rows, ("text", "topic"))
    studio = [
        {"id": n, "data": {"text": row["text"]}, "annotations": [
            {"result": [{"from_name": "topic", "value": {"choices": ["其他"]}}]}]}
        for n, row in enumerate(rows)
    ]  # fmt: skip
    doccano = [{"id": n, "text": row["text"], "label": ["其他"]} for n, row in enumerate(rows)]
    cells = [(row["text"], row["topic"]) for row in rows]
    return {
        "a.xlsx": (folder / "a.xlsx").read_bytes(),
        "b.csv": b"text,topic\n" + "".join(f'"{a}",{b}\n' for a, b in cells).encode(),
        "c.tsv": "句子\t主题\n".encode() + "".join(f"{a}\t{b}\n" for a, b in cells).encode(),
        "d.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(),
        "e.json": json.dumps(studio, ensure_ascii=False, indent=1).encode(),
        "f.json": json.dumps(doccano).encode(),
    }


@pytest.mark.parametrize("name", ["a.xlsx", "b.csv", "c.tsv", "d.jsonl", "e.json", "f.json"])
def test_a_damaged_label_file_gives_our_error_or_labels(tmp_path: Path, name: str) -> None:
    whole = label_files(tmp_path)[name]
    path = tmp_path / f"damaged-{name}"
    taxonomy = Taxonomy.shipped()
    path.write_bytes(whole)
    assert len(load_labels([path], taxonomy)) == 5
    for seed in range(100):
        path.write_bytes(damaged(whole, seed))
        try:
            for label in load_labels([path], taxonomy):
                assert not re.search("[\0-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]", label.text)
                assert label.topic in taxonomy.topics.slugs
        except GongwenError as error:
            assert path.name in str(error)
            assert "\n" not in str(error)


def test_a_part_of_a_workbook_that_is_damaged(tmp_path: Path) -> None:
    """The damage is inside the parts, where no check of the archive finds it."""
    whole = label_files(tmp_path)["a.xlsx"]
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for seed in range(60):
        name = random.Random(seed).choice(sorted(parts))
        with zipfile.ZipFile(path, "w") as archive:
            for other, data in parts.items():
                archive.writestr(other, damaged(data, seed) if other == name else data)
        try:
            load_labels([path], Taxonomy.shipped())
        except GongwenError as error:
            assert "\n" not in str(error)


def test_topics_that_are_forged_are_named(tmp_path: Path) -> None:
    path = tmp_path / "topics.toml"
    for old, new in (
        ('zh = "甲类"', 'zh = "甲\\u001b[2J"'), ('zh = "甲类"', 'zh = "甲\\n乙"'),
        ('"复议"', '"\\u200b"'), ('"复议"', '""'), ('slug = "alpha"', 'slug = "\\u001b"'),
        ('slug = "alpha"', f'slug = "{"a" * 101}"'), ('zh = "甲类"', "zh = 9" + "9" * 5000),
        ('zh = "甲类"', 'zh = "甲类"\ndefinition = ["x"]'), ('"复议"', f'"{"长" * 10_001}"'),
    ):  # fmt: skip
        path.write_text(TOPICS.replace(old, new, 1), "utf-8")
        with pytest.raises(gongwen.SeedError, match=r"topics\.toml:\d+: ") as error:
            Taxonomy.load(path)
        assert not re.search(r"[\n\x1b]", str(error.value))


def test_a_library_tags_with_no_damaged_model(trained: Path, tmp_path: Path) -> None:
    """``add`` says so in one line, and stores nothing."""
    path = trained / "models" / "0001.npz"
    whole = path.read_bytes()
    report = tmp_path / "甲县2021年工作总结.txt"
    report.write_text("甲县2021年工作总结\n开展执法检查3次。\n", "utf-8")
    meta, arrays = read_model(path, SHAPES)
    arrays["coef"][:] = NAN
    try:
        write_model(path, meta, arrays)
        with Library(trained) as library:
            [outcome] = library.add([report])
            assert outcome.status == "failed"
            assert "0001.npz: not a topic classifier, or damaged; coef" in outcome.message
            assert not library.reports()
            assert any("0001.npz" in str(p) for p in library.status()["problems"])  # type: ignore
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("name", [name for name in FILES if name != "synonyms.toml"])
def test_all_files_of_a_version_are_looked_at(trained: Path, name: str) -> None:
    path = trained / name
    whole = path.read_bytes()
    models = ModelStore(trained / "models")
    assert not list(models.problems())
    try:
        path.write_bytes(b"\xff\xfe")
        found = list(ModelStore(trained / "models").problems())
        assert any(path.name in problem for problem in found)
    finally:
        path.write_bytes(whole)
