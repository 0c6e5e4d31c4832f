"""The other end of :mod:`.workers`: answers calls until its input ends."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any

from .workers import receive, send


def main(memory_bytes: int) -> None:
    """Answer calls from standard input on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller is interrupted, and ends us
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)  # a library that prints must not speak in between
    _limit_memory(memory_bytes)
    while True:
        try:
            function, arguments = receive(calls)
        except EOFError:
            return
        try:
            answer: tuple[Any, bool] = function(*arguments), False
        except MemoryError:
            return  # what is left of the process is not worth keeping
        except Exception as error:
            answer = error, True
        try:
            send(answers, answer)
        except BrokenPipeError:  # the caller is gone
            os._exit(0)


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(ValueError, OSError):
        # Data, not address space: libraries map far more than they use.
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


if __name__ == "__main__":
    main(int(sys.argv[1]))
