"""Model files: what goes in comes out, same content gives same bytes, and nothing in them runs."""

from __future__ import annotations

import io
import json
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongwen.nlp import TopicClassifier
from gongwen.nlp.errors import ModelError
from gongwen.nlp.topics.model_file import FORMAT, Array, read_model, write_model

META = {"kind": "test", "note": "法治", "classes": ["a", "b"]}
ARRAYS: dict[str, Array] = {
    "keys": np.arange(40, dtype=np.uint64),
    "coef": np.linspace(-1, 1, 80, dtype=np.float32).reshape(40, 2),
}
SHAPES = {"keys": ("u", 1), "coef": ("f", 2)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "my.model"
    write_model(path, META, ARRAYS)
    return path


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("model") / "my.model"
    write_model(path, META, ARRAYS)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forge(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "forged.model"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def npy(array: Array, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_what_goes_in_comes_out(path: Path) -> None:
    meta, arrays = read_model(path, SHAPES)
    assert meta == {"format": FORMAT, **META}
    assert set(arrays) == set(ARRAYS)
    for name, array in arrays.items():
        assert array.dtype == ARRAYS[name].dtype
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_numpy_reads_it_without_pickle(path: Path) -> None:
    with np.load(path, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["coef"], ARRAYS["coef"])


def test_same_content_same_bytes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.model"
    write_model(other, META, {name: array.copy(order="F") for name, array in ARRAYS.items()})
    assert other.read_bytes() == path.read_bytes()


def test_writing_replaces_in_one_step(path: Path) -> None:
    write_model(path, {"kind": "new"}, {})
    assert read_model(path, {})[0] == {"format": FORMAT, "kind": "new"}
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_failing_to_write_leaves_the_old_file(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(ValueError, match="Object arrays"):
        write_model(path, META, {"keys": np.array([{}], dtype=object)})
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"my\.model: no such model file"):
        read_model(tmp_path / "my.model", SHAPES)


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        read_model(tmp_path, SHAPES)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", "法治政府".encode(), pickle.dumps({"format": 1}), b"\x93NUMPY", b"\0" * 1000],
    ids=["empty", "two bytes", "text", "pickle", "npy", "zeros"],
)
def test_another_kind_of_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "my.model"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"my\.model: .*not a gongwen model"):
        read_model(path, SHAPES)


def test_a_newer_format_says_what_to_do(tmp_path: Path, members: dict[str, bytes]) -> None:
    newer = json.dumps({"format": FORMAT + 1}).encode()
    with pytest.raises(ModelError, match=rf"format {FORMAT + 1}.* reads {FORMAT}; update gongwen"):
        read_model(forge(tmp_path, {**members, "meta.json": newer}), SHAPES)


FORGED: dict[str, dict[str, bytes | None]] = {
    "no meta": {"meta.json": None},
    "meta is no JSON": {"meta.json": b"{"},
    "meta is no text": {"meta.json": b"\xff\xfe\xff"},
    "meta is a list": {"meta.json": b"[1]"},
    "meta is a number": {"meta.json": b"1"},
    "meta is nested without end": {"meta.json": b"[" * 100_000},
    "no format": {"meta.json": b"{}"},
    "format is text": {"meta.json": b'{"format": "1"}'},
    "format is a fraction": {"meta.json": b'{"format": 1.0}'},
    "an array is missing": {"coef.npy": None},
    "an array is cut short": {"coef.npy": npy(ARRAYS["coef"])[:-10]},
    "an array is empty": {"coef.npy": b""},
    "an array of another type": {"coef.npy": npy(np.zeros((40, 2), np.int64))},
    "an array of other dimensions": {"coef.npy": npy(np.zeros(80, np.float32))},
    "an array of text": {"keys.npy": npy(np.array(["a"]))},
    "an array of objects": {"keys.npy": npy(np.array([{}], object), allow_pickle=True)},
    "a pickle for an array": {"keys.npy": pickle.dumps([1])},
    "code for a type": {"keys.npy": header("{'descr': __import__('os'), 'shape': (1,)}\n")},
    "half a header": {"keys.npy": header("{'descr': '<u8', 'fortran_order'\n")},
    "an array said to be 7 TiB": {
        "keys.npy": header(
            "{'descr': '<u8', 'fortran_order': False, 'shape': (1000000000000,), }\n"
        )
    },
    "an array of a size beyond all": {
        "keys.npy": header(f"{{'descr': '<u8', 'fortran_order': False, 'shape': ({10**20},), }}\n")
    },
}


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_a_forged_file(
    tmp_path: Path, members: dict[str, bytes], changes: dict[str, bytes | None]
) -> None:
    forged = {name: data for name, data in {**members, **changes}.items() if data is not None}
    with pytest.raises(ModelError) as caught:
        read_model(forge(tmp_path, forged), SHAPES)
    assert str(caught.value).startswith("forged.model: ")
    assert "\n" not in str(caught.value)


def test_nothing_is_allocated_on_a_files_word(tmp_path: Path, members: dict[str, bytes]) -> None:
    claim = header("{'descr': '<u8', 'fortran_order': False, 'shape': (100000000,), }\n")
    path = forge(tmp_path, {**members, "keys.npy": claim})
    tracemalloc.start()
    try:
        with pytest.raises(ModelError):
            read_model(path, SHAPES)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("a pickle ran",)


@pytest.mark.parametrize("name", ["meta.json", "keys.npy", "coef.npy", "extra.pkl"])
def test_no_pickle_runs(
    tmp_path: Path, members: dict[str, bytes], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    array = np.empty(1, object)
    array[0] = Bomb()
    bomb = npy(array, allow_pickle=True) if name.endswith(".npy") else pickle.dumps(Bomb())
    path = forge(tmp_path, {**members, name: bomb})
    if name == "extra.pkl":
        assert read_model(path, SHAPES)[0]["kind"] == "test"  # what is not asked for is not read
    else:
        with pytest.raises(ModelError):
            read_model(path, SHAPES)
    assert capsys.readouterr().out == ""


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_that_ends_too_soon(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    short = path.with_name("short.model")
    short.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ModelError, match=r"short\.model"):
        read_model(short, SHAPES)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_is_noticed_or_harmless(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    flipped = path.with_name("flipped.model")
    flipped.write_bytes(content)
    try:
        meta, arrays = read_model(flipped, SHAPES)
    except ModelError:
        return
    assert meta == {"format": FORMAT, **META}
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_a_file_of_format_1_is_still_read() -> None:
    """The file was written when format 1 was made; it is never written anew."""
    model = TopicClassifier.load(Path(__file__).parents[1] / "data" / "format-1.npz")
    texts = ["全年执法检查30次", "复议案件上升", "普法讲座"]
    assert model.predict(texts).tolist() == ["enforcement", "reconsideration", "legal-publicity"]
    expected = [[0.9992, 0.0005, 0.0003], [0.0007, 0.0002, 0.9991], [0.0005, 0.9988, 0.0006]]
    np.testing.assert_allclose(model.predict_proba(texts), expected, atol=2e-3)
    assert model.meta_ == {"labels": 12}
    assert model.get_params()["keywords"]["enforcement"] == ["执法"]
