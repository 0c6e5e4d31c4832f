"""Two writers feed one index at the same time: one of them wins, and nothing of the other is there.

A library has a lock for this; the index must not depend on it, as a lock may be lost with the
connection that held it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from cluster_load import Opener
from cluster_model import QUESTIONS, Model, Step, steps
from cluster_nodes import Nodes

from gongwen.index.engine import Engine, Entry
from gongwen.nlp.errors import EngineUnavailable

pytestmark = pytest.mark.cluster
ATTEMPTS = 5


def other(step: Step) -> Step:
    """Return a step with the same ids as ``step`` and other sentences, without its last tenth."""
    kept = step.entries[: -len(step.entries) // 10]
    changed = [replace(entry, text=f"另一位{entry.text}", role="problem") for entry in kept]
    return replace(step, entries=tuple(changed), delete=step.delete[1:])


def model_of(fed: Sequence[Step]) -> Model:
    model = Model()
    for step in fed:
        model.take(step)
    return model


def assert_is_exactly(engine: Engine, model: Model, generation: int) -> None:
    """Assert that an engine answers as a model does, and holds the same sentences."""
    assert engine.generation == generation
    assert engine.compare(model.entries.values()) == []
    for name, answer in model.answers[generation].items():
        assert engine.count(QUESTIONS[name]) == answer.count, name


@pytest.fixture
def begun(three: Nodes, opener: Callable[..., Opener]) -> tuple[Opener, list[Step]]:
    """An index that has taken the first of three steps."""
    opened, planned = opener(three.address("writers")), list(steps(1_500, 500))
    opened().feed(planned[0].entries, (), planned[0].generation)
    return opened, planned


def test_who_commits_first_wins(begun: tuple[Opener, list[Step]]) -> None:
    """The second writer feeds the same generation while the first is half way."""
    opened, (first, mine, _) = begun
    slow, quick = opened(), opened()
    theirs = other(mine)

    def interrupted() -> Iterator[Entry]:
        yield from mine.entries[:250]
        quick.feed(theirs.entries, theirs.delete, theirs.generation)
        yield from mine.entries[250:]

    with pytest.raises(EngineUnavailable) as refused:
        slow.feed(interrupted(), mine.delete, mine.generation)
    assert "\n" not in str(refused.value)
    assert_is_exactly(opened(), model_of([first, theirs]), mine.generation)


def test_who_was_refused_reads_and_goes_on_from_what_is_there(
    begun: tuple[Opener, list[Step]],
) -> None:
    opened, (first, mine, last) = begun
    slow, quick = opened(), opened()
    quick.feed(mine.entries, mine.delete, mine.generation)
    with pytest.raises(EngineUnavailable):
        slow.feed(mine.entries, mine.delete, mine.generation)
    assert slow.replaced
    after = opened()
    assert after.generation == mine.generation
    after.feed(last.entries, last.delete, last.generation)
    assert_is_exactly(opened(), model_of([first, mine, last]), last.generation)
    after.tidy()
    assert_is_exactly(opened(), model_of([first, mine, last]), last.generation)


def test_of_many_at_once_one_wins_each_time(begun: tuple[Opener, list[Step]]) -> None:
    """Four threads feed the same two generations, each its own sentences.

    A writer that was overtaken fails, and so may the one that has overtaken it, on a node that does
    not answer in time; then all of them try again, as users would.
    """
    opened, (first, second, third) = begun
    fed = [first]
    for step in (second, third):
        versions = [step, other(step), other(other(step)), replace(step, delete=())]
        for _ in range(ATTEMPTS):
            won = feed_at_once(opened, versions)
            assert len(won) <= 1
            if won:
                break
            assert_is_exactly(opened(), model_of(fed), fed[-1].generation)
        assert won
        fed += won
        assert_is_exactly(opened(), model_of(fed), step.generation)


def feed_at_once(opened: Opener, versions: list[Step]) -> list[Step]:
    """Let each of some steps be fed by a thread of its own; return those that were acknowledged."""
    together = threading.Barrier(len(versions))
    won: list[Step] = []
    wrong: list[BaseException] = []

    def feed(engine: Engine, version: Step) -> None:
        together.wait()
        try:
            engine.feed(version.entries, version.delete, version.generation)
            won.append(version)
        except EngineUnavailable:
            pass
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=feed, args=(opened(), version)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    return won
