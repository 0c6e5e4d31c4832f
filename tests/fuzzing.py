"""What must take any bytes, and a program that tries them.

``python tests/fuzzing.py all --minutes 30 --seed 1`` changes good inputs from a seed, each target
in a process of its own, and prints what was tried and found; ``python tests/fuzzing.py pdf
--atheris -max_total_time=60`` lets Atheris drive the same target by coverage. An input passes when
it is taken or refused by an error of ours, in 5 seconds of processor time and 1 GB of memory.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import hashlib
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from mutating import mutated

from gongwen.nlp.document.blocks import Block, BlockKind
from gongwen.nlp.errors import GongwenError
from gongwen.readers.base import Blob, Limits

if TYPE_CHECKING:
    from gongwen import Library

LIMITS = Limits(file_bytes=4 << 20, unpacked_bytes=16 << 20, characters=2_000_000, seconds=5)
SECONDS = 5.0
"""Processor time that one input may take."""
MEMORY = 1 << 30
"""Bytes by which one input may make the process grow."""
Target = Callable[[bytes], None]


def reading(name: str) -> Target:
    """Return a target that reads bytes as a file of that name and parses what it gives."""

    def target(data: bytes) -> None:
        from gongwen.readers.detect import read

        with _no_hidden_fault():
            for extract in read(Blob(name, data, None, LIMITS)):
                assert "\ufffd" not in extract.text
                _check_blocks(extract.text, extract.blocks)
                splitting(extract.text.encode("utf-8"))

    return target


@contextlib.contextmanager
def _no_hidden_fault() -> Iterator[None]:
    """Raise what a reader has turned into an error of ours if it comes from our own code."""
    try:
        yield
    except GongwenError as error:
        cause = error.__cause__
        if cause and not isinstance(cause, GongwenError | RecursionError | MemoryError | OSError):
            last = traceback.extract_tb(cause.__traceback__)[-1]
            if "cannot be read (" in str(error) and _is_ours(last.filename):
                raise cause from None
        raise


def _is_ours(filename: str) -> bool:
    return "site-packages" not in filename and ("gongwen" in filename or "/nlp/" in filename)


def _check_blocks(text: str, blocks: Sequence[Block]) -> None:
    """Say that blocks ascend and do not overlap, and lie in the text."""
    end = 0
    for block in blocks:
        assert end <= block.start < block.end <= len(text), (block, end, len(text))
        end = block.end


def splitting(data: bytes) -> None:
    """Split a text; the sentences must cover it."""
    from gongwen.nlp import parse_document

    text = data.decode("utf-8", "replace")
    end = 0
    for sentence in parse_document(text).sentences:
        assert sentence.start >= end and _is_unseen(text[end : sentence.start], end)
        assert text[sentence.start : sentence.end] == sentence.text
        end = sentence.end
    assert _is_unseen(text[end:], end)


def _is_unseen(gap: str, start: int) -> bool:
    """Say whether what is left out between sentences is not seen, or an accent without a letter."""
    from gongwen.nlp.text.ordinary import invisible, lookalikes

    if not gap.strip():
        return True
    left = "".join(char for char in gap if lookalikes().get(char, char)).strip()
    accent = bool(start) and gap[:1] not in (*invisible(), "") and lookalikes().get(gap[0]) == ""
    return not left and not accent


def folding(data: bytes) -> None:
    """Fold a text; offsets must survive."""
    from gongwen.nlp.text.normalize import fold, squeeze

    text = data.decode("utf-8", "replace")
    assert len(fold(text)) == len(text)
    assert squeeze(squeeze(text)) == squeeze(text)


def figures(data: bytes) -> None:
    """Read the figures of a text; each must stand in it, and be a row of the table."""
    from gongwen.nlp import extract_figures

    text = data.decode("utf-8", "replace")
    for figure in extract_figures(text):
        assert text[figure.start : figure.end] == figure.raw
        json.dumps(figure.value)


def checking(data: bytes) -> None:
    """Check the arithmetic of a text."""
    from gongwen.nlp import check_text

    for finding in check_text(data.decode("utf-8", "replace")):
        assert finding.end > finding.start


@cache
def _library() -> Library:
    import gongwen

    folder = tempfile.mkdtemp(prefix="fuzzing-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = gongwen.open(Path(folder) / "library")
    library.add([Path(__file__).parent.parent / "seeds/reports/wugong-2020.txt"])
    return library


def asking(data: bytes) -> None:
    """Parse a query, plan it, and search a small library."""
    for hit in _library().search(data.decode("utf-8", "replace"), limit=3, counts=["topic"]).hits:
        assert hit.text


def containing(suffix: str) -> Target:
    """Return a target that reads every file of an archive or mail as ``add`` does."""

    def target(data: bytes) -> None:
        from gongwen.readers.files import Source, find_sources, load

        _unpack_here()
        with _file(data, f"x{suffix}") as path:
            for source in find_sources([path], LIMITS):
                if not isinstance(source, Source):
                    _one_line(source)
                    continue
                try:
                    reading(source.name)(load(source, LIMITS)[0])
                except GongwenError as error:
                    _one_line(error)

    return target


@cache
def _unpack_here() -> None:
    """Let this process unpack, in place of one of its own for each input."""
    from gongwen.readers import unpack_task
    from gongwen.readers.unpacked import Unpacked

    def run(self: Any, kind: str, program: Path | None) -> None:
        limits, folder = self._limits, self._folder
        output = unpack_task.Output(folder, limits.members, limits.unpacked_bytes)
        index = unpack_task.unpack(kind, self._name, folder, output, program, limits.seconds)
        (folder / unpack_task.INDEX).write_text(json.dumps(index), "ascii")
        self._read_index()

    Unpacked._run = run  # type: ignore[method-assign]


def mending(data: bytes) -> None:
    """Decode a text by every rule for damaged ones, and mend it."""
    from gongwen.nlp import parse_document
    from gongwen.readers import mojibake
    from gongwen.readers.base import Extract
    from gongwen.readers.damage import document_notes, inspect, no_text_reason, seen_in_page
    from gongwen.readers.plain_text import decode

    mojibake.decode_seven_bit(data)
    mojibake.decode_mixed(data)
    mojibake.decode_chinese(data)
    with contextlib.suppress(GongwenError):
        decode(data, "x.txt")
    text = data.decode("utf-8", "replace")
    seen = seen_in_page(text)
    no_text_reason(text)
    given = _some_blocks(text, len(data))
    try:
        found = inspect(Extract(text, blocks=tuple(given), seen=seen), Blob("x.txt", data))
    except GongwenError as error:
        _one_line(error)
        return
    _check_blocks(found.text, found.blocks)
    for note in (*found.notes, *document_notes(parse_document(found.text[:20_000]))):
        assert "\n" not in note


def ordinary_form(data: bytes) -> None:
    """Put a text into ordinary characters; each must lead back to where it came from."""
    from gongwen.nlp.text.ordinary import is_ordinary, ordinary

    text = data.decode("utf-8", "replace")
    found = ordinary(text)
    offsets = found.offsets()
    assert offsets == sorted(offsets) and all(0 <= at < len(text) for at in offsets)
    assert not is_ordinary(text) or found.text == text
    assert len(found.visible(0, len(found.text))) <= len(text)
    size = len(found.text)
    for at in {0, size // 3, size // 2, size - 1} & set(range(size)):
        start, end = found.span(at, at + 1)
        assert start < end and found.position(start) <= at


def pages(data: bytes) -> None:
    """Tell the lines of pages from those of the report, with and without blocks."""
    from gongwen.nlp.document.page_furniture import with_contents, without_page_furniture
    from gongwen.nlp.document.page_text import lines_of_page, page_blocks

    text = data.decode("utf-8", "replace")
    lines_of_page(text.split("\n"))
    for given in ([], _some_blocks(text, len(data))):
        left, blocks, notes = without_page_furniture(text, given)
        assert len(left) <= len(text) and not any("\n" in note for note in notes)
        _check_blocks(left, blocks)
        _check_blocks(left, page_blocks(left, blocks))
        _check_blocks(left, with_contents(left, blocks))


def _some_blocks(text: str, seed: int) -> list[Block]:
    """Return blocks for some of the lines of a text, of all kinds."""
    chosen = random.Random(seed)
    kinds: tuple[BlockKind, ...] = get_args(BlockKind)
    found = list[Block]()
    for line in re.finditer("[^\n]+", text):
        if chosen.random() < 0.4 and line[0].strip():
            found.append(Block(*line.span(), chosen.choice(kinds), page=len(found) // 9))
    return found


def labels(data: bytes) -> None:
    """Read labelled sentences in every format."""
    from gongwen.nlp.topics.labels import load_labels
    from gongwen.nlp.topics.taxonomy import Taxonomy

    for suffix in (".jsonl", ".json", ".csv", ".tsv", ".xlsx", ".txt"):
        with _file(data, f"x{suffix}") as path:
            try:
                load_labels([path], Taxonomy.shipped())
            except GongwenError as error:
                _one_line(error)


def topics(data: bytes) -> None:
    """Read a taxonomy."""
    from gongwen.nlp.topics.taxonomy import Taxonomy

    with _file(data, "topics.toml") as path:
        Taxonomy.load(path)


def synonyms(data: bytes) -> None:
    """Read synonyms, and use them."""
    from gongwen.nlp.seeds import load_synonyms

    with _file(data, "synonyms.toml") as path:
        found = load_synonyms([path])
    for word in found.words_in("法律顾问与行政复议"):
        found.of(word)


def importing(data: bytes) -> None:
    """Read an export; every bad line is named."""
    from gongwen.transfer.jsonl_format import read_moved

    with _file(data, "x.jsonl") as path:
        for _ in read_moved(path):
            pass


def models(data: bytes) -> None:
    """Read a model and tag with it."""
    from gongwen.nlp.topics.classifier import TopicClassifier

    with _file(data, "0001.npz") as path:
        for tag in TopicClassifier.load(path).predict_topics(["全县办理行政复议案件4件。"]):
            assert 0 <= tag.probability <= 1


def cards(data: bytes) -> None:
    """Read what lies beside a model: its labels, texts and topics, and which model is active."""
    from gongwen.storage.models import _LABELS, _TEXTS, _TOPICS, ModelStore

    with _file(b"", "0001.npz") as path:
        for suffix in (_LABELS, _TEXTS, _TOPICS):
            path.with_suffix(f".{suffix}").write_bytes(data)
        (path.parent / "active").write_bytes(data[:10])
        store = ModelStore(path.parent)
        for use in (lambda: store.active, lambda: store.labels(1), lambda: store.taxonomy(1)):
            try:
                use()
            except GongwenError as error:
                _one_line(error)


class _file:  # noqa: N801
    """A file with these bytes, gone with its folder when it is left."""

    def __init__(self, data: bytes, name: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="fuzzing-")
        self._path = Path(self._folder) / name
        self._path.write_bytes(data)

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _one_line(error: GongwenError) -> None:
    assert "\n" not in str(error), f"an error of several lines: {error}"


TARGETS: dict[str, Target] = {
    "query": asking,
    "parser": splitting,
    "fold": folding,
    "figures": figures,
    "check": checking,
    "ordinary": ordinary_form,
    "pages": pages,
    "mend": mending,
    "text": reading("x.txt"),
    "markdown": reading("x.md"),
    "html": reading("x.html"),
    "mhtml": reading("x.mht"),
    "docx": reading("x.docx"),
    "altchunk": reading("x.docx"),
    "ofd": reading("x.ofd"),
    "eml": reading("x.eml"),
    "msg": reading("x.msg"),
    "pdf": reading("x.pdf"),
    "xlsx": reading("x.xlsx"),
    "csv": reading("x.csv"),
    "jsonl": reading("x.jsonl"),
    "json": reading("x.json"),
    "zip": containing(".zip"),
    "tar": containing(".tar"),
    "gzip": containing(".txt.gz"),
    "mail": containing(".eml"),
    "labels": labels,
    "topics": topics,
    "synonyms": synonyms,
    "import": importing,
    "model": models,
    "card": cards,
}


def tried(name: str, data: bytes, measured: bool = True) -> tuple[float, int]:
    """Give an input to a target.

    Args:
        name: the target.
        data: the input.
        measured: whether its memory is held against what is allowed; its time is only told, and
            what hangs is ended by the limit of the process.

    Returns:
        The processor time in seconds, and the bytes by which the process grew.

    Raises:
        AssertionError: something was wrong that is no error of ours, or it cost too much.
    """
    before, began = _most_memory(), time.process_time()
    try:
        TARGETS[name](data)
    except GongwenError as error:
        _one_line(error)
    took, grew = time.process_time() - began, _most_memory() - before
    if not measured:
        return took, grew
    assert grew < MEMORY, f"took {grew >> 20} MB of memory"
    return took, grew


def _most_memory() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10


# --- the program ----------------------------------------------------------------------------


class Report:
    """What was tried on one target, and what was found."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.tried, self.worst, self.most = 0, 0.0, 0
        self.found: dict[str, str] = {}

    def keep(self, data: bytes, error: BaseException) -> None:
        """Keep an input that shows a fault; of faults at one place the first is kept."""
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if _is_ours(frame.filename)] or frames
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
        kind = f"{type(error).__name__} at {where}: {str(error)[:200]!r}"
        key = f"{type(error).__name__} {where}"
        if key not in self.found:
            self.folder.mkdir(exist_ok=True)
            file = self.folder / f"{self.name}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
            file.write_bytes(data)
            self.found[key] = f"{kind}\n    {file}"

    def line(self, seconds: float) -> str:
        return (
            f"{self.name:9} {self.tried:8} inputs {seconds / 60:6.2f} CPU min"
            f"  worst {self.worst:5.2f} s {self.most >> 20:5} MB  {len(self.found)} found"
        )


