"""gongwen (公文): read Chinese government reports, tag every sentence, and find them again.

::

    import gongwen

    library = gongwen.open("my-reports")
    library.add(["reports/"])
    for hit in library.search("法律顾问", topics=["enforcement"], limit=20):
        print(hit.text, hit.report.title, hit.section)

Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .library import Library, open
    from .nlp.errors import (
        GongwenError,
        LibraryError,
        ModelError,
        NewerLibraryError,
        QueryError,
        ReadError,
        SeedError,
        TrainingError,
        UnknownNameError,
    )
    from .recovery.repair import Repaired, repair
    from .results import FileOutcome, Hit, Report, Results, StoredSentence


try:
    from .nlp import lazy_names
except ModuleNotFoundError:  # a checkout without symbolic links
    from .checkout import find_folders

    find_folders()
    from .nlp import lazy_names


__version__ = "0.1.0"

_HOME = {
    "library": ("Library", "open"),
    "recovery.repair": ("Repaired", "repair"),
    "results": ("FileOutcome", "Hit", "Report", "Results", "StoredSentence"),
    "nlp.errors": (
        "GongwenError",
        "LibraryError",
        "ModelError",
        "NewerLibraryError",
        "QueryError",
        "ReadError",
        "SeedError",
        "TrainingError",
        "UnknownNameError",
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "FileOutcome",
    "GongwenError",
    "Hit",
    "Library",
    "LibraryError",
    "ModelError",
    "NewerLibraryError",
    "QueryError",
    "ReadError",
    "Repaired",
    "Report",
    "Results",
    "SeedError",
    "StoredSentence",
    "TrainingError",
    "UnknownNameError",
    "__version__",
    "open",
    "repair",
]

__getattr__ = lazy_names(__name__, _MODULE_OF)
