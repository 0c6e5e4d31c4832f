"""The words of all sentences of a library, in the order of the text, as arrays of numbers.

Sentences are cut with the segmenter of the library and the terms of ``seeds/vocabulary/words.txt``
into words that do not overlap. (The index has shorter words inside long ones as well, which would
count a part of a text twice.) Cutting takes about a second for 20,000 sentences, so the result is
kept in ``index/words.npz`` beside the index. The file is derived like the index: it names the
generation of the store that it belongs to, only sentences that it does not have are cut anew, and
it can be deleted. In a library that cannot be written to, the words are cut every time.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..nlp.atomic_write import write_whole
from ..nlp.errors import GongwenError
from ..nlp.text.normalize import squeeze_offsets
from ..storage.index_sync import Progress, quiet

if TYPE_CHECKING:
    from ..nlp.text.segmenter import Segmenter
    from ..storage.store import Store

MARK = 0
"""The number of any run of marks between two words."""
_FORMAT = 1
_FILE = Path("index") / "words.npz"
_TOLD_EVERY = 1000
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged file may raise."""


@dataclass(frozen=True, slots=True)
class WordTokens:
    """The words of a library.

    Attributes:
        words: every word once, folded; the first, ``""``, stands for marks.
        shown: each of them as texts mostly wrote it when it was first cut (``GDP`` for ``gdp``).
        tokens: (n,) the number of each word and mark in ``words``, in the order of the text.
        starts: (rows + 1,) where the tokens of each sentence begin.
        ids: (rows,) the id of each sentence, ascending.
        reports: (rows,) the number of its report in ``names``.
        names: the ids of the reports.
    """

    words: list[str]
    shown: list[str]
    tokens: NDArray[np.int32]
    starts: NDArray[np.int64]
    ids: NDArray[np.int64]
    reports: NDArray[np.int32]
    names: list[str]

    def rows(self, ids: Sequence[int]) -> NDArray[np.bool_]:
        """Return (rows,) whether each sentence is one of ``ids``."""
        return np.isin(self.ids, np.asarray(ids, np.int64))

    def row_of_token(self) -> NDArray[np.int64]:
        """Return (n,) the sentence of each token."""
        return np.repeat(np.arange(len(self.ids)), np.diff(self.starts))


def word_tokens(
    store: Store, folder: Path, terms: Sequence[str], progress: Progress = quiet
) -> WordTokens:
    """Return the words of a library, from its file where that is up to date.

    Args:
        store: the store, inside a snapshot.
        folder: the folder of the library.
        terms: words that are not cut, beside those of the user dictionary.
        progress: told of every thousand sentences that are cut (``words``).
    """
    recorded = store.index_segmenter
    digest = zlib.crc32("\n".join(terms).encode())
    key = {"format": _FORMAT, "version": __version__, "library": store.id,
           "segmenter": recorded, "terms": digest}  # fmt: skip
    known, generation = _load(folder / _FILE, key)
    if known is not None and generation == store.generation:
        return known
    made = _cut(store, known, _segmenter(recorded, terms), progress)
    if not store.read_only:
        # The file only saves time: a full disk or a missing right is no reason not to answer.
        with contextlib.suppress(OSError, GongwenError):
            _save(folder / _FILE, made, key | {"generation": store.generation})
    return made


def _segmenter(recorded: str, terms: Sequence[str]) -> Segmenter:
    # late: needed only where sentences are cut
    from ..nlp.seeds import load_userdict, shipped
    from ..nlp.text.segmenter import segmenter_for  # late: as above

    return segmenter_for(recorded, [*load_userdict(shipped("userdict.txt")), *terms])


def tokens_of(text: str, segmenter: Segmenter) -> list[tuple[str, str]]:
    """Return the words of a sentence in order, with ``""`` for each run of marks between them.

    Returns:
        Each word folded, and as the text has it.

    Example:
        >>> from gongwen.nlp.text.segmenter import JiebaSegmenter
        >>> tokens_of("提高ＧＤＰ。", JiebaSegmenter())
        [('提高', '提高'), ('gdp', 'ＧＤＰ'), ('', '')]
    """
    # late: needed only where sentences are cut
    from ..nlp.text.segmenter import is_word
    from ..readers.base import LONGEST_CUT  # late: likewise

    found: list[tuple[str, str]] = []
    squeezed, offsets = squeeze_offsets(text)
    at = 0
    for start in range(0, len(squeezed), LONGEST_CUT):
        for token in segmenter.split(squeezed[start : start + LONGEST_CUT]):
            if is_word(token):
                places = dict.fromkeys(offsets[at : at + len(token)])  # Ⅳ is two letters of one
                found.append((token, "".join(text[place] for place in places)))
            elif token.strip() and (not found or found[-1][0]):
                found.append(("", ""))
            at += len(token)
    return found


