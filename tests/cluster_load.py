"""Feeds an engine while others search it, and holds every answer against a plain model.

:class:`Load` feeds the steps and lets threads and processes search meanwhile. An answer must be
exactly that of the generation that its reader has opened, never a part of it, and the only error
may be ``EngineUnavailable``, which is counted.
"""

from __future__ import annotations

import multiprocessing
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from cluster_model import FEW, QUESTIONS, Answered, Model, Step

from gongwen.index.engine import Engine, Entry
from gongwen.index.engines import TIMEOUT_SECONDS, EngineFactory, factory
from gongwen.nlp.errors import EngineUnavailable

_ATTEMPTS, _MOST_ERRORS = 60, 200
_PAUSE_SECONDS, _BETWEEN_SECONDS = 0.1, 0.02
"""After an error, and between the questions of a reader, of whom each else takes a whole core."""


# -- who asks --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opener:
    """Opens an engine in any process.

    Attributes:
        engine: the address of an engine, or the module and name of a factory.
        location: folder for what the engine keeps.
        owner: identifier of the library.
        timeout: seconds that the engine may wait.
    """

    engine: str
    location: Path
    owner: str = "load"
    timeout: float = TIMEOUT_SECONDS

    def factory(self) -> EngineFactory:
        module, _, name = self.engine.partition(":")
        if "//" in name or not name:
            return factory(self.engine)
        made: EngineFactory = getattr(import_module(module), name)
        return made

    def __call__(self) -> Engine:
        return self.factory().open(self.location, self.owner, timeout=self.timeout)


class _Flag(Protocol):
    def is_set(self) -> bool: ...


class _Number(Protocol):
    value: int


def ask(opener: Opener, seed: int, stop: _Flag, acknowledged: _Number) -> Iterator[Answered]:
    """Ask one question after another until stopped, and yield what is answered."""
    rng = random.Random(seed)
    engine: Engine | None = None
    small: set[str] = set()  # questions that find so few that all of them may be read
    while not stop.is_set():
        floor = acknowledged.value
        question = rng.choice([*QUESTIONS])
        asked = rng.choice(["count", "facets", "top", *(["ids"] if question in small else [])])
        try:
            if engine is None or engine.replaced:
                engine = None
                engine = opener()
            value = _answer(engine, question, asked)
            if asked == "count" and value <= FEW // 2:
                small.add(question)
            yield Answered(engine.generation, question, asked, value, floor)
            time.sleep(_BETWEEN_SECONDS)
        except EngineUnavailable as error:
            engine = None
            text = str(error)
            yield Answered(question=question, asked=asked, error=text, bad="\n" in text)
            time.sleep(_PAUSE_SECONDS)
        except Exception as error:  # whatever it is, it is reported
            engine = None
            yield Answered(question=question, asked=asked, error=repr(error), bad=True)
            time.sleep(_PAUSE_SECONDS)


def _answer(engine: Engine, question: str, asked: str) -> Any:
    node = QUESTIONS[question]
    if asked == "count":
        return engine.count(node)
    if asked == "facets":
        return engine.facets(node, ("topic", "role"))
    if asked == "ids":
        return tuple(map(int, engine.ids(node)))
    return [int(id_) for id_ in engine.top(node, 20).ids], 20


def _ask_elsewhere(
    opener: Opener, seed: int, stop: _Flag, acknowledged: _Number, answers: Any
) -> None:
    """Ask in a process of its own, and send what is answered."""
    for answered in ask(opener, seed, stop, acknowledged):
        answers.put(answered)
    answers.put(None)


