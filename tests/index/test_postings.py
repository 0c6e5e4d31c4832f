"""Specifies the postings: our words as they are, how often each sentence holds them, no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index.whoosh_postings import Postings

Documents = dict[int, list[str]]


@pytest.fixture
def postings(tmp_path: Path) -> Iterator[Postings]:
    opened = Postings(tmp_path / "postings")
    yield opened
    opened.close()


def alive(postings: Postings) -> list[int]:
    """Return the ids of the documents that are not deleted."""
    ids = postings.ids
    return [int(ids[n]) for n in postings.alive_among(np.arange(len(ids)))]


def held(postings: Postings, word: str) -> dict[int, int]:
    """Return how often each document that is not deleted holds ``word``, by id."""
    ids = postings.ids
    numbers, counts = postings.postings(word)
    assert len(set(numbers.tolist())) == len(numbers)
    pairs = zip(numbers.tolist(), counts.tolist(), strict=True)
    return {ids[number]: int(count) for number, count in pairs}


def expected(documents: Documents, word: str) -> dict[int, int]:
    counted = {id_: words.count(word) for id_, words in documents.items()}
    return {id_: count for id_, count in counted.items() if count}


WORDS: list[list[str]] = [
    ["行政复议", "案件"],
    ["执法", "执法", "执法"],
    ["7", "1", "件"],  # single digits are words
    ["7件", "90.72%", "3·15"],
    ["gdp", "c++", "互联网+监管"],
    ["𠮷", "é", "ß"],
    ["的", "了"],  # nothing is a stop word
    ["法" * 300],
    ["法"] * 400,
    [],
]


@pytest.mark.parametrize("words", WORDS, ids=[" ".join(words)[:12] for words in WORDS])
def test_words_are_kept_as_they_are(postings: Postings, words: list[str]) -> None:
    postings.update([(5, words), (9, ["别的"])], list)
    for word, count in Counter(words).items():
        assert held(postings, word) == {5: count}
    assert alive(postings) == [5, 9]


@pytest.mark.parametrize("word", ["复议", "行政", "行政复议案件", "", "GDP"])
def test_what_is_not_a_word_is_in_no_document(postings: Postings, word: str) -> None:
    postings.update([(1, ["行政复议", "案件", "gdp"])], list)
    assert held(postings, word) == {}


def test_empty_postings_have_nothing(postings: Postings) -> None:
    assert alive(postings) == []
    assert held(postings, "执法") == {}


def test_common_words_have_all_their_documents(postings: Postings) -> None:
    """Posting lists longer than a block of the file."""
    documents = {id_: ["执法"] * (id_ % 300 + 1) for id_ in range(1, 1_001)}
    postings.update(documents.items(), list)
    assert held(postings, "执法") == expected(documents, "执法")


def test_reopened_postings_are_the_same(postings: Postings, tmp_path: Path) -> None:
    postings.update([(1, ["执法"]), (2, ["执法", "执法", "普法"])], list)
    again = Postings(tmp_path / "postings")
    assert alive(again) == [1, 2]
    assert again.version == postings.version
    assert held(again, "执法") == {1: 1, 2: 2}
    again.close()


def test_version_grows_with_every_commit(postings: Postings) -> None:
    versions = [postings.version]
    for id_ in range(1, 5):
        postings.update([(id_, ["执法"])], list)
        versions.append(postings.version)
    assert versions == sorted(set(versions))


def test_numbers_to_delete_are_asked_for_when_all_is_added(postings: Postings) -> None:
    postings.update([(1, ["执法"]), (2, ["普法"])], list)
    events: list[str] = []

    def adding() -> Iterator[tuple[int, Sequence[str]]]:
        events.append("add")
        yield 3, ["复议"]

    def gone() -> list[int]:
        events.append("delete")
        return [postings.ids.tolist().index(1)]

    postings.update(adding(), gone)
    assert events == ["add", "delete"]
    assert sorted(alive(postings)) == [2, 3]
    assert held(postings, "执法") == {}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_while_adding_changes_nothing(
    postings: Postings, error: type[BaseException]
) -> None:
    def breaking() -> Iterator[tuple[int, Sequence[str]]]:
        yield 2, ["普法"]
        raise error

    postings.update([(1, ["执法"])], list)
    version = postings.version
    with pytest.raises(error):
        postings.update(breaking(), list)
    assert (alive(postings), postings.version) == ([1], version)
    assert held(postings, "普法") == {}
    postings.update([(2, ["普法"])], list)
    assert held(postings, "普法") == {2: 1}


batches = st.lists(
    st.tuples(
        st.lists(st.lists(st.sampled_from("甲 乙 丙 7件".split()), max_size=5), max_size=20),
        st.sets(st.integers(1, 60), max_size=15),
    ),
    min_size=1,
    max_size=6,
)


@given(batches)
@settings(max_examples=40, deadline=None)
def test_any_sequence_of_updates_leaves_what_was_added_and_not_deleted(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[list[list[str]], set[int]]]
) -> None:
    postings = Postings(tmp_path_factory.mktemp("postings") / "p")
    documents: Documents = {}
    last = 0
    for added, unwanted in changes:
        numbers = [n for n, id_ in enumerate(postings.ids) if id_ in unwanted]
        new = dict(enumerate(added, last + 1))
        last += len(new)
        documents = {id_: w for id_, w in documents.items() if id_ not in unwanted} | new
        postings.update(new.items(), numbers.copy)
        assert sorted(alive(postings)) == sorted(documents)
        for word in ("甲", "乙", "丙", "7件"):
            assert held(postings, word) == expected(documents, word)
    postings.close()