def run(name: str, seconds: float, seed: int, folder: Path, most: int) -> Report:
    """Try changed inputs on a target: so many, or for so many seconds of processor time."""
    from fuzzseeds import good_inputs

    report, chosen = Report(name, folder), random.Random(f"{name} {seed}")
    good = good_inputs(name)
    for data in good:  # what is loaded at the first use is no cost of an input
        with contextlib.suppress(Exception):
            TARGETS[name](data)
    current = folder / f"{name}-running.bin"
    folder.mkdir(exist_ok=True)
    began = time.process_time()
    while report.tried < most and time.process_time() - began < seconds:
        data = mutated(good, chosen)
        current.write_bytes(data)
        report.tried += 1
        try:
            with processor_time(4 * SECONDS):
                took, grew = tried(name, data)
            if took > report.worst:
                (folder / f"{name}-slowest.bin").write_bytes(data)
            report.worst, report.most = max(report.worst, took), max(report.most, grew)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            report.keep(data, error)
    current.unlink()
    return report


@contextlib.contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """Interrupt what goes on for ever: after so much time of this process, however busy all is."""

    def late(_signal: int, _frame: Any) -> None:
        raise TimeoutError("goes on without an end")

    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return
    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _child(name: str, seconds: float, seed: int, folder: Path, most: int, sender: Any) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (3 * MEMORY, 3 * MEMORY))
        hard = int(seconds + 20 * SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
    except ImportError:
        pass
    began = time.process_time()
    report = run(name, seconds, seed, folder, most)
    sender.send(
        (report.line(time.process_time() - began), report.tried, list(report.found.values()))
    )


def main() -> int:
    """Run the mutator, or Atheris, over one target or all of them."""
    import multiprocessing

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--minutes", type=float, default=1.0, help="of processor time, in all")
    parser.add_argument("--inputs", type=int, default=10**9, help="most of each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--found", type=Path, default=Path("fuzzed"), help="folder for bad inputs")
    parser.add_argument("--atheris", action="store_true", help="the rest is for Atheris")
    options, rest = parser.parse_known_args()
    if options.atheris:
        import atheris

        atheris.instrument_all()
        atheris.Setup([sys.argv[0], *rest], lambda data: tried(options.target, data) and None)
        atheris.Fuzz()
        return 0
    names = list(TARGETS) if options.target == "all" else [options.target]
    inputs = faults = 0
    for name in names:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("spawn")
        seconds = options.minutes * 60 / len(names)
        arguments = (name, seconds, options.seed, options.found, options.inputs, sender)
        process = context.Process(target=_child, args=arguments)
        process.start()
        sender.close()
        try:
            line, count, found = receiver.recv()
        except EOFError:
            process.join()
            kept = options.found / f"{name}-running.bin"
            line, count = f"{name:9} the process ended with {process.exitcode}", 0
            found = [f"the process is gone\n    {kept}"]
        process.join()
        print(line, *found, sep="\n  ", flush=True)
        inputs, faults = inputs + count, faults + len(found)
    print(f"{inputs} inputs, seed {options.seed}: {faults} found")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
