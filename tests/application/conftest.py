"""The command line as a function, for tests of what it prints and how it exits."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import typer.main

import gongwen
from gongwen.cli import main
from gongwen.nlp import Taxonomy
from gongwen.nlp.seeds import shipped
from gongwen.nlp.topics.classifier import TopicClassifier
from gongwen.nlp.topics.evaluation import cross_validate
from gongwen.nlp.topics.labels import load_labels
from gongwen.storage.models import ModelStore
from gongwen.training import model_comparison, train

SEED_REPORTS = Path(__file__).parents[2] / "seeds" / "reports"


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Ran]


_params = cache(typer.main.get_params_from_function)
_shipped_labels = cache(train._load_shipped)
_shipped_model = cache(TopicClassifier.shipped)


@pytest.fixture(scope="module", autouse=True)
def loaded_once() -> Iterator[None]:
    """Load once what hundreds of tests would load anew, and none of them changes.

    The options of the commands, the labels that ship, and the model that ships.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_params_from_function", _params)
        patch.setattr(train, "_load_shipped", lambda name: list(_shipped_labels(name)))
        patch.setattr(TopicClassifier, "shipped", staticmethod(_shipped_model))
        yield


@pytest.fixture
def gongwen_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], Command]:
    """Give a function that runs commands in the library of a folder."""

    def bind(library: Path) -> Command:
        def run(*arguments: str, stdin: bytes = b"") -> Ran:
            monkeypatch.setattr(sys, "argv", ["gongwen", *arguments])
            monkeypatch.setenv("GONGWEN_LIBRARY", str(library))
            monkeypatch.setenv("COLUMNS", "100")
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
            capsys.readouterr()
            try:
                main()
                code = 0
            except SystemExit as error:
                code = int(error.code or 0)
            out, err = capsys.readouterr()
            return Ran(code, out, err)

        return run

    return bind


@pytest.fixture(scope="session")
def seed_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a library that holds the seed report."""
    folder = tmp_path_factory.mktemp("cli") / "library"
    with gongwen.open(folder) as library:
        library.add([SEED_REPORTS])
    yield folder


@pytest.fixture(scope="session")
def real_library(
    shared_reports: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[gongwen.Library]:
    """A library that holds the real reports; tests only read it."""
    with gongwen.open(tmp_path_factory.mktemp("real") / "library") as library:
        outcomes = library.add(shared_reports)
        assert [outcome.status for outcome in outcomes] == ["added"] * 37
        yield library


@pytest.fixture(scope="session")
def label_count() -> int:
    """How many labels ship."""
    return len(load_labels([shipped("labels.jsonl")], Taxonomy.shipped()))


@pytest.fixture(params=["some", pytest.param("all", marks=pytest.mark.slow)])
def shipped_labels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a model be trained on every tenth of the labels that ship, or on all of them.

    In the first form it is cross-validated and calibrated on two folds instead of five, and the
    strengths of its parts are given instead of chosen.
    """
    if request.param == "some":
        every, stored = train._load_shipped, ModelStore.labels
        monkeypatch.setattr(train, "_load_shipped", lambda name: every(name)[::10])
        monkeypatch.setattr(
            ModelStore, "labels", lambda models, n: stored(models, n)[:: 1 if n else 10]
        )
        use_two_folds(monkeypatch, C=2.0, bayes=0.5)
    return str(request.param)


@pytest.fixture(params=["two folds", pytest.param("five folds", marks=pytest.mark.slow)])
def folds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let models be cross-validated and calibrated on two folds, or on five as elsewhere."""
    if request.param == "two folds":
        use_two_folds(monkeypatch)
    return str(request.param)


def use_two_folds(monkeypatch: pytest.MonkeyPatch, **strengths: float) -> None:
    """Cross-validate and calibrate on two folds, with strengths of the parts that are given."""
    monkeypatch.setattr(train, "cross_validate", partial(cross_validate, count=2))
    for module in (train, model_comparison):
        changed = partial(TopicClassifier, folds=2, **strengths)
        monkeypatch.setattr(module, "TopicClassifier", changed)


@pytest.fixture
def seed_cli(gongwen_in: Callable[[Path], Command], seed_folder: Path) -> Command:
    """Commands in the seed library; they only read."""
    return gongwen_in(seed_folder)


@pytest.fixture
def cli(gongwen_in: Callable[[Path], Command], tmp_path: Path) -> Command:
    """Commands in a library that does not exist yet."""
    return gongwen_in(tmp_path / "library")
