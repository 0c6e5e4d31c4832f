"""Print what became of the files that were added: the file is always named, failures stand last."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..catalog import _, labelled, ngettext
from .options import relative
from .output import (
    note,
    piped,
    print_json,
    print_lines,
    print_table,
    say,
    table,
    width,
)
from .styled_lines import fold_line, line_of

if TYPE_CHECKING:
    from ..results import FileOutcome

_MAX_LISTED = 40
"""Files up to which all are listed; of more, only those that need attention."""


def print_results(outcomes: Sequence[FileOutcome], format: str, wide: bool = False) -> Counter[str]:
    """Print the outcome of each file, and return the number of files by outcome."""
    counts: Counter[str] = Counter(outcome.status for outcome in outcomes)
    if format == "json":
        print_json({"files": [outcome.to_dict() for outcome in outcomes], "counts": dict(counts)})
    else:
        _print_outcomes(outcomes, wide)
    sys.stdout.flush()
    return counts


def counted(counts: Iterable[tuple[str, int]]) -> list[str]:
    """Return how many files or reports had each outcome, in the language of the user."""
    message = _("{count} {status}")
    return [message.format(count=count, status=_(status)) for status, count in counts]


def _print_outcomes(outcomes: Sequence[FileOutcome], wide: bool) -> None:
    """Print the outcomes as a table, those that failed last; of many files only what needs a look.

    What is to be known of the files that were added follows in full. In a pipe every file has a
    line of its own.

    Args:
        outcomes: what became of each file.
        wide: whether all of many files are listed.
    """
    ordered = sorted(outcomes, key=lambda one: one.status == "failed")
    if piped():
        rows = table(_("File"), _("Outcome"), _("Report"), _("Sentences"), _("Remark"))
        for one in ordered:
            size = str(one.sentences or "")
            rows.add_row(one.source, outcome_name(one.status), one.report, size, reason_of(one))
        print_table(rows)
        return
    every = wide or len(ordered) <= _MAX_LISTED
    shown = [one for one in ordered if every or one.message or one.status in ("copy", "failed")]
    if shown:
        rows = table(_("File"), _("Outcome"), _("Report"), _("Sentences"), flowing=0)
        rows.columns[3].justify = "right"
        for one in shown:
            added = one.status in ("added", "replaced")
            said = "" if added else reason_of(one)
            rows.add_row(
                "\n  ".join(part for part in (relative(one.source), said) if part),
                outcome_name(one.status),
                "" if one.status == "failed" else one.report,
                str(one.sentences or ""),
            )
        print_table(rows)
    for one in shown:
        if one.message and one.status in ("added", "replaced"):
            line = line_of(labelled(one.report, reason_of(one)))
            print_lines(fold_line(line, width(), 2))
    if hidden := len(ordered) - len(shown):
        names = [one.status for one in ordered if one not in shown]
        counts = _(", ").join(
            f"{outcome_name(status)} {names.count(status)}" for status in sorted(set(names))
        )
        message = ngettext(
            "{count} more file ({counts}); --wide lists it",
            "{count} more files ({counts}); --wide lists them",
            hidden,
        )
        say(message.format(count=hidden, counts=counts))


def list_failures(outcomes: Iterable[FileOutcome]) -> bool:
    """Note the files that failed, with their names in full; return whether there are any.

    They are not noted again where a table with them was just printed to the same terminal.
    """
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        for one in failed:
            message = _("failed: {file}: {reason}")
            note(message.format(file=one.source, reason=reason_of(one)))
    return bool(failed)


def reason_of(outcome: FileOutcome) -> str:
    """Return the message of an outcome without the name of its file in front."""
    from ..translation import in_language, without_place  # late: help has no outcomes

    return in_language(without_place(outcome.message, outcome.source))


def outcome_name(status: str) -> str:
    """Return what became of a file in words."""
    names = {
        "added": _("added"),
        "replaced": _("replaced"),
        "unchanged": _("unchanged"),
        "copy": _("copy"),
        "failed": _("failed"),
        "read": _("read"),
    }
    return names.get(status, status)
