"""What must take any bytes: readers, splitter, fold, query parser, importer.

:func:`bad_inputs` gives bytes that are nearly right, by which the tests try them. Run as a program
with the name of a target, Atheris drives it by coverage instead, for as long as its own options say
(``python tests/fuzzing.py pdf -max_total_time=60``).
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from gongwen.index.plan import without_boilerplate
from gongwen.index.query import parse_query
from gongwen.movedlines import read_moved
from gongwen.nlp import parse_document
from gongwen.nlp.errors import GongwenError, ReadError
from gongwen.nlp.fold import fold, squeeze
from gongwen.reading.kinds import read
from gongwen.reading.records import Blob, Limits

LIMITS = Limits(file_bytes=4 << 20, unpacked_bytes=16 << 20, characters=2_000_000, seconds=5)
_SPICE = (
    "。！？；：“”‘’（）《》【】[]()\"'一二三、（一）1.①\u3000\u00a0\u2028\ufeff\x00\t\n-*"
    "OR NOT topic:"
)


def reading(name: str) -> Callable[[bytes], None]:
    """Return a target that reads bytes as a file of that name and parses what it gives."""

    def target(data: bytes) -> None:
        try:
            for extract in read(Blob(name, data, None, LIMITS)):
                assert "\ufffd" not in extract.text
                extract.text.encode("utf-8")
                splitting(extract.text.encode("utf-8"))
        except ReadError as error:
            assert "\n" not in str(error)

    return target


def splitting(data: bytes) -> None:
    """Split a text; the sentences must cover it."""
    text = data.decode("utf-8", "replace")
    end = 0
    for sentence in parse_document(text).sentences:
        assert sentence.start >= end and not text[end : sentence.start].strip()
        assert text[sentence.start : sentence.end] == sentence.text
        end = sentence.end
    assert not text[end:].strip()


def folding(data: bytes) -> None:
    """Fold a text; offsets must survive."""
    text = data.decode("utf-8", "replace")
    assert len(fold(text)) == len(text)
    assert squeeze(squeeze(text)) == squeeze(text)


def asking(data: bytes) -> None:
    """Parse a query; whatever is typed is a query or too long."""
    try:
        without_boilerplate(parse_query(data.decode("utf-8", "replace")))
    except GongwenError as error:
        assert "\n" not in str(error)


def importing(data: bytes) -> None:
    """Read an export; every bad line is named."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(data)
        file.flush()
        try:
            for _ in read_moved(Path(file.name)):
                pass
        except ReadError as error:
            assert file.name in str(error)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "text": reading("x.txt"),
    "html": reading("x.html"),
    "docx": reading("x.docx"),
    "pdf": reading("x.pdf"),
    "csv": reading("x.csv"),
    "jsonl": reading("x.jsonl"),
    "xlsx": reading("x.xlsx"),
    "splitter": splitting,
    "fold": folding,
    "query": asking,
    "importer": importing,
}


def bad_inputs(good: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield ``count`` inputs that are nearly like the ``good`` ones.

    Bytes are changed, cut out, doubled and put elsewhere, parts of two inputs are joined, and the
    characters that mean something to us are strewn in.
    """
    chosen = random.Random(seed)
    for number in range(count):
        data = bytearray(chosen.choice(good))
        if number % 50 == 0:
            data = bytearray(chosen.randbytes(chosen.randrange(600)))
        for _ in range(chosen.choice((1, 1, 2, 4, 16, 64))):
            at = chosen.randrange(len(data) + 1)
            size = chosen.choice((1, 1, 2, 4, 16, 256, 4096))
            act = chosen.randrange(7)
            if act == 0 and at < len(data):
                data[at] = chosen.randrange(256)
            elif act == 1:
                del data[at : at + size]
            elif act == 2:
                data[at:at] = data[at : at + size] * chosen.choice((1, 2, 8))
            elif act == 3:
                piece = "".join(chosen.choices(_SPICE, k=chosen.randint(1, 6)))
                data[at:at] = piece.encode()
            elif act == 4:
                other = chosen.choice(good)
                start = chosen.randrange(len(other) + 1)
                data[at : at + size] = other[start : start + size]
            elif act == 5:
                data[at : at + size] = bytes(min(size, 64))
            else:
                del data[at:]
        yield bytes(data)


if __name__ == "__main__":
    import atheris

    atheris.instrument_all()
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()
