"""Labelled sentences: those that ship, and what an entry of a user's file must say."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from gongwen.nlp import Taxonomy, parse_document
from gongwen.nlp.errors import SeedError
from gongwen.nlp.seeds import shipped
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.topics.labels import LabelledSentence, load_labels


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.shipped()


@pytest.fixture(scope="module")
def labels(taxonomy: Taxonomy) -> list[LabelledSentence]:
    return load_labels([shipped("labels.jsonl")], taxonomy)


def write(folder: Path, name: str, source: str) -> Path:
    path = folder / name
    path.write_bytes(source.encode())
    return path


# The labels that ship.


def test_every_topic_has_enough_labels(labels: list[LabelledSentence], taxonomy: Taxonomy) -> None:
    counts = Counter(label.topic for label in labels)
    assert set(counts) == set(taxonomy.topics.slugs)
    assert counts["other"] >= 60
    assert {topic: n for topic, n in counts.items() if n < 80 and topic != "other"} == {}


def test_every_role_has_labels(labels: list[LabelledSentence], taxonomy: Taxonomy) -> None:
    counts = Counter(label.role for label in labels)
    assert set(counts) == set(taxonomy.roles.slugs)
    assert min(counts.values()) >= 100


def test_labels_come_from_the_seed_report_and_the_batches(labels: list[LabelledSentence]) -> None:
    batches = {f"batch-{number}" for number in range(1, 12)}
    work_reports = {f"work-reports-{kind}" for kind in ("province", "county", "mixed")}
    others = {
        "other-genres", "page-furniture", "plain-words", "topic-pairs",
        "writers-north", "writers-south",
    }  # fmt: skip
    first = {"wugong-2020", "general-reports"}
    assert {label.group for label in labels} == {*first, *batches, *work_reports, *others}
    assert {lb.topic for lb in labels if lb.group == "general-reports"} == {"other"}


def test_a_third_of_the_labels_is_hard(labels: list[LabelledSentence]) -> None:
    assert 0.3 <= sum(label.hard for label in labels) / len(labels) <= 0.4


def test_every_batch_has_hard_and_plain_labels_of_every_topic(
    labels: list[LabelledSentence], taxonomy: Taxonomy
) -> None:
    topics: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for label in labels:
        topics[label.group, label.hard].add(label.topic)
    for (group, hard), found in topics.items():
        if group.startswith("batch-"):
            # The reports of batch 10 are whole ones: nothing that is hard is of no topic there.
            none = {"other"} if (group, hard) == ("batch-10", True) else set()
            assert found == set(taxonomy.topics.slugs) - none, (group, hard)


def test_sentences_of_general_work_reports_are_of_all_topics(
    labels: list[LabelledSentence], taxonomy: Taxonomy
) -> None:
    """At least half of them are of no topic, though the words of most of these mislead."""
    found = [label for label in labels if label.group.startswith("work-reports-")]
    none = [label for label in found if label.topic == "other"]
    assert {label.topic for label in found} == set(taxonomy.topics.slugs)
    assert 0.45 <= len(none) / len(found) <= 0.6


def test_pairs_of_topics_are_of_many_pairs_and_as_many_that_only_look_so(
    labels: list[LabelledSentence],
) -> None:
    pairs = [label for label in labels if label.group == "topic-pairs"]
    two = [(label.topic, *label.also) for label in pairs if label.also]
    assert len(set(two)) >= 120
    assert len(two) >= 150
    assert len(pairs) - len(two) >= 150


def test_labels_are_clean(labels: list[LabelledSentence]) -> None:
    assert [label.text for label in labels if label.text != label.text.strip()] == []
    assert [label.text for label in labels if "\n" in label.text] == []
    assert {label.kind for label in labels} == {"sentence", "heading", "title", "boilerplate"}
    assert [label.text for label in labels if label.topic in label.also] == []


def test_the_seed_report_is_labelled_sentence_by_sentence(
    labels: list[LabelledSentence], seed_text: str
) -> None:
    document = parse_document(seed_text)
    labelled = [(lb.text, lb.kind, lb.role) for lb in labels if lb.group == "wugong-2020"]
    assert labelled == [(s.text, s.kind, s.role) for s in document.sentences]


def shingles(text: str) -> frozenset[str]:
    bare = "".join(char for char in squeeze(text) if char.isalnum())
    return frozenset(bare[i : i + 3] for i in range(max(1, len(bare) - 2)))


def test_no_two_labels_are_near_duplicates(labels: list[LabelledSentence]) -> None:
    holders: dict[str, list[int]] = defaultdict(list)
    grams = [shingles(label.text) for label in labels]
    near = []
    for i, own in enumerate(grams):
        shared = Counter(j for gram in own for j in holders[gram])
        for j, common in shared.items():
            likeness = common / (len(own) + len(grams[j]) - common)
            if likeness >= 0.6 and {labels[i].group, labels[j].group} != {"wugong-2020"}:
                near.append((round(likeness, 2), labels[j].text, labels[i].text))
        for gram in own:
            holders[gram].append(i)
    assert near == []


# Label files of users.


def test_a_label_may_hold_all_this(tmp_path: Path, taxonomy: Taxonomy) -> None:
    entry = {
        "text": "一是公开执法结果。",
        "topic": "行政执法",
        "also": ["政务公开"],
        "role": "成效",
        "heading": "五、规范执法行为",
        "kind": "sentence",
        "hard": True,
        "group": "anping-2021",
    }
    path = write(tmp_path, "mine.jsonl", json.dumps(entry, ensure_ascii=False))
    assert load_labels([path], taxonomy) == [
        LabelledSentence(
            text="一是公开执法结果。",
            topic="enforcement",
            also=("open-government",),
            role="achievement",
            heading="五、规范执法行为",
            hard=True,
            group="anping-2021",
        )
    ]


def test_a_label_needs_text_and_topic_only(tmp_path: Path, taxonomy: Taxonomy) -> None:
    path = write(tmp_path, "mine.jsonl", '{"text": "好", "topic": "执法"}\n')
    assert load_labels([path], taxonomy) == [
        LabelledSentence(text="好", topic="enforcement", group="mine.jsonl")
    ]


@pytest.mark.parametrize(
    ("also", "kept"),
    [
        (["other", "执法"], ("enforcement",)),
        (["执法", "enforcement", "行政执法"], ("enforcement",)),
        ([], ()),
    ],
)
def test_further_topics_are_others_and_stand_once(
    tmp_path: Path, taxonomy: Taxonomy, also: list[str], kept: tuple[str, ...]
) -> None:
    line = json.dumps({"text": "好", "topic": "other", "also": also})
    (label,) = load_labels([write(tmp_path, "mine.jsonl", line)], taxonomy)
    assert label.also == kept


@pytest.mark.parametrize(
    ("topics", "topic", "also"),
    [
        ("执法", "enforcement", ()),
        (["执法"], "enforcement", ()),
        (["执法", "公开", "enforcement"], "enforcement", ("open-government",)),
        (["执法；公开"], "enforcement", ("open-government",)),
        (["执法、公开 普法|复议#执法,;"], "enforcement", (
            "open-government", "legal-publicity", "reconsideration")),
        (["制度建设:立法、规章与规范性文件"], "rulemaking", ()),
        (["立法、规章"], "rulemaking", ()),
        (["执法、制度建设:立法、规章与规范性文件"], "enforcement", ("rulemaking",)),
    ],
)  # fmt: skip
def test_the_first_of_several_topics_is_the_primary_one(
    tmp_path: Path, taxonomy: Taxonomy, topics: object, topic: str, also: tuple[str, ...]
) -> None:
    path = write(tmp_path, "mine.jsonl", json.dumps({"text": "好", "label": topics}))
    (label,) = load_labels([path], taxonomy)
    assert (label.topic, label.also) == (topic, also)


@pytest.mark.parametrize("topic", ["unsure", "未定", " Unsure ", "不确定", [], ["未定"]])
def test_what_is_not_decided_is_left_out(tmp_path: Path, taxonomy: Taxonomy, topic: object) -> None:
    line = json.dumps({"text": "未", "topic": topic})
    (label,) = load_labels([write(tmp_path, "mine.jsonl", f"{line}\n{GOOD}")], taxonomy)
    assert label.text == "好"


GOOD = '{"text": "好", "topic": "other"}'
LABEL_FILES: dict[str, tuple[str, int]] = {
    "blank lines and comments": (f"# mine\n\n{GOOD}\n   \n{GOOD}\n", 2),
    "no line end at the end": (GOOD, 1),
    "Windows line ends": (f"{GOOD}\r\n{GOOD}\r\n", 2),
    "a byte order mark": (f"\ufeff{GOOD}\n", 1),
    "a line separator in a text": ('{"text": "甲\u2028乙", "topic": "other"}\n', 1),
    "a next-line character in a text": ('{"text": "甲\x85乙", "topic": "other"}\n', 1),
}


@pytest.mark.parametrize(("source", "count"), LABEL_FILES.values(), ids=LABEL_FILES)
def test_label_files(tmp_path: Path, taxonomy: Taxonomy, source: str, count: int) -> None:
    assert len(load_labels([write(tmp_path, "mine.jsonl", source)], taxonomy)) == count


def test_several_files_in_order(tmp_path: Path, taxonomy: Taxonomy) -> None:
    paths = [write(tmp_path, name, GOOD) for name in ("b.jsonl", "a.jsonl")]
    assert [label.group for label in load_labels(paths, taxonomy)] == ["b.jsonl", "a.jsonl"]


BAD_LABELS: dict[str, tuple[str, int, str]] = {
    "not JSON": (f"{GOOD}\n{{text: 好}}", 2, "JSON"),
    "half a line": (GOOD[:-3], 1, "JSON"),
    "hostile nesting": ("[" * 100_000, 1, "JSON"),
    "a number of 5,000 digits": (f'{{"text": "好", "topic": {"1" * 5000}}}', 1, ""),
    "a list": (f'# mine\n\n{GOOD}\n["好", "other"]', 4, "object"),
    "a number": ("3", 1, "object"),
    "null": ("null", 1, "object"),
    "no text": ('{"topic": "other"}', 1, "text"),
    "text is blank": ('{"text": " 　", "topic": "other"}', 1, "text"),
    "text is a number": ('{"text": 3, "topic": "other"}', 1, "text"),
    "no topic": ('{"text": "好"}', 1, "topic"),
    "topic is empty": ('{"text": "好", "topic": ""}', 1, "topic"),
    "topic is a number": ('{"text": "好", "topic": 3}', 1, "topic"),
    "unknown topic": ('{"text": "好", "topic": "enforcment"}', 1, "did you mean"),
    "ambiguous topic": ('{"text": "好", "topic": "行政"}', 1, "did you mean"),
    "also is text": ('{"text": "好", "topic": "other", "also": "执法"}', 1, "also"),
    "also holds a number": ('{"text": "好", "topic": "other", "also": [3]}', 1, ""),
    "also is unknown": ('{"text": "好", "topic": "other", "also": ["法院"]}', 1, "法院"),
    "unknown role": ('{"text": "好", "topic": "other", "role": "目标"}', 1, "unknown role"),
    "role is a number": ('{"text": "好", "topic": "other", "role": 3}', 1, "role"),
    "unknown kind": ('{"text": "好", "topic": "other", "kind": "footer"}', 1, "kind"),
    "hard is text": ('{"text": "好", "topic": "other", "hard": "no"}', 1, "hard"),
    "heading is a list": ('{"text": "好", "topic": "other", "heading": ["一"]}', 1, "heading"),
    "group is a list": ('{"text": "好", "topic": "other", "group": ["一"]}', 1, "group"),
    "topic is an empty object": ('{"text": "好", "topic": {}}', 1, "topic is missing"),
    "one of several topics is unknown": ('{"text": "好", "topic": ["执法 执发"]}', 1, "'执发'"),
    "topics are only separators": ('{"text": "好", "topic": ["、;"]}', 1, "unknown topic"),
    "an enormous text": (f'{{"text": "{"好" * 10_001}", "topic": "other"}}', 1, "10,001 char"),
    "an enormous topic": (f'{{"text": "好", "topic": "{"好" * 10**6}"}}', 1, "1,000,000 char"),
    "an enormous kind": (f'{{"text": "好", "topic": "other", "kind": "{"x" * 9999}"}}', 1, "kind"),
    "half a character": ('{"text": "\\ud83d", "topic": "other"}', 1, "half a character"),
    "an id twice": (
        '{"id": 12, "text": "好", "topic": "other"}\n\n{"id": "12", "text": "坏", "topic": "执法"}',
        3,
        "id 12 stands at line 1 already",
    ),
    "an enormous id twice": (
        f'{{"id": "{"9" * 9999}", "text": "好", "topic": "other"}}\n' * 2,
        2,
        "9… stands at line 1",
    ),
    "a sentence twice with different topics": (
        f'{GOOD}\n{GOOD}\n{{"text": "好 ", "topic": "执法"}}',
        3,
        "好 is 其他 at line 1 and 行政执法 here; decide for one",
    ),
}


@pytest.mark.parametrize(("source", "line", "word"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_a_bad_label_is_reported_with_its_place(
    tmp_path: Path, taxonomy: Taxonomy, source: str, line: int, word: str
) -> None:
    with pytest.raises(SeedError) as caught:
        load_labels([write(tmp_path, "mine.jsonl", source)], taxonomy)
    assert str(caught.value).startswith(f"mine.jsonl:{line}: ")
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "entries",
    [
        [{"text": "好", "topic": "other"}, {"text": "好", "topic": "其他"}],
        [{"text": "好", "topic": "other"}, {"text": "好", "topic": "执法", "heading": "一、执法"}],
        [{"text": "好", "topic": "other", "id": ""}, {"text": "坏", "topic": "执法", "id": ""}],
        [{"text": "好", "topic": "other", "id": None}, {"text": "坏", "topic": "执法", "id": 0}],
        [{"text": "好", "topic": "other", "id": 1}, {"text": "坏", "topic": "未定", "id": 1}],
    ],
)
def test_what_does_not_contradict(
    tmp_path: Path, taxonomy: Taxonomy, entries: list[dict[str, object]]
) -> None:
    lines = "\n".join(json.dumps(entry) for entry in entries)
    load_labels([write(tmp_path, "mine.jsonl", lines)], taxonomy)


def test_files_may_contradict_each_other(tmp_path: Path, taxonomy: Taxonomy) -> None:
    other = GOOD.replace("other", "执法")
    paths = [write(tmp_path, f"{n}.jsonl", line) for n, line in enumerate((GOOD, other))]
    assert [label.topic for label in load_labels(paths, taxonomy)] == ["other", "enforcement"]
