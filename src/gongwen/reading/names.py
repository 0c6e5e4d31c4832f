"""Names of files, as messages can show them."""

from __future__ import annotations

import contextlib
import os
import re

_UNSEEN = re.compile("[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would break a line, turn its direction, or cannot be written."""
_UNDECODED = re.compile("[\udc80-\udcff]")


def shown(name: str) -> str:
    """Return the name of a file as messages show it: on one line, what is unseen escaped.

    A name that the file system holds in GB18030 is shown in its characters.
    """
    if _UNDECODED.search(name):
        with contextlib.suppress(UnicodeError):
            name = os.fsencode(name).decode("gb18030")
    return _UNSEEN.sub(lambda match: ascii(match[0])[1:-1], name)
