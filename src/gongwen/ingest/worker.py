"""Define the tasks of a worker process, and run the loop in which it answers calls.

A call names one of :data:`TASKS`; no code is taken from a call or an answer. The functions
``*_call`` run in the calling process and return a :class:`Call`; those in :data:`TASKS` run in the
worker.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from ..nlp.errors import GongwenError, ReadError
from ..nlp.records import Sentence
from ..nlp.seeds import load_userdict, shipped
from ..nlp.text.normalize import squeeze_all
from ..nlp.text.segmenter import Segmenter, segmenter_for
from ..readers.base import LONGEST_CUT, Blob, Extract, Limits
from ..readers.detect import kind_of, read
from ..readers.files import Source
from ..sandbox.confinement import Confinement, Profile, confine, limit_cpu
from .message_codec import MessageError, MessageReader, MessageWriter, receive, send
from .messages import read_extracts, read_reports, write_extracts, write_reports

if TYPE_CHECKING:
    from ..bulk.shard_tables import CutReport
    from .prepare import PreparedFile, Recipe


T = TypeVar("T")
_MAX_LINE_LENGTH = 100_000
_MAX_WORDS_PER_CHARACTER = 4
"""Maximum words for each character of a text: jieba also returns the words inside of words."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A task for a worker, with its arguments and the function that checks its answer.

    Attributes:
        task: the name of the task in :data:`TASKS`.
        data: the arguments, as a message.
        read_answer: reads and checks the answer; raises :class:`~.messages.MessageError`.
        seconds: the time limit.
        readable: folders that the task reads, besides those that every worker may read.
    """

    task: str
    data: bytes = field(repr=False)
    read_answer: Callable[[MessageReader], T]
    seconds: float
    readable: tuple[Path, ...] = ()


class NeedsProgramError(Exception):
    """Raised when a file needs LibreOffice, which this worker has no right to start."""


# -- the files of a library ------------------------------------------------------------------------


def prepare_call(
    source: Source, recipe: Recipe, data: bytes, digest: str, seconds: float
) -> Call[PreparedFile]:
    """Return a call that parses a file into reports.

    Args:
        source: the file.
        recipe: how it is made into reports.
        data: its bytes.
        digest: the SHA-256 of its bytes.
        seconds: the time limit.
    """

    def read_answer(answer: MessageReader) -> PreparedFile:
        from .prepare import PreparedFile  # late: a search must not load the parser

        return PreparedFile(digest, read_reports(answer, recipe.limits))

    call = MessageWriter()
    call.raw(os.fsencode(source.path))
    call.texts([_encoded_name(member) for member in source.members])
    call.text(_encoded_name(source.address))
    call.raw(os.fsencode(recipe.models))
    call.integer(recipe.version)
    call.real(recipe.min_probability)
    call.text(recipe.encoding or "")
    _write_limits(call, recipe.limits)
    call.raw(data)
    models = recipe.models.resolve()
    return Call("prepare", call.data(), read_answer, seconds, (models,))


def _prepare(call: MessageReader, may_start_programs: bool) -> bytes:
    from .prepare import Recipe, prepare_loaded  # late: a search must not load the parser

    path = Path(os.fsdecode(call.raw()))
    members = tuple(map(_decoded_name, call.texts(_MAX_LINE_LENGTH)))
    source = Source(path, members, _decoded_name(call.text(_MAX_LINE_LENGTH)))
    recipe = Recipe(
        models=Path(os.fsdecode(call.raw())),
        version=call.integer(0, 1 << 32),
        min_probability=call.real(0, 1),
        encoding=call.text(_MAX_LINE_LENGTH) or None,
        limits=_read_limits(call),
    )
    data = call.raw()
    _check_programs(data, source.name, may_start_programs)
    answer = MessageWriter()
    write_reports(answer, prepare_loaded(source, recipe, data, "").reports)
    return answer.data()


# -- a file by itself ------------------------------------------------------------------------------


def extract_call(blob: Blob) -> Call[tuple[Extract, ...]]:
    """Return a call that extracts the texts of a file."""

    def read_answer(answer: MessageReader) -> tuple[Extract, ...]:
        return read_extracts(answer, blob.limits)

    call = MessageWriter()
    call.text(_encoded_name(blob.name))
    call.text(blob.encoding or "")
    _write_limits(call, blob.limits)
    call.raw(blob.data)
    return Call("extract", call.data(), read_answer, blob.limits.seconds)


def _extract(call: MessageReader, may_start_programs: bool) -> bytes:
    name, encoding = _decoded_name(call.text(_MAX_LINE_LENGTH)), call.text(_MAX_LINE_LENGTH) or None
    limits = _read_limits(call)
    blob = Blob(name, call.raw(), encoding, limits)
    _check_programs(blob.data, blob.name, may_start_programs)
    answer = MessageWriter()
    write_extracts(answer, tuple(read(blob)))
    return answer.data()


def _check_programs(data: bytes, name: str, may_start_programs: bool) -> None:
    """Raise NeedsProgramError for a file of a LibreOffice format, unless LibreOffice may start."""
    from ..readers.libreoffice import KINDS, find_soffice  # late: loads the Word reader

    if not may_start_programs and kind_of(data, name) in KINDS and find_soffice():
        raise NeedsProgramError


# -- word segmentation -----------------------------------------------------------------------------


def segment_call(recorded: str, texts: list[str], seconds: float) -> Call[list[list[str]]]:
    """Return a call that segments texts into words.

    Args:
        recorded: the fingerprint of the segmenter that made the index, ``""`` for the best one.
        texts: the texts.
        seconds: the time limit.
    """

    def read_answer(answer: MessageReader) -> list[list[str]]:
        return _read_words(answer, texts)

    call = MessageWriter()
    call.text(recorded)
    call.texts(texts)
    return Call("segment", call.data(), read_answer, seconds)


def _write_words(message: MessageWriter, segmented: Sequence[Sequence[str]]) -> None:
    message.integers(map(len, segmented))
    message.categorical(word for words in segmented for word in words)


def _read_words(message: MessageReader, texts: Sequence[str]) -> list[list[str]]:
    """Read the words of each text; they must stand in it."""
    from ..index.scan import words_in_text  # late: loads NumPy

    longest = max(map(len, texts), default=0)
    counts = message.integers(0, _MAX_WORDS_PER_CHARACTER * longest, count=len(texts))
    words = message.categorical(longest, sum(counts), multiline=True)
    segmented = [words[start:end] for start, end in pairwise(accumulate(counts, initial=0))]
    for words_of_text, text in zip(segmented, texts, strict=True):
        located = sum(1 for _ in words_in_text(words_of_text, text))
        if not all(words_of_text) or located < len(words_of_text):
            raise MessageError("words that do not stand in the text")
    return segmented


def _segment(call: MessageReader, may_start_programs: bool) -> bytes:
    segmented = segment_batch(call.text(_MAX_LINE_LENGTH), call.texts(1 << 40, multiline=True))
    answer = MessageWriter()
    _write_words(answer, segmented)
    return answer.data()


def texts_to_cut(sentences: Iterable[Sentence]) -> list[str]:
    """Return what of each sentence is cut into words: its beginning, without spaces.

    Example:
        >>> texts_to_cut([Sentence(1, "办案 12 件。", 0, 9)])
        ['办案12件。']
    """
    texts = squeeze_all([sentence.text for sentence in sentences])
    return [text[:LONGEST_CUT] for text in texts]


# -- tables of a shard -----------------------------------------------------------------------------


def rows_call(
    tables: Mapping[str, bytes],
    counts: Sequence[int],
    limits: Limits,
    seconds: float,
    with_words: bool = True,
) -> Call[list[list[CutReport]]]:
    """Return a call that reads the reports of a shard from its Parquet tables.

    Args:
        tables: the content of the files by name.
        counts: the number of reports of each file that was read.
        limits: the limits for a file.
        seconds: the time limit.
        with_words: whether the words of the sentences are read; otherwise there are none.
    """

    def read_answer(answer: MessageReader) -> list[list[CutReport]]:
        from ..bulk.shard_tables import CutReport  # late: a search must not load the parser

        files = []
        for count in counts:
            reports = read_reports(answer, limits)
            if len(reports) != count:
                raise MessageError("not the reports of this file")
            words = [
                _read_words(answer, texts_to_cut(one.document.sentences)) if with_words else []
                for one in reports
            ]
            files.append([CutReport(*pair) for pair in zip(reports, words, strict=True)])
        return files

    call = MessageWriter()
    call.integer(with_words)
    call.integers(counts)
    for name, data in tables.items():
        call.text(name)
        call.raw(data)
    return Call("rows", call.data(), read_answer, seconds)


def _rows(call: MessageReader, may_start_programs: bool) -> bytes:
    from ..bulk.shard_tables import TABLES, unpacked  # late: only for bulk reading

    with_words = bool(call.integer(0, 1))
    counts = call.integers(0, 1 << 40)
    reports = unpacked({call.text(_MAX_LINE_LENGTH): call.raw() for _ in TABLES})
    if sum(counts) != len(reports):
        raise ReadError("its tables do not have the reports that were written")
    answer = MessageWriter()
    for start, end in pairwise(accumulate(counts, initial=0)):
        write_reports(answer, tuple(one.prepared for one in reports[start:end]))
        for one in reports[start:end] if with_words else ():
            _write_words(answer, one.words)
    return answer.data()


# -- the worker itself -----------------------------------------------------------------------------


def confinement_call() -> Call[Confinement]:
    """Return a call that asks which confinement is in force in a worker."""

    def read_answer(answer: MessageReader) -> Confinement:
        limits, no_new_privs, seccomp = (bool(v) for v in answer.integers(0, 1, count=3))
        return Confinement(limits, no_new_privs, answer.integer(0, 1000), seccomp)

    return Call("confinement", b"", read_answer, 30.0)


TASKS: Mapping[str, Callable[[MessageReader, bool], bytes]] = {
    "prepare": _prepare,
    "extract": _extract,
    "segment": _segment,
    "rows": _rows,
}
"""The tasks of a worker by name; each gets the arguments, and whether it may start programs."""


def _write_limits(message: MessageWriter, limits: Limits) -> None:
    message.text(json.dumps(asdict(limits)))


def _read_limits(message: MessageReader) -> Limits:
    return Limits(**json.loads(message.text(_MAX_LINE_LENGTH)))


def _encoded_name(name: str) -> str:
    """Return a file name as ASCII text; a name that is not valid Unicode can be sent so too."""
    return json.dumps(name)


def _decoded_name(name: str) -> str:
    return str(json.loads(name))


ANSWER, ERROR, FAILURE, NEEDS_PROGRAM = range(4)
"""The kinds of an answer, its first integer: a result, an error of ours, any other exception, or
a file that needs LibreOffice."""
_MAX_CALL_BYTES = 1 << 40
_MAX_CORES = 4
"""Processor seconds allowed for each second of the time limit, as libraries start threads."""


def main(scratch: str, memory_bytes: str, file_bytes: str, program: str, *readable: str) -> None:
    """Read calls from standard input and write answers to standard output until input ends.

    Args:
        scratch: the only folder that this process may write to.
        memory_bytes: the memory limit of this process.
        file_bytes: the size limit of a file that it writes.
        program: the only program that it may start, ``""`` for none.
        readable: files and folders that it may read.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller gets Ctrl-C too, and ends us
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    devnull = os.open(os.devnull, os.O_RDWR)
    os.dup2(devnull, 0)
    os.dup2(devnull, 1)  # what a library prints must not mix with answers
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
            call = MessageReader(receive(calls, _MAX_CALL_BYTES))
            task = call.text(100)
            limit_cpu(_MAX_CORES * call.real(0, 1e9))
            data = call.raw(_MAX_CALL_BYTES)
        except EOFError:
            return
        try:
            answer = _answer(task, data, in_force, may_start_programs=bool(program))
        except MemoryError:
            return  # the process may be in a broken state; the caller starts a new one
        try:
            send(answers, answer)
        except BrokenPipeError:  # the caller has ended
            os._exit(0)


