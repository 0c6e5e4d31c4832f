"""The protocol of an engine: the seam between a library and what holds its index.

An engine is given sentences with their words, and says which of them match a query, how many they
are, and which are the best by its own measure. It ranks nothing finally, and it knows no places and
no years: what stands above it (:mod:`~gongwen.index.searcher`) does that in the same way for all
engines. It holds nothing that the library's store does not, so it can be thrown away and fed anew
at any time. One conformance suite (``tests/index/test_conformance.py``) is the specification for
all engines, and ``docs/engines.md`` is the guide for those who write one.

**Threads and processes.** Any number of threads may call the reading methods of one engine at the
same time, and of as many processes each with an engine of its own. One process at a time writes,
under the lock of the library, with an engine that no other thread uses; after a failure or an
interruption that engine is thrown away. A reader that has an index open while another process
writes to it goes on seeing the generation that it has opened, and its :attr:`Engine.replaced`
becomes true.

**Time.** A method that may wait, as for another machine, gives up after the ``timeout`` with which
the engine was opened (:class:`~gongwen.index.engines.EngineFactory`), and raises
:class:`~gongwen.nlp.errors.EngineUnavailable`.

**Errors.** :class:`~gongwen.nlp.errors.IndexLostError` means that what is stored is proven to be
damaged, or is another library's: it is dropped and built anew.
:class:`~gongwen.nlp.errors.EngineUnavailable` means that nothing is known, as a node or a package
is not there: nothing is dropped or built, the user is told, and the next call tries again. An
``OSError`` while writing leaves the index as it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from .query import And, Node

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EngineFacet = Literal["topic", "role", "kind", "report"]
"""What an engine counts by; a sentence has several topics, and one of the rest."""
Field = Literal["report", "kind", "topics", "role", "heading", "probability", "words", "copy_key"]
"""What an engine keeps of each sentence, as :class:`Fields` describes it."""
_COMPARED: tuple[Field, ...] = ("report", "kind", "topics", "role", "heading")
_COMPARED_AT_ONCE = 1000
_SAME_PROBABILITY = 1e-6
"""An engine may keep probabilities with 32 bits."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A sentence as an engine is fed with it.

    Attributes:
        id: the library's number for the sentence, above 0, never used twice.
        text: the sentence, folded and squeezed.
        words: its words, with repeats; each stands in ``text``.
        topics: slugs, the primary topic first; empty for boilerplate.
        role: slug of the role.
        kind: title, heading, sentence or boilerplate.
        report: id of the report.
        region: region of the report, ``""`` when unknown.
        year: year of the report, ``"2020"`` or ``"2018-2020"``, ``""`` when unknown.
        probability: of the likeliest topic, 0 to 1.
        heading: what stands above the sentence, folded: section and title; it only weighs.
        names: names of the report's own place and office, in which near-copies may differ.
    """

    id: int
    text: str
    words: Sequence[str]
    topics: tuple[str, ...]
    role: str
    kind: str
    report: str
    region: str
    year: str
    probability: float = 1.0
    heading: str = ""
    names: tuple[str, ...] = ()

    def copy_key(self) -> int:
        """Return the number of 63 bits that the sentence has in common with its near-copies."""
        # late: a search makes no keys
        from ..nlp.duplicates.near_copies import copy_key
        from ..nlp.text.numerals import in_values

        return copy_key(in_values(self.text), self.names)

    def bigrams(self) -> NDArray[np.uint32]:
        """Return the bigrams of the text without its marks, with repeats.

        Returns:
            (n - 1,) for n UTF-16 units, encoded as in :meth:`Engine.bigram_frequencies`.

        Example:
            >>> one = Entry(1, "依,法", (), (), "plan", "sentence", "r", "", "")
            >>> one.bigrams().tolist() == [0x4F9D6CD5]
            True
        """
        from ..nlp.text.marks import without_marks  # late: a search makes no bigrams
        from .bigrams import bigram_keys  # late: a search makes no bigrams
        from .scan import units_of  # late: a search makes no bigrams

        units = units_of(without_marks(self.text))
        return bigram_keys(units) if len(units) else units.astype("<u4")


@dataclass(frozen=True, slots=True)
class Retag:
    """New tags of a sentence.

    Attributes:
        id: the library's number for the sentence.
        topics: slugs, the primary topic first.
        role: slug of the role.
        probability: of the likeliest topic, 0 to 1.
    """

    id: int
    topics: tuple[str, ...]
    role: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an engine promises beyond the rest of the protocol.

    Attributes:
        exact: a string is found wherever it stands, also off the borders of words and as a single
            character, with or without marks inside, in any writing of its numbers, and never where
            it would cut a number or a Latin word (:class:`~gongwen.index.query.Text` and
            ``tests/oracle.py`` say when). Without it strings are found by words only.
        texts: :meth:`Engine.texts` gives the texts of sentences; otherwise the store does.
        overlay: :meth:`Engine.overlaid` gives a changed view; otherwise one is made above it.
        vocabulary: :meth:`Engine.vocabulary` gives all words; otherwise no spelling is suggested.
        patterns: :meth:`Engine.strings` finds strings by a pattern; otherwise nothing is found by
            its sound.
        local_files: the index is files in the library's folder, so that it is copied and removed
            with it, and its damage can be proven by :meth:`Engine.verify`.
    """

    exact: bool = True
    texts: bool = False
    overlay: bool = False
    vocabulary: bool = False
    patterns: bool = False
    local_files: bool = True


