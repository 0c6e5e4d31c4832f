"""An engine that is searched while it is fed answers as one generation, never as between two."""

from __future__ import annotations

from pathlib import Path

import pytest
from cluster_load import Load, Opener
from cluster_model import QUESTIONS, Answered, Model, steps
from engines import _TANTIVY, _missing

TEXTS = [
    f"全年{kind}{number}件,{what}。"
    for number, kind in enumerate(("办理行政复议", "开展行政执法", "法治宣传教育", "企业发展"), 3)
    for what in ("加强监督", "落实法律顾问制度", "推进工作", "监督、检查企业", "行政、执法规范")
]


@pytest.mark.parametrize(
    ("factory", "processes"),
    [
        ("gongwen.index.engines:WHOOSH", 1),
        ("plain_engine:PLAIN", 0),
        pytest.param(
            "gongwen.index.engines:TANTIVY",
            1,
            marks=pytest.mark.skipif(bool(_missing(_TANTIVY)), reason="tantivy is not installed"),
        ),
    ],
)
def test_what_is_searched_meanwhile_is_one_generation(
    factory: str, processes: int, tmp_path: Path
) -> None:
    with Load(Opener(factory, tmp_path / "index"), threads=2, processes=processes) as load:
        for step in steps(2000, 250, TEXTS):
            load.feed(step, lambda: load.wait("before", answers=1))
        load.phase("after")
        load.wait("after", answers=10 * (2 + processes))
    load.assert_whole()
    assert not load.refusals
    assert not any(seen.errors for seen in load.seen.values())
    assert len(load.seen["before"].generations) > 2
    assert load.acknowledged in load.seen["after"].generations


def test_a_part_of_an_answer_is_noticed() -> None:
    model = Model()
    for step in steps(500, 250, TEXTS):
        model.take(step)
    whole = model.answers[2]["string"]
    assert whole.ids and model.answers[1]["string"].count < whole.count
    for question in QUESTIONS:
        right = model.answers[2][question]
        assert not model.wrong(Answered(2, question, "count", right.count))
        assert model.wrong(Answered(2, question, "count", right.count + 1))
    facets = {"topic": dict(whole.topics), "role": dict(whole.roles)}
    assert not model.wrong(Answered(2, "string", "facets", facets))
    assert model.wrong(Answered(1, "string", "facets", facets))
    assert not model.wrong(Answered(2, "string", "ids", whole.ids))
    assert model.wrong(Answered(2, "string", "ids", whole.ids[1:]))
    assert not model.wrong(Answered(2, "string", "top", (whole.ids[:20], 20)))
    assert model.wrong(Answered(2, "string", "top", (whole.ids[:19], 20)))
    assert model.wrong(Answered(2, "string", "top", ((*whole.ids[:19], 10_000), 20)))
    assert model.wrong(Answered(3, "string", "count", 0))
