"""The other end of :mod:`.workers`: confines itself, then answers calls until its input ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .sandbox.confinement import Confinement, Profile, confine, limit_cpu
from .tasks import TASKS, NeedsProgramError
from .wire import Reader, Writer, receive, send

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
        from .nlp.errors import GongwenError

        ours = isinstance(error, GongwenError)
        answer.integer(ERROR if ours else FAILURE)
        answer.text(type(error).__name__)
        answer.text(" ".join(str(error).split()) if ours else "")
    return answer.data()