@dataclass(frozen=True, slots=True)
class Candidates:
    """Sentences that match a query, the best first by the engine's own score.

    Attributes:
        ids: (n,) ids, without repeats; ties are in order of id.
        scores: (n,) the engine's own scores, descending; only their order is used.
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """A value for each of some sentences, as codes of its distinct values.

    Attributes:
        codes: (n,) for each sentence the index of its value in ``values``.
        values: the distinct values; some may be there that no sentence has.
    """

    codes: NDArray[np.integer[Any]]
    values: Sequence[Any]

    @classmethod
    def of(cls, values: Iterable[Hashable]) -> Column:
        """Return the values of some sentences as a column.

        Example:
            >>> Column.of(["plan", "problem", "plan"]).codes.tolist()
            [0, 1, 0]
        """
        import numpy as np  # late: heavy

        known: dict[Hashable, int] = {}
        codes = [known.setdefault(value, len(known)) for value in values]
        return cls(np.array(codes, np.int32), list(known))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What is kept of some sentences, in the order in which they were asked for.

    Fields that were not asked for are ``None``.

    Attributes:
        report: id of the report of each.
        kind: title, heading, sentence or boilerplate.
        topics: tuples of slugs, the primary topic first.
        role: slug of the role.
        heading: what stands above each, folded.
        probability: (n,) of the likeliest topic.
        words: (n,) number of words, with repeats.
        copy_key: (n,) what :meth:`Entry.copy_key` gave.
    """

    report: Column | None = None
    kind: Column | None = None
    topics: Column | None = None
    role: Column | None = None
    heading: Column | None = None
    probability: NDArray[np.floating[Any]] | None = None
    words: NDArray[np.integer[Any]] | None = None
    copy_key: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Statistics:
    """What ranking needs to know of all sentences together.

    Sentences that were deleted may be among them until the engine tidies up.

    Attributes:
        lengths: how many sentences have each number of words, with repeats.
        characters: UTF-16 units of all texts without their marks.
        bigrams: pairs of neighbouring units of all texts without their marks, with repeats.
        distinct_bigrams: the same without repeats inside a sentence.
    """

    lengths: Mapping[int, int]
    characters: int
    bigrams: int
    distinct_bigrams: int

    @cached_property
    def sentences(self) -> int:
        """Number of sentences."""
        return sum(self.lengths.values())

    @cached_property
    def words(self) -> int:
        """Number of words of all sentences, with repeats."""
        return sum(length * count for length, count in self.lengths.items())


