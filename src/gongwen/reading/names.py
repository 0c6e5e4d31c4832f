"""Names of files, as messages can show them."""

from __future__ import annotations

import contextlib
import os
import re

from ..nlp.cleaning import visible

_UNDECODED = re.compile("[\udc80-\udcff]")


def shown(name: str) -> str:
    """Return the name of a file as messages show it: on one line, what is unseen escaped.

    A name that the file system holds in GB18030 is shown in its characters.
    """
    if _UNDECODED.search(name):
        with contextlib.suppress(UnicodeError):
            name = os.fsencode(name).decode("gb18030")
    return visible(name, lines=False)
