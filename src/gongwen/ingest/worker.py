"""The tasks that a worker process can run, and the loop in which it runs them.

A call names one of :data:`TASKS`; nothing that it or its answer holds is ever run. The functions
that make calls are for the process that asks, those in :data:`TASKS` for the worker.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from ..nlp.seeds import load_userdict, shipped
from ..nlp.text.segmenter import Segmenter, segmenter_for
from ..readers.base import LONGEST_CUT
from ..sandbox.confinement import Confinement, Profile, confine, limit_cpu
from .messages import Reader, WireError, Writer, receive, send

if TYPE_CHECKING:
    from ..readers.base import Blob, Extract, Limits
    from ..readers.files import Source
    from .prepare import PreparedFile, Recipe


T = TypeVar("T")
_LONGEST_WORD = 100_000
_MOST_WORDS = 4
"""Words for each character of a text: jieba also gives the words inside of words."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """Something that a worker is asked for.

    Attributes:
        task: its name in :data:`TASKS`.
        data: what it is given.
        take: reads and checks the answer; raises :class:`~.wire.WireError`.
        seconds: how long it may take.
        readable: folders that it reads, besides what every worker does.
    """

    task: str
    data: bytes = field(repr=False)
    take: Callable[[Reader], T]
    seconds: float
    readable: tuple[Path, ...] = ()


class NeedsProgramError(Exception):
    """The file is one that only another program reads, which this process may not start."""


# -- the files of a library ------------------------------------------------------------------------


def prepare_call(
    source: Source, recipe: Recipe, data: bytes, digest: str, seconds: float
) -> Call[PreparedFile]:
    """Ask for the reports of a file.

    Args:
        source: the file.
        recipe: how it is made into reports.
        data: its bytes.
        digest: their hash.
        seconds: how long it may take.
    """

    def take(of: Reader) -> PreparedFile:
        # late: a worker loads what its task needs
        from .messages import take_reports
        from .prepare import PreparedFile

        return PreparedFile(digest, take_reports(of, recipe.limits))

    call = Writer()
    call.raw(os.fsencode(source.path))
    call.texts([_escaped(member) for member in source.members])
    call.raw(os.fsencode(recipe.models))
    call.integer(recipe.version)
    call.real(recipe.min_probability)
    call.text(recipe.encoding or "")
    _put_limits(call, recipe.limits)
    call.raw(data)
    models = recipe.models.resolve()
    return Call("prepare", call.data(), take, seconds, (models,))


def _prepare(call: Reader, programs: bool) -> bytes:
    # late: a worker loads what its task needs
    from ..readers.files import Source
    from .messages import put_reports
    from .prepare import Recipe, prepare_loaded

    path = Path(os.fsdecode(call.raw()))
    source = Source(path, tuple(map(_unescaped, call.texts(_LONGEST_WORD))))
    recipe = Recipe(
        models=Path(os.fsdecode(call.raw())),
        version=call.integer(0, 1 << 32),
        min_probability=call.real(0, 1),
        encoding=call.text(_LONGEST_WORD) or None,
        limits=_limits(call),
    )
    data = call.raw()
    _check_programs(data, source.name, programs)
    answer = Writer()
    put_reports(answer, prepare_loaded(source, recipe, data, "").reports)
    return answer.data()


# -- a file by itself ------------------------------------------------------------------------------


def extract_call(blob: Blob) -> Call[tuple[Extract, ...]]:
    """Ask for the texts of a file."""

    def take(of: Reader) -> tuple[Extract, ...]:
        # late: a worker loads what its task needs
        from .messages import take_extracts

        return take_extracts(of, blob.limits)

    call = Writer()
    call.text(_escaped(blob.name))
    call.text(blob.encoding or "")
    _put_limits(call, blob.limits)
    call.raw(blob.data)
    return Call("extract", call.data(), take, blob.limits.seconds)


def _extract(call: Reader, programs: bool) -> bytes:
    # late: a worker loads what its task needs
    from ..readers.base import Blob
    from ..readers.detect import read
    from .messages import put_extracts

    name, encoding = _unescaped(call.text(_LONGEST_WORD)), call.text(_LONGEST_WORD) or None
    limits = _limits(call)
    blob = Blob(name, call.raw(), encoding, limits)
    _check_programs(blob.data, blob.name, programs)
    answer = Writer()
    put_extracts(answer, tuple(read(blob)))
    return answer.data()


def _check_programs(data: bytes, name: str, programs: bool) -> None:
    # late: a worker loads what its task needs
    from ..readers.detect import kind_of
    from ..readers.libreoffice import KINDS, find_soffice

    if not programs and kind_of(data, name) in KINDS and find_soffice():
        raise NeedsProgramError


# -- words -----------------------------------------------------------------------------------------


def cut_call(recorded: str, texts: list[str], seconds: float) -> Call[list[list[str]]]:
    """Ask for the words of each of ``texts``, by the segmenter that ``recorded`` names."""

    def take(of: Reader) -> list[list[str]]:
        # late: a worker loads what its task needs
        from ..index.scan import words_in_text

        longest = max(map(len, texts), default=0)
        sizes = of.integers(0, _MOST_WORDS * longest, count=len(texts))
        words = iter(of.coded(longest, sum(sizes), lines=True))
        cut = [[next(words) for _ in range(size)] for size in sizes]
        for own, text in zip(cut, texts, strict=True):
            if not all(own) or sum(1 for _ in words_in_text(own, text)) < len(own):
                raise WireError("words that do not stand in the text")
        return cut

    call = Writer()
    call.text(recorded)
    call.texts(texts)
    return Call("cut", call.data(), take, seconds)


def _cut(call: Reader, programs: bool) -> bytes:

    cut = cut_batch(call.text(_LONGEST_WORD), call.texts(1 << 40, lines=True))
    answer = Writer()
    answer.integers(map(len, cut))
    answer.coded(word for words in cut for word in words)
    return answer.data()


# -- the worker itself -----------------------------------------------------------------------------


def confinement_call() -> Call[Confinement]:
    """Ask what a worker is confined by."""

    def take(of: Reader) -> Confinement:
        # late: a worker loads what its task needs
        from ..sandbox.confinement import Confinement

        limits, privileges, filtered = (bool(v) for v in of.integers(0, 1, count=3))
        return Confinement(limits, privileges, of.integer(0, 1000), filtered)

    return Call("confinement", b"", take, 30.0)


TASKS: Mapping[str, Callable[[Reader, bool], bytes]] = {
    "prepare": _prepare,
    "extract": _extract,
    "cut": _cut,
}
"""What a worker can be asked for; each gets a call's data, and whether it may start programs."""