class Engine(Protocol):
    """An index of sentences.

    Queries are planned trees (:mod:`~gongwen.index.query`). Of filters an engine is given those on
    ``topic``, ``role``, ``kind``, ``report``, ``probability`` (at least the smallest value) and
    ``id``; any of the values will do. A class that implements the protocol may inherit from it, and
    then needs only those of the last methods that its capabilities promise.

    Attributes:
        name: the name by which a library remembers the engine.
        capabilities: what it promises.
    """

    name: str
    capabilities: Capabilities

    # -- life --------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The store's generation up to which the index is complete; 0 for an empty index."""

    @property
    def build(self) -> str:
        """Name of this build of the index; one that replaces it has another."""

    @property
    def outdated(self) -> bool:
        """Whether an older version wrote the index; it can be read, and should be built anew."""

    @property
    def replaced(self) -> bool:
        """Whether the index was written since this engine has opened it."""

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete, add, and make both visible in one step as ``generation``.

        An entry whose id is there already replaces it; an id comes once in a feed. Deleting what
        is not there is no error. When the process dies, the index is as it was before or as it
        is after.
        """

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics, role and probability of sentences, in one step as ``generation``.

        Their words stay as they are, so this should cost a fraction of feeding them again. A
        sentence that is not there is passed over.
        """

    def publish(self) -> None:
        """Put an index that was made beside the present one in its place, in one step."""

    def verify(self) -> list[str]:
        """Return what is wrong with what is stored, nothing when it is sound.

        A search that fails is no proof of damage: what it read may have been replaced meanwhile.
        """

    def compare(self, entries: Iterable[Entry], all_of_them: bool = True) -> list[str]:
        """Return where the index says otherwise than ``entries``, a line a sentence.

        Words are not compared. With ``all_of_them`` it should have no other sentences. This
        compares what :meth:`fields` gives, and the texts if the engine has them.
        """
        rest = set(self.ids(And(())))
        found: list[str] = []
        given = iter(entries)
        while part := list(islice(given, _COMPARED_AT_ONCE)):
            there = [entry for entry in part if entry.id in rest]
            missing = (entry for entry in part if entry.id not in rest)
            found += [f"sentence {one.id} of the report {one.report} is missing" for one in missing]
            rest.difference_update(entry.id for entry in there)
            found += self._differing(there)
        if rest and all_of_them:
            found.append(f"{len(rest)} sentences are not in the library")
        return found

    def _differing(self, entries: Sequence[Entry]) -> Iterator[str]:
        """Yield a line for each of some sentences that are there of which something differs."""
        ids = [entry.id for entry in entries]
        fields = self.fields(ids, (*_COMPARED, "probability"))
        texts = self.texts(ids) if self.capabilities.texts else [entry.text for entry in entries]
        for at, entry in enumerate(entries):
            wrong = ["text"] if texts[at] != entry.text else []
            for name in _COMPARED:
                column: Column = getattr(fields, name)
                if column.values[column.codes[at]] != getattr(entry, name):
                    wrong.append(name)
            assert fields.probability is not None
            if abs(fields.probability[at] - entry.probability) > _SAME_PROBABILITY:
                wrong.append("probability")
            if wrong:
                yield f"{' and '.join(wrong)} of sentence {entry.id} of {entry.report} are others"

    def leftovers(self) -> Sequence[Path]:
        """Return what a process that died has left."""
        return ()

    def tidy(self) -> None:
        """Remove the leftovers; only under the lock of the library."""
        return

    def close(self) -> None:
        """Release every file; the engine cannot be used afterwards."""

    # -- matching ----------------------------------------------------------------------------

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``, exactly."""

    def ids(self, query: Node) -> Iterator[int]:
        """Yield the id of every sentence that matches ``query``, ascending.

        They may be read little by little, so that millions need no memory.
        """

    def facets(
        self, query: Node, names: Sequence[EngineFacet]
    ) -> dict[EngineFacet, dict[str, int]]:
        """Return how many sentences that match have each value, exactly.

        The most frequent values come first, equally frequent ones in their own order. A sentence
        counts for each of its topics; empty values are left out.
        """

    def top(self, query: Node, most: int) -> Candidates:
        """Return the ``most`` best sentences that match ``query`` by the engine's own score.

        All of those that match when they are no more. The score decides which sentences are
        looked at, not their final order; any measure will do that puts sentences first in which
        more of the query's words stand, the rarer before the more common.
        """

    def fields(self, ids: Sequence[int] | NDArray[np.int64], names: Collection[Field]) -> Fields:
        """Return what is kept of some sentences, which must be in the index."""

    # -- statistics for ranking --------------------------------------------------------------

    def statistics(self) -> Statistics:
        """Return what ranking needs to know of all sentences together."""

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words, 0 for no word of the index.

        A sentence that was deleted may count until the engine tidies up: queries are cut by
        these figures, and nothing is found or missed by them.
        """

    def word_counts(
        self, words: Sequence[str], ids: Sequence[int] | NDArray[np.int64]
    ) -> NDArray[np.integer[Any]]:
        """Return (words, ids) how often each sentence has each word among its words.

        Ranking tells by it a word from a chance string in other words (人大 in 工人大会).
        """

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each bigram stands, marks left out.

        Sentences that were deleted may count until the engine tidies up.

        Args:
            keys: (n,) bigrams: the first UTF-16 unit in the upper 16 bits, the second in the lower.
        """

    # -- only with the capability ------------------------------------------------------------

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the texts of some sentences as they were fed; needs ``capabilities.texts``."""
        raise _not_promised(self.name, "texts")

    def overlaid(
        self, removed: Collection[int], changes: Iterable[Retag], generation: int
    ) -> Engine:
        """Return this index as it will be once these changes are fed; nothing is written.

        A reader sees what was removed and retagged since the engine's generation at once, also
        while another process writes. Sentences that were added are not in it. Needs
        ``capabilities.overlay``.

        Args:
            removed: ids of sentences.
            changes: new tags of sentences.
            generation: the store's generation that the changes lead to.
        """
        raise _not_promised(self.name, "overlay")

    def vocabulary(self) -> Iterable[tuple[str, int]]:
        """Yield every word of the index and how many sentences hold it; a word may come twice.

        Needs ``capabilities.vocabulary``.
        """
        raise _not_promised(self.name, "vocabulary")

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings in the text that match ``pattern``, and how often each stands there.

        With ``begins`` only places are looked at where the characters of these sets follow each
        other. A large index may be read in part: this is for suggestions, not for results. Needs
        ``capabilities.patterns``.
        """
        raise _not_promised(self.name, "patterns")


def _not_promised(name: str, capability: str) -> NotImplementedError:
    """Return the error of a method that an engine has no need of."""
    return NotImplementedError(name, capability)