# -- the load --------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What readers saw in a phase of a load.

    Attributes:
        answers: how many answers there were.
        generations: of which generations.
        errors: what ``EngineUnavailable`` said.
    """

    answers: int = 0
    generations: set[int] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


class Load:
    """Feeds an engine in steps while readers search it.

    Args:
        opener: opens the engine.
        threads: readers in this process.
        processes: readers in processes of their own.

    Attributes:
        model: what each generation answers.
        seen: what readers saw, by phase.
        refusals: what ``EngineUnavailable`` said to the feeder.
        wrong: answers and errors that must not be.
    """

    def __init__(self, opener: Opener, threads: int = 2, processes: int = 0) -> None:
        spawning = multiprocessing.get_context("spawn")
        self.opener = opener
        self.model = Model()
        self.seen: dict[str, Seen] = {}
        self.refusals: list[str] = []
        self.wrong: list[str] = []
        self._phase = "before"
        self._refused: list[Callable[[], None]] = []
        self._number = spawning.Value("q", 0)
        self._stop = spawning.Event()
        self._spawning = spawning
        self._readers: list[threading.Thread] = []
        self._changed = threading.Condition()
        for seed in range(threads):
            self.read(opener, seed=seed)
        for seed in range(threads, threads + processes):
            self._read_elsewhere(seed)

    @property
    def acknowledged(self) -> int:
        """The last generation of which the feed has returned."""
        return self._number.value

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for reader in self._readers:
            reader.join()

    def read(self, opener: Opener, seed: int, phase: str = "", fresh: bool = True) -> None:
        """Begin to search in a thread.

        Args:
            opener: opens what is searched.
            seed: another one asks other questions.
            phase: under which its answers are counted, ``""`` for the present one each time.
            fresh: whether it must see what is acknowledged; otherwise any acknowledged generation
                will do.
        """

        def reading() -> None:
            for answered in ask(opener, seed, self._stop, self._number):
                self._check(answered, phase, fresh)

        self._begin(reading)

    def _read_elsewhere(self, seed: int) -> None:
        answers = self._spawning.Queue()
        given = (self.opener, seed, self._stop, self._number, answers)
        process = self._spawning.Process(target=_ask_elsewhere, args=given, daemon=True)
        process.start()

        def checking() -> None:
            ended = False
            while not ended:
                try:
                    answered = answers.get(timeout=1)
                    ended = answered is None
                except queue.Empty:
                    ended = not process.is_alive()
                    answered = Answered(error=f"reader {seed} died", bad=True) if ended else None
                if answered is not None:
                    self._check(answered, "", True)
            process.join()

        self._begin(checking)

    def _begin(self, target: Callable[[], None]) -> None:
        self._readers.append(threading.Thread(target=target, daemon=True))
        self._readers[-1].start()

    def _check(self, answered: Answered, phase: str, fresh: bool) -> None:
        with self._changed:
            seen = self.seen.setdefault(phase or self._phase, Seen())
            if answered.error:
                (self.wrong if answered.bad else seen.errors).append(answered.error)
            else:
                wrong = self.model.wrong(answered)
                if not wrong and fresh and answered.generation < answered.floor:
                    wrong = f"{answered}: older than what was acknowledged"
                if wrong:
                    self.wrong.append(wrong)
                seen.answers += 1
                seen.generations.add(answered.generation)
            self._changed.notify_all()

    def phase(self, name: str) -> None:
        """Count answers under another name from now on."""
        with self._changed:
            self._phase = name

    def wait(self, phase: str, answers: int = 0, asked: int = 0) -> None:
        """Wait until readers have had so many answers in a phase, or asked so often.

        It ends as well when something is wrong, or nearly all that readers get is errors.
        """

        def there() -> bool:
            seen = self.seen.setdefault(phase, Seen())
            enough = seen.answers >= answers and seen.answers + len(seen.errors) >= asked
            return enough or bool(self.wrong) or len(seen.errors) > _MOST_ERRORS

        with self._changed:
            self._changed.wait_for(there)

    def when_refused(self, act: Callable[[], None]) -> None:
        """Call ``act`` once when the feeder is refused for the first time."""
        self._refused.append(act)

    def feed(self, step: Step, meanwhile: Callable[[], None] | None = None) -> None:
        """Feed a step as a library does: after an error with a new engine, from where that is.

        Args:
            step: what is fed.
            meanwhile: called once when half of the step has been taken.
        """
        with self._changed:
            self.model.take(step)
        waiting = [meanwhile] if meanwhile else []
        for attempt in range(_ATTEMPTS):
            try:
                engine = self.opener()
                if engine.generation < step.generation:
                    self._feed(engine, step, waiting)
                self._number.value = step.generation
                return
            except EngineUnavailable as error:
                self.refusals.append(str(error))
                if self._refused:
                    self._refused.pop()()
                time.sleep(min(10, attempt + 1) * _PAUSE_SECONDS)
        raise AssertionError(f"step {step.generation} is never taken: {self.refusals[-3:]}")

    def _feed(self, engine: Engine, step: Step, waiting: list[Callable[[], None]]) -> None:
        if step.retags:
            if waiting:
                waiting.pop()()
            engine.retag(step.retags, step.generation)
            return

        def given() -> Iterator[Entry]:
            for at, entry in enumerate(step.entries):
                if at == len(step.entries) // 2 and waiting:
                    waiting.pop()()
                yield entry

        engine.feed(given(), step.delete, step.generation)

    def assert_whole(self) -> None:
        """Assert that everything acknowledged is there, nothing else, and all was answered."""
        assert not self.wrong, (self.wrong[:5], self.refusals)
        engine = self.opener()
        assert engine.generation == self.acknowledged
        assert engine.verify() == []
        assert engine.compare(self.model.entries.values()) == []
        for name, right in self.model.answers[self.acknowledged].items():
            assert engine.count(QUESTIONS[name]) == right.count, name
        for wrong in self.refusals:
            assert wrong and "\n" not in wrong