def _answer(task: str, data: bytes, in_force: Confinement, may_start_programs: bool) -> bytes:
    answer = MessageWriter()
    try:
        if task == "confinement":
            answer.integer(ANSWER)
            answer.integers((in_force.limits, in_force.no_new_privs, in_force.seccomp))
            answer.integer(in_force.landlock)
            return answer.data()
        result = TASKS[task](MessageReader(data), may_start_programs)
        answer.integer(ANSWER)
        return answer.data() + result
    except MemoryError:
        raise
    except NeedsProgramError:
        answer.integer(NEEDS_PROGRAM)
    except Exception as error:
        is_ours = isinstance(error, GongwenError)
        answer.integer(ERROR if is_ours else FAILURE)
        answer.text(type(error).__name__)
        answer.text(" ".join(str(error).split()) if is_ours else "")
    return answer.data()


@cache
def segmenter(recorded: str) -> Segmenter:
    """Return the segmenter of a library, loaded once in a process.

    Args:
        recorded: the fingerprint of the segmenter that made the index, ``""`` for the best one.
    """
    return segmenter_for(recorded, load_userdict(shipped("userdict.txt")))


def segment_batch(recorded: str, texts: list[str]) -> list[list[str]]:
    """Return the words of each text; only the first ``LONGEST_CUT`` characters are segmented."""
    cut = segmenter(recorded).cut
    return [cut(text[:LONGEST_CUT]) for text in texts]
