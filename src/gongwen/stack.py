"""Tell whether a function is still running: how locks and transactions survive an interruption.

Ctrl-C can end a function at any line, also between taking something and noting that it was taken,
or just before it is given back. So whoever holds a lock or a transaction is remembered by its
frame: once that frame has left the stack of its thread, nobody will give it back any more, and
the next user does.
"""

from __future__ import annotations

import sys
import threading
from types import FrameType


def is_running(frame: FrameType | None, thread: int | None = None) -> bool:
    """Say whether ``frame`` is on the stack of a thread.

    Args:
        frame: of a function that is no generator; one of those leaves the stack at every yield.
        thread: the thread's ident; the calling thread by default.
    """
    if frame is None:
        return False
    if thread is None or thread == threading.get_ident():
        at: FrameType | None = sys._getframe(1)
    else:
        at = sys._current_frames().get(thread)
    while at is not None:
        if at is frame:
            return True
        at = at.f_back
    return False
