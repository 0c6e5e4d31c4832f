"""Generated sentences in the steps in which a library feeds them, and what each generation answers.

:func:`steps` makes them of given texts with other numbers and names. :class:`Model` looks at every
sentence itself, and tells of an answer whether it is exactly that of one generation.
"""

from __future__ import annotations

import gzip
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from zlib import crc32

from oracle import holds

from gongwen.index.engine import Entry, Retag
from gongwen.index.query import And, Filter, Node, Not, Or, Text
from gongwen.nlp.text.marks import without_marks
from gongwen.nlp.text.normalize import squeeze

SENTENCES = Path(__file__).parents[2] / "shared" / "data" / "sentences-100k.txt.gz"
FEW = 3000
"""Up to so many sentences are compared one by one, more are only counted."""
_OF_REPORT = 50
_TOPICS = "enforcement reconsideration oversight legal-counsel licensing-reform".split()
_ROLES = "achievement plan problem".split()
_NAMES = "安宁和兴隆昌平泰康永定德文武清河江湖山岭石松柏桥溪沙金银铜龙凤"
_PLACE = re.compile("[\u4e00-\u9fff]{2}(?=[县区镇乡村市街])")
_WORD = re.compile("[0-9]+|[a-z]+|[\u4e00-\u9fff]{1,2}")
_RETAG_EVERY = 4
"""Of so many steps the last one changes tags, the others add and delete."""

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
            ids = tuple(sorted(found)) if len(found) <= FEW else None
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
