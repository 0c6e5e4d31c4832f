"""Feeds an engine while others search it, and holds every answer against a plain model.

:func:`steps` makes generated sentences into steps as a library feeds them. :class:`Model` knows
what each generation answers. :class:`Load` feeds the steps and lets threads and processes search
meanwhile; an answer must be exactly that of the generation that its reader has opened, never a
part, and the only error may be ``EngineUnavailable``, which is counted.
"""

from __future__ import annotations

import gzip
import multiprocessing
import queue
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from oracle import holds

from gongwen.index.engine import Engine, Entry, Retag
from gongwen.index.engines import TIMEOUT_SECONDS, EngineFactory, factory
from gongwen.index.query import And, Filter, Node, Not, Or, Text
from gongwen.nlp.errors import EngineUnavailable
from gongwen.nlp.text.marks import without_marks
from gongwen.nlp.text.normalize import squeeze

SENTENCES = Path(__file__).parents[2] / "shared" / "data" / "sentences-100k.txt.gz"
_OF_REPORT = 50
_TOPICS = "enforcement reconsideration oversight legal-counsel licensing-reform".split()
_ROLES = "achievement plan problem".split()
_NAMES = "安宁和兴隆昌平泰康永定德文武清河江湖山岭石松柏桥溪沙金银铜龙凤"
_PLACE = re.compile("[\u4e00-\u9fff]{2}(?=[县区镇乡村市街])")
_WORD = re.compile("[0-9]+|[a-z]+|[\u4e00-\u9fff]{1,2}")
_RETAG_EVERY = 4
"""Of so many steps the last one changes tags, the others add and delete."""
_FEW = 3000
"""Up to so many sentences are compared one by one, more are only counted."""
_ATTEMPTS, _MOST_ERRORS = 600, 200
_PAUSE_SECONDS = 0.1


