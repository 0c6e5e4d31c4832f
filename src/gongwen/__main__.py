"""``python -m gongwen`` is the command line.

``python -m`` lets modules be imported from the current folder, which may hold other people's files;
that is taken back before anything else is imported. By then this package itself was found: in a
folder that may hold one of that name, use the command ``gongwen`` or ``python -P -m gongwen``.
"""

import os  # as every Python has loaded it, before it looks into the current folder
import sys

try:
    _here = os.getcwd()  # noqa: PTH109 (pathlib could be imported from there)
except OSError:  # it was removed
    _here = ""
sys.path[:] = [entry for entry in sys.path if entry not in ("", _here)]

from .cli import main  # noqa: E402

if __name__ == "__main__":
    main()
