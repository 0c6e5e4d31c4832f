"""What pyproject.toml promises: extras, platforms, license, and what an archive holds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gongwen.checkout import folders

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
REQUIRED = [Requirement(line) for line in PROJECT["dependencies"]]
OPTIONAL = [Requirement(line) for lines in EXTRAS.values() for line in lines]
COMMAND = re.compile(r"""pip install (?:-e )?(?:(['"])(?P<quoted>.+?)\1|(?P<bare>[\w.-]+))""")


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every page and every source file that says something to a user or developer."""
    sources = [ROOT / "src" / "gongwen", ROOT / "benchmarks", *folders()]
    for path in [*ROOT.glob("*.md"), *(p for folder in sources for p in folder.rglob("*"))]:
        if path.suffix in (".py", ".md", ".toml") and path.is_file():
            yield path, path.read_text("utf-8")


def test_what_is_said_to_be_installed_can_be_installed() -> None:
    """By a name that pyproject.toml depends on, or from the checkout with an extra that exists."""
    known = {need.name for need in (*REQUIRED, *OPTIONAL)} - {"gongwen"}
    seen = set()
    for path, text in texts():
        assert "gongwen[" not in text, f"{path}: gongwen stands on no registry"
        for command in COMMAND.finditer(text):
            what = command["quoted"] or command["bare"]
            seen.add(what)
            if extra := re.fullmatch(r"\.\[([a-z,]+)\]", what):
                assert set(extra[1].split(",")) <= set(EXTRAS), f"{path}: {what}"
            else:
                assert what == "." or what in known, f"{path}: {what}"
        for extra in re.findall(r"extra `+([a-z]+)`", text):
            assert extra in EXTRAS, f"{path}: {extra}"
    assert {".", ".[test]", ".[bench]", "openpyxl", "pypdfium2", "rjieba", "selectolax"} <= seen


def test_an_extra_names_only_extras_that_exist() -> None:
    for need in OPTIONAL:
        assert need.name != "gongwen" or (need.extras and need.extras <= set(EXTRAS))


BOTH, ONE, NONE = {"pypdfium2", "selectolax"}, {"pypdfium2"}, set[str]()


@pytest.mark.parametrize(
    ("system", "machine", "wheels"),
    [
        ("linux", "x86_64", BOTH),
        ("linux", "aarch64", BOTH),
        ("linux", "armv7l", ONE),
        ("linux", "riscv64", ONE),
        ("darwin", "arm64", BOTH),
        ("darwin", "x86_64", BOTH),
        ("win32", "AMD64", BOTH),
        ("win32", "ARM64", BOTH),
        ("linux", "loongarch64", NONE),
        ("linux", "mips64", NONE),
        ("linux", "ppc64", NONE),
        ("linux", "armv6l", NONE),
        ("linux", "", NONE),
        ("freebsd14", "amd64", NONE),
        ("emscripten", "wasm32", NONE),
    ],
)
def test_compiled_readers_are_required_where_they_have_wheels(
    system: str, machine: str, wheels: set[str]
) -> None:
    """Elsewhere pip would download and build them, and the installation would fail with it."""
    there = {"sys_platform": system, "platform_machine": machine}
    needs = [need for need in REQUIRED if need.name in (*BOTH, "openpyxl")]
    left = {need.name for need in needs if not need.marker or need.marker.evaluate(there)}
    assert left == wheels | {"openpyxl"}


def test_every_dependency_says_what_it_is_for() -> None:
    source = (ROOT / "pyproject.toml").read_text("utf-8")
    [body] = re.findall(r"^dependencies = \[\n(.*?)^\]", source, re.MULTILINE | re.DOTALL)
    lines = body.splitlines()
    for need in REQUIRED:
        [at] = [n for n, line in enumerate(lines) if re.match(rf' *"+{need.name}[>=]', line)]
        assert "#" in lines[at] or lines[at - 1].lstrip().startswith("#"), need.name


def test_the_license_is_named_and_written_out() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert PROJECT["license-files"] == ["LICENSE", "models/vectors-license.txt"]
    assert "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text
    [author] = PROJECT["authors"]
    assert f"Copyright 2026 {author['name']}" in text
    of_vectors = (ROOT / "models" / "vectors-license.txt").read_text("utf-8")
    assert of_vectors.count("Permission is hereby granted, free of charge") == 2
    assert PROJECT["keywords"] and set(PROJECT["urls"]) >= {"Homepage", "Issues"}


def test_a_source_archive_holds_the_tests_and_all_they_read() -> None:
    held = set(PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"])
    linked = {
        link.removeprefix("./").split("/")[0]
        for page in ROOT.glob("*.md")
        for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text("utf-8"))
    }
    read = {"src", "tests", ".ci", "LICENSE", *(folder.name for folder in folders())}
    assert linked | read | {page.name for page in ROOT.glob("*.md")} <= held
    assert all((ROOT / name).exists() for name in held)