def _cut(
    store: Store, known: WordTokens | None, segmenter: Segmenter, progress: Progress
) -> WordTokens:
    """Return the words of all sentences; those of sentences in ``known`` are taken from there."""
    numbers: dict[str, int] = {"": MARK}
    at: Mapping[int, int] = {}
    if known is not None:
        numbers = {word: n for n, word in enumerate(known.words)}
        at = {id_: row for row, id_ in enumerate(known.ids.tolist())}
    forms: dict[str, Counter[str]] = {}
    names: dict[str, int] = {}
    rows: list[tuple[int, int, int, int]] = []  # id, report, and its part of ``tokens``
    tokens = array("i", [] if known is None else known.tokens.tobytes())
    total = store.count_changed(0)
    # One report after the other, as the snapshot of the store has them.
    sentences = (one for report in store.report_ids() for one in store.sentences_of(report))
    for n, sentence in enumerate(sentences):
        if n % _TOLD_EVERY == 0:
            progress("words", n, total)
        row = at.get(sentence.id)
        if row is not None and known is not None:
            first, end = int(known.starts[row]), int(known.starts[row + 1])
        else:
            first = len(tokens)
            for token, form in tokens_of(sentence.text, segmenter):
                tokens.append(numbers.setdefault(token, len(numbers)))
                forms.setdefault(token, Counter())[form] += 1
            end = len(tokens)
        report = names.setdefault(sentence.report, len(names))
        rows.append((sentence.id, report, first, end))
    progress("words", total, total)
    rows.sort()
    table = np.array(rows, np.int64).reshape(-1, 4)
    lengths = table[:, 3] - table[:, 2]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    # The place in ``tokens`` of every token of the rows in their new order.
    places = np.arange(starts[-1]) + np.repeat(table[:, 2] - starts[:-1], lengths)
    ordered = np.frombuffer(tokens, np.int32)[places] if len(tokens) else np.zeros(0, np.int32)
    ids, reports = table[:, 0].copy(), table[:, 1].astype(np.int32)
    shown = [""] if known is None else known.shown
    shown = shown + [forms[word].most_common(1)[0][0] for word in [*numbers][len(shown) :]]
    made = WordTokens([*numbers], shown, ordered, starts, ids, reports, [*names])
    return _without_unused(made)


def _without_unused(found: WordTokens) -> WordTokens:
    """Return the same without words that no sentence has any more."""
    used = np.bincount(found.tokens, minlength=len(found.words)) > 0
    used[MARK] = True
    if used.all():
        return found
    new = np.cumsum(used, dtype=np.int32) - 1
    kept = np.flatnonzero(used).tolist()
    return WordTokens(
        [found.words[n] for n in kept], [found.shown[n] for n in kept],
        new[found.tokens].astype(np.int32), found.starts, found.ids, found.reports, found.names,
    )  # fmt: skip


def _save(path: Path, found: WordTokens, key: Mapping[str, Any]) -> None:
    arrays: dict[str, NDArray[Any]] = {
        "key": _bytes(json.dumps(key)),
        "words": _bytes(json.dumps(found.words)),
        "shown": _bytes(json.dumps(found.shown)),
        "names": _bytes(json.dumps(found.names)),
        "tokens": found.tokens.astype("<i4"),
        "starts": found.starts.astype("<i8"),
        "ids": found.ids.astype("<i8"),
        "reports": found.reports.astype("<i4"),
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(f"{name}.npy", part.getbuffer())
    if path.parent.is_dir():
        write_whole(path, whole.getvalue())


def _load(path: Path, key: Mapping[str, Any]) -> tuple[WordTokens | None, int]:
    """Return what the file holds and its generation, ``None`` when it cannot be used."""
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = json.loads(_text(file["key"]))
            if {name: stored[name] for name in key} != dict(key):
                return None, 0
            words, shown, names = (json.loads(_text(file[n])) for n in ("words", "shown", "names"))
            tokens, starts, ids, reports = (file[n] for n in ("tokens", "starts", "ids", "reports"))
            found = WordTokens(words, shown, tokens, starts, ids, reports, names)
            return (found, int(stored["generation"])) if _is_sound(found) else (None, 0)
    except _UNREADABLE:
        return None, 0


def _is_sound(found: WordTokens) -> bool:
    """Return whether the arrays fit together, so that no index is out of bounds."""
    rows = len(found.ids)
    texts = found.words, found.shown, found.names
    if not all(isinstance(one, list) and all(isinstance(s, str) for s in one) for one in texts):
        return False
    return bool(
        found.words[:1] == [""]
        and len(found.words) == len(found.shown)
        and found.tokens.dtype == np.int32
        and found.starts.dtype == np.int64 and found.ids.dtype == np.int64
        and found.tokens.ndim == found.starts.ndim == found.ids.ndim == 1
        and len(found.starts) == rows + 1 and found.reports.shape == (rows,)
        and found.starts[0] == 0 and found.starts[-1] == len(found.tokens)
        and (np.diff(found.starts) >= 0).all() and (np.diff(found.ids) > 0).all()
        and _within(found.tokens, len(found.words)) and _within(found.reports, len(found.names))
    )  # fmt: skip


def _within(codes: NDArray[np.int32], count: int) -> bool:
    return not len(codes) or bool(codes.min() >= 0 and codes.max() < count)


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _text(data: NDArray[np.uint8]) -> str:
    return data.tobytes().decode()
