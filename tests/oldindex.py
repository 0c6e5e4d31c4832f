"""Turn the index of a library into one that an older version wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gongwen.index.column_writer import CODED_COLUMNS, TAG_COLUMNS, strings
from gongwen.index.row_files import RowFiles


def make_old(index: Path, version: int = 5) -> None:
    """Write the rows as formats 2 to 5 did, an array a file, and name them in the manifest.

    Args:
        index: the folder of an index that was fed once, so that its rows are in the order of the
            documents of its postings.
        version: the format; 2 and 3 have no groups of near-copies, and no text without marks.
    """
    path = index / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    rows = RowFiles.of_manifest(index, manifest["rows"]).read()
    folder = index / "rows-1-1"
    folder.mkdir()
    texts = {"": rows.text, "digit": rows.digits}
    if version > 3:
        texts |= {"bare": rows.bare, "bare-digit": rows.bare_digits}
    arrays = {
        "ids": rows.ids,
        "lengths": rows.lengths,
        "probability": rows.probability,
        "digit-rows": rows.digit_rows,
        "gram-keys": rows.bigrams.keys,
        "gram-counts": rows.bigrams.counts,
        "frequency": rows.unit_counts,
    } | {name: rows.codes(name) for name in (*CODED_COLUMNS, *TAG_COLUMNS)}
    for name, joined in texts.items():
        arrays[{"": "text", "digit": "digits"}.get(name, name)] = joined.units
        arrays[f"{name}-starts".removeprefix("-")] = joined.starts
    for name, unmarked in ("bare", rows.bare), ("bare-digit", rows.bare_digits):
        if name in texts:
            arrays[f"{name}-marks"] = unmarked.marks
    if version > 3 and rows.copy_groups is not None:
        arrays |= {"copy-keys": rows.rows.column("copy_key"), "copy-groups": rows.copy_groups}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    values = dict(rows.values) | {"heading": strings(rows.headings)}
    facts = [rows.facts[report] for report in rows.values["report"]]
    values |= {"region": [fact[0] for fact in facts], "year": [fact[1] for fact in facts]}
    (folder / "values.json").write_text(json.dumps(values), "utf-8")
    path.write_text(json.dumps(manifest | {"format": version, "rows": folder.name}), "utf-8")