# -- what is fed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """What a library would feed at once.

    Attributes:
        generation: the store's generation that it leads to.
        entries: sentences to add, or to put in the place of those with the same id.
        delete: ids to delete.
        retags: new tags; a step with these has nothing else.
    """

    generation: int
    entries: tuple[Entry, ...] = ()
    delete: tuple[int, ...] = ()
    retags: tuple[Retag, ...] = ()


def steps(sentences: int, of_step: int, texts: Sequence[str] = ()) -> Iterator[Step]:
    """Yield steps that add so many sentences together, and change and delete some of them.

    Args:
        sentences: how many are added.
        of_step: how many a step adds.
        texts: what they are made of; without them the 100,000 that lie beside a checkout.
    """
    varied = _varied(texts or _shared())
    numbers = count(1)
    rng = random.Random(1)
    there: dict[int, Entry] = {}
    added = 0
    for generation in count(1):
        if added >= sentences:
            return
        if generation % _RETAG_EVERY == 0:
            ids = rng.sample(sorted(there), min(len(there), of_step // 4))
            retags = tuple(Retag(id_, (rng.choice(_TOPICS),), rng.choice(_ROLES)) for id_ in ids)
            yield Step(generation, retags=retags)
            continue
        size = min(of_step, sentences - added)
        new = [_entry(next(numbers), next(varied)) for _ in range(size)]
        added += size
        reports = sorted({entry.report for entry in there.values()})
        gone, changed = rng.sample(reports, 2) if len(reports) > 4 else ("", "")
        delete = tuple(id_ for id_, entry in there.items() if entry.report == gone)
        other = [_entry(id_, next(varied)) for id_, e in there.items() if e.report == changed]
        step = Step(generation, (*new, *other), delete)
        there |= {entry.id: entry for entry in step.entries}
        for id_ in delete:
            del there[id_]
        yield step


def _shared() -> list[str]:
    with gzip.open(SENTENCES, "rt", encoding="utf-8", newline="\n") as lines:
        return [line.rstrip("\n").partition("\t")[2] for line in lines]


def _varied(texts: Sequence[str]) -> Iterator[str]:
    """Yield the texts again and again, each time with other numbers and names of places."""
    rng = random.Random(0)
    while True:
        for text in texts:
            numbered = re.sub("[1-9]", lambda _: rng.choice("123456789"), text)
            yield _PLACE.sub(lambda _: "".join(rng.choices(_NAMES, k=2)), numbered)


def _entry(id_: int, text: str) -> Entry:
    text = squeeze(text)
    drawn = random.Random(crc32(text.encode()))
    boilerplate = drawn.random() < 0.1
    topics = () if boilerplate else tuple(drawn.sample(_TOPICS, drawn.choice((1, 1, 2))))
    kind = "boilerplate" if boilerplate else "sentence"
    report = f"r{(id_ - 1) // _OF_REPORT}"
    words = _WORD.findall(text)
    return Entry(id_, text, words, topics, drawn.choice(_ROLES), kind, report, "甲县", "2020")


# -- what is answered ----------------------------------------------------------------------------

QUESTIONS: Mapping[str, Node] = {
    "all": And(()),
    "common": Text("发展"),
    "string": Text("行政执法"),
    "rare": Text("法治宣传教育"),
    "off words": Text("政执"),
    "absent": Text("没有这个词"),
    "topic": And((Filter("topic", ("oversight",)), Text("监督"))),
    "role": And((Filter("role", ("plan", "problem")), Not(Text("工作")), Text("企业"))),
    "either": Or((Text("法律顾问"), Text("行政复议"))),
    "report": Filter("report", ("r0", "r3", "r7", "r11")),
}
"""The queries that readers ask; their strings are of Chinese characters that are no numbers."""


def matches(node: Node, entry: Entry, bare: str) -> bool:
    """Say whether a sentence, whose text without marks is ``bare``, matches a query."""
    match node:
        case Text(text=text):
            return text in bare and holds(entry.text, node)
        case Filter(field="topic", values=values):
            return not set(values).isdisjoint(entry.topics)
        case Filter(field=name, values=values):
            return getattr(entry, name) in values
        case And(parts=parts):
            return all(matches(part, entry, bare) for part in parts)
        case Or(parts=parts):
            return any(matches(part, entry, bare) for part in parts)
        case Not(part=part):
            return not matches(part, entry, bare)
    raise AssertionError(node)


@dataclass(frozen=True)
class Answer:
    """What a query finds in one generation.

    Attributes:
        count: how many sentences.
        topics: how many of each topic.
        roles: how many of each role.
        ids: their ids, ascending, if they are few; otherwise ``None``.
    """

    count: int
    topics: Mapping[str, int]
    roles: Mapping[str, int]
    ids: tuple[int, ...] | None


class Model:
    """Knows what each generation answers.

    Attributes:
        entries: the sentences of the newest generation, by id.
        answers: by generation and name of the question.
    """

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self.answers: dict[int, dict[str, Answer]] = {}
        self._found: dict[str, set[int]] = {name: set() for name in QUESTIONS}
        self._note(0)

    def take(self, step: Step) -> None:
        """Learn a step, before it is fed."""
        changed = list(step.entries)
        for one in step.retags:
            tags = {"topics": one.topics, "role": one.role, "probability": one.probability}
            changed.append(replace(self.entries[one.id], **tags))  # type: ignore[arg-type]
        for id_ in (*step.delete, *(entry.id for entry in changed)):
            self.entries.pop(id_, None)
            for found in self._found.values():
                found.discard(id_)
        for entry in changed:
            self.entries[entry.id] = entry
            bare = without_marks(entry.text)
            for name, node in QUESTIONS.items():
                if matches(node, entry, bare):
                    self._found[name].add(entry.id)
        self._note(step.generation)

    def _note(self, generation: int) -> None:
        answers = {}
        for name, found in self._found.items():
            some = [self.entries[id_] for id_ in found]
            topics = Counter(topic for entry in some for topic in entry.topics)
            roles = Counter(entry.role for entry in some)
            ids = tuple(sorted(found)) if len(found) <= _FEW else None
            answers[name] = Answer(len(found), topics, roles, ids)
        self.answers[generation] = answers

    def wrong(self, answered: Answered) -> str:
        """Return what is wrong with an answer, ``""`` if nothing is."""
        generation = self.answers.get(answered.generation)
        if generation is None:
            return f"generation {answered.generation} was never fed"
        right = generation[answered.question]
        expected: object
        match answered.asked:
            case "count":
                expected = right.count
            case "facets":
                expected = {"topic": dict(right.topics), "role": dict(right.roles)}
            case "ids":
                expected = right.ids
            case _:
                ids, most = answered.value
                if right.ids is not None and not set(ids) <= set(right.ids):
                    return f"{answered}: {sorted(set(ids) - set(right.ids))} do not match"
                answered = replace(answered, value=len(set(ids)))
                expected = min(most, right.count)
        if answered.value == expected or expected is None:
            return ""
        return f"{str(answered)[:500]}: expected {str(expected)[:500]}"


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


@dataclass(frozen=True)
class Answered:
    """What a reader was answered.

    Attributes:
        generation: what its engine had opened.
        question: name of the query.
        asked: count, facets, ids or top.
        value: the answer.
        floor: the generation that was acknowledged before the engine was opened, or said that
            nothing newer was there.
        error: why there is no answer.
        bad: whether the error is one that must not be.
    """

    generation: int = 0
    question: str = ""
    asked: str = ""
    value: Any = None
    floor: int = 0
    error: str = ""
    bad: bool = False


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
            if asked == "count" and value <= _FEW // 2:
                small.add(question)
            yield Answered(engine.generation, question, asked, value, floor)
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
        for _ in range(_ATTEMPTS):
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
                time.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"step {step.generation} is never taken: {self.refusals[-1]}")

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
        assert not self.wrong, self.wrong[:5]
        engine = self.opener()
        assert engine.generation == self.acknowledged
        assert engine.verify() == []
        assert engine.compare(self.model.entries.values()) == []
        for name, right in self.model.answers[self.acknowledged].items():
            assert engine.count(QUESTIONS[name]) == right.count, name
        for wrong in self.refusals:
            assert wrong and "\n" not in wrong
