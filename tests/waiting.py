"""Waits for what another thread or process does, however long a busy machine takes for it."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], object]) -> None:
    """Return when ``holds()`` is true.

    There is no deadline, so a slow machine fails no test; one that waits for what never happens
    hangs.
    """
    while not holds():
        time.sleep(0.01)
