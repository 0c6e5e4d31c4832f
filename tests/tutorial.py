"""Run the tutorial notebook, and keep what its cells show.

``python -m tests.tutorial`` at the root of a checkout runs docs/tutorial.ipynb and writes it with
the new outputs; do so after a change that shows in them. The test runs it too and compares.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"
_PICTURE_NUMBERS = re.compile(r"(\d+\.\d{2})\d+")
_SVG_HEAD = re.compile(r"<metadata>.*?</metadata>|<\?xml.*?\?>|<!DOCTYPE.*?>", re.DOTALL)


def run() -> Any:
    """Return the notebook after running it in a kernel of its own, which imports this checkout.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    import nbformat
    from nbclient import NotebookClient

    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT / "src"), *([before] if before else []), *filter(None, sys.path)]
    )
    try:
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return _tidy(notebook)


def _tidy(notebook: Any) -> Any:
    """Return the notebook without what differs from run to run, and with short pictures."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        if "outputs" in cell:  # without warnings, as of fonts that are not on this machine
            cell.outputs = [one for one in cell.outputs if one.get("name") != "stderr"]
        for output in cell.get("outputs", ()):
            output.pop("metadata", None)
            if output.output_type != "stream":
                output["metadata"] = {}
            if svg := output.get("data", {}).get("image/svg+xml"):
                short = _PICTURE_NUMBERS.sub(r"\1", _SVG_HEAD.sub("", svg))
                output.data["image/svg+xml"] = short.strip()
    return notebook


def shown(notebook: Any) -> Iterator[tuple[str, list[str], str]]:
    """Yield for each code cell its source, the kinds of its outputs, and their plain text.

    The text of tables and pictures is left out: it belongs to other packages.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            kinds, text = [], ""
            for output in cell.outputs:
                data = output.get("data", {})
                kinds += sorted(data) or [output.output_type]
                text += output.get("text", "")
                if "image/svg+xml" not in data and "dataframe" not in data.get("text/html", ""):
                    text += data.get("text/plain", "")
            yield cell.source, kinds, text


def main() -> None:
    """Run the notebook and write it."""
    import nbformat

    nbformat.write(run(), NOTEBOOK)
    print(f"{NOTEBOOK}: {NOTEBOOK.stat().st_size >> 10} KB")


if __name__ == "__main__":
    main()
