"""The seeds that ship, and what label, synonym and dictionary files of users may hold."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from gongwen.nlp import Taxonomy, parse_document
from gongwen.nlp.errors import GongwenError, ReadError, SeedError
from gongwen.nlp.fold import fold, squeeze
from gongwen.nlp.seeds import (
    LabelledSentence,
    load_labels,
    load_synonyms,
    load_userdict,
    shipped,
)


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.shipped()


@pytest.fixture(scope="module")
def labels(taxonomy: Taxonomy) -> list[LabelledSentence]:
    return load_labels([shipped("labels.jsonl")], taxonomy)


def write(folder: Path, name: str, source: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
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


def test_labels_come_from_the_seed_report_and_eight_batches(labels: list[LabelledSentence]) -> None:
    batches = {f"batch-{number}" for number in range(1, 8)}
    assert {label.group for label in labels} == {"wugong-2020", "general-reports", *batches}
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
            assert found == set(taxonomy.topics.slugs), (group, hard)


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


GOOD = '{"text": "好", "topic": "other"}'
LABEL_FILES: dict[str, tuple[str, int]] = {
    "blank lines and comments": (f"# mine\n\n{GOOD}\n   \n{GOOD}\n", 2),
    "no line end at the end": (GOOD, 1),
    "Windows line ends": (f"{GOOD}\r\n{GOOD}\r\n", 2),
    "a byte order mark": (f"\ufeff{GOOD}\n", 1),
    "a line separator in a text": ('{"text": "甲\u2028乙", "topic": "other"}\n', 1),
    "a next-line character in a text": ('{"text": "甲\x85乙", "topic": "other"}\n', 1),
    "nothing": ("", 0),
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


def test_a_label_file_that_is_not_utf_8(tmp_path: Path, taxonomy: Taxonomy) -> None:
    path = write(tmp_path, "mine.jsonl", '{"text": "执法", "topic": "other"}'.encode("gbk"))
    with pytest.raises(ReadError, match=r"mine\.jsonl: not UTF-8"):
        load_labels([path], taxonomy)


def test_a_label_file_that_is_missing_or_a_folder(tmp_path: Path, taxonomy: Taxonomy) -> None:
    for path in (tmp_path / "mine.jsonl", tmp_path):
        with pytest.raises(ReadError, match=path.name):
            load_labels([path], taxonomy)


# Synonyms.


def test_the_shipped_synonyms() -> None:
    synonyms = load_synonyms([shipped("synonyms.toml")])
    assert "行政复议" in synonyms.of("复议")
    assert "简政放权" in synonyms.of("放管服")
    assert synonyms.of("政府律师") == ("法律顾问", "顾问律师", "公职律师")
    assert synonyms.of("没有这个词") == ()


def test_synonyms_go_both_ways_and_over_files(tmp_path: Path) -> None:
    mine = write(tmp_path, "a.toml", 'groups = [["法庭", "法院"], ["法院", "审判机关", "法庭"]]')
    more = write(tmp_path, "b.toml", 'groups = [["法官", "审判员"]]')
    synonyms = load_synonyms([mine, more])
    assert synonyms.of("法院") == ("法庭", "审判机关")
    assert synonyms.of("法庭") == ("法院", "审判机关")
    assert synonyms.of("审判机关") == ("法院", "法庭")
    assert synonyms.of("法官") == ("审判员",)
    assert len(synonyms) == 5


@pytest.mark.parametrize("word", ["複議", " 复 议 ", "复\u00a0议"])
def test_synonyms_are_found_folded(word: str) -> None:
    assert load_synonyms([shipped("synonyms.toml")]).of(word) == ("行政复议",)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("行政复议和信访", ["行政复议", "信访"]),
        ("复议复议", ["复议", "复议"]),
        ("信访与行政复议", ["信访", "行政复议"]),
        ("放管服改革", ["放管服改革"]),
        ("粮食产量", []),
        ("", []),
    ],
)
def test_words_with_synonyms_in_a_run_longer_ones_first(run: str, words: list[str]) -> None:
    assert load_synonyms([shipped("synonyms.toml")]).words_in(run) == words


def test_a_synonym_file_may_be_empty_or_begin_with_a_mark(tmp_path: Path) -> None:
    assert len(load_synonyms([write(tmp_path, "a.toml", "")])) == 0
    assert len(load_synonyms([write(tmp_path, "b.toml", '\ufeffgroups = [["法院", "法庭"]]')])) == 2


BAD_SYNONYMS: dict[str, tuple[str, int]] = {
    "not TOML": ('groups = [\n  ["法院", "法庭"],\n  法官\n]', 3),
    "one word": ('groups = [\n  ["法院", "法庭"],\n  ["法官"],\n]', 3),
    "one word, behind a comment": ('groups = [\n  # 法院\n  ["法院", "法庭"],\n  ["法官"],\n]', 4),
    "one word, all in one line": ('groups = [["法院", "法庭"], ["法官"]]', 1),
    "no word": ("groups = [\n  [],\n]", 2),
    "a blank word": ('groups = [\n  ["法院", " "],\n]', 2),
    "a number": ('groups = [\n  ["法院", 3],\n]', 2),
    "groups is text": ('groups = "法院"', 0),
    "groups is a number": ("groups = 3", 0),
}


@pytest.mark.parametrize(("source", "line"), BAD_SYNONYMS.values(), ids=BAD_SYNONYMS)
def test_a_bad_synonym_group_is_reported_with_its_place(
    tmp_path: Path, source: str, line: int
) -> None:
    with pytest.raises(SeedError) as caught:
        load_synonyms([write(tmp_path, "mine.toml", source)])
    assert str(caught.value).startswith(f"mine.toml:{line}: " if line else "mine.toml")
    assert "\n" not in str(caught.value)


def test_a_synonym_file_that_cannot_be_read(tmp_path: Path) -> None:
    coded = write(tmp_path, "mine.toml", 'groups = [["法院", "法庭"]]'.encode("gbk"))
    for path in (coded, tmp_path / "missing.toml"):
        with pytest.raises(GongwenError, match=path.name):
            load_synonyms([path])


# The user dictionary.


def test_the_shipped_dictionary_is_in_compared_form() -> None:
    terms = load_userdict(shipped("userdict.txt"))
    assert {"放管服", "最多跑一次", "法律顾问"} <= set(terms)
    assert [term for term in terms if term != fold(term)] == []


def test_a_dictionary_keeps_its_order(tmp_path: Path) -> None:
    path = write(tmp_path, "mine.txt", f"\ufeff# 词\r\n放管服\r\n\r\n 三项制度 \r\n{'长' * 20}\r\n")
    assert load_userdict(path) == ["放管服", "三项制度", "长" * 20]


BAD_TERMS: dict[str, tuple[str, int]] = {
    "white space": ("# 词\n放 管服", 2),
    "a frequency": ("放管服 5", 1),
    "a no-break space": ("放\u00a0管服", 1),
    "too long": ("放管服\n" + "长" * 21, 2),
    "twice": ("放管服\n\n放管服", 3),
}


@pytest.mark.parametrize(("source", "line"), BAD_TERMS.values(), ids=BAD_TERMS)
def test_a_bad_term_is_reported_with_its_place(tmp_path: Path, source: str, line: int) -> None:
    with pytest.raises(SeedError) as caught:
        load_userdict(write(tmp_path, "mine.txt", source))
    assert str(caught.value).startswith(f"mine.txt:{line}: ")


def test_a_dictionary_that_cannot_be_read(tmp_path: Path) -> None:
    coded = write(tmp_path, "mine.txt", "放管服".encode("gbk"))
    for path in (coded, tmp_path / "missing.txt"):
        with pytest.raises(ReadError, match=path.name):
            load_userdict(path)