def _put_limits(to: Writer, limits: Limits) -> None:
    to.text(json.dumps(asdict(limits)))


def _limits(of: Reader) -> Limits:
    # late: a worker loads what its task needs
    from ..readers.base import Limits

    return Limits(**json.loads(of.text(_LONGEST_WORD)))


def _escaped(name: str) -> str:
    """Return a name as text that can be sent, also one that is not Unicode."""
    return json.dumps(name)


def _unescaped(name: str) -> str:
    return str(json.loads(name))


ANSWER, ERROR, FAILURE, NEEDS_PROGRAM = range(4)
"""What an answer begins with."""
_MOST_CALL_BYTES = 1 << 40
_CORES = 4
"""Processor seconds that may pass in a second, by the threads of the libraries."""


def main(scratch: str, memory_bytes: str, file_bytes: str, program: str, *readable: str) -> None:
    """Answer calls from standard input on standard output.

    Args:
        scratch: the folder that may be written to.
        memory_bytes: memory that this process may use.
        file_bytes: size of a file that it may write.
        program: the program that it may start, ``""`` for none.
        readable: what it may read.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller is interrupted, and ends us
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)  # a library that prints must not speak in between
    profile = Profile(
        scratch=Path(scratch),
        readable=tuple(map(Path, readable)),
        memory_bytes=int(memory_bytes),
        file_bytes=int(file_bytes),
        program=Path(program) if program else None,
    )
    in_force = confine(profile)
    while True:
        try:
            call = Reader(receive(calls, _MOST_CALL_BYTES))
            task = call.text(100)
            limit_cpu(_CORES * call.real(0, 1e9))
            data = call.raw(_MOST_CALL_BYTES)
        except EOFError:
            return
        try:
            answer = _answer(task, data, in_force, bool(program))
        except MemoryError:
            return  # what is left of the process is not worth keeping
        try:
            send(answers, answer)
        except BrokenPipeError:  # the caller is gone
            os._exit(0)


def _answer(task: str, data: bytes, in_force: Confinement, programs: bool) -> bytes:
    answer = Writer()
    try:
        if task == "confinement":
            answer.integer(ANSWER)
            answer.integers((in_force.limits, in_force.no_new_privs, in_force.seccomp))
            answer.integer(in_force.landlock)
            return answer.data()
        found = TASKS[task](Reader(data), programs)
        answer.integer(ANSWER)
        return answer.data() + found
    except MemoryError:
        raise
    except NeedsProgramError:
        answer.integer(NEEDS_PROGRAM)
    except Exception as error:
        # late: a worker loads what its task needs
        from ..nlp.errors import GongwenError

        ours = isinstance(error, GongwenError)
        answer.integer(ERROR if ours else FAILURE)
        answer.text(type(error).__name__)
        answer.text(" ".join(str(error).split()) if ours else "")
    return answer.data()


@cache
def segmenter(recorded: str) -> Segmenter:
    """Return the segmenter of a library; a process loads its dictionary once."""
    return segmenter_for(recorded, load_userdict(shipped("userdict.txt")))


def cut_batch(recorded: str, texts: list[str]) -> list[list[str]]:
    """Return the words of each of ``texts``, of a very long one those at its beginning."""
    cut = segmenter(recorded).cut
    return [cut(text[:LONGEST_CUT]) for text in texts]
