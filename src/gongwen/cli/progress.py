"""A progress bar on standard error, on a terminal only."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(units: dict[str, str]) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that is told ``(what, done, total)``; ``units`` names what is counted."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description:<9}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} {task.fields[unit]}"),
        TextColumn("{task.fields[more]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        tasks: dict[str, TaskID] = {}
        begun = time.monotonic()

        def tell(what: str, done: int, total: int) -> None:
            if what == "sentences":  # beside the files that they come from
                rate = done / max(time.monotonic() - begun, 0.1)
                bar.update(tasks["reading"], more=f"{done} sentences, {rate:.0f}/s")
                return
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, unit=units.get(what, ""), more="")
            bar.update(tasks[what], completed=done, total=total)

        yield tell
