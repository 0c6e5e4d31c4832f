"""Run commands that fail at a chosen call, each in a fork of a process that has all loaded."""

from __future__ import annotations

import gc
import io
import json
import os
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gongwen
from gongwen.cli import app, main
from gongwen.nlp import Taxonomy
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.topics.classifier import TopicClassifier

from .noise import noise
from .preload import Action, Call, Faults, read_trace
from .scenarios import SCENARIOS, Begin, Scenario
from .state import State, names_of, state_of

_HANGS_SECONDS = 120
_STRINGS = ("“整改事项”", "“行政复议案件”")


@dataclass(slots=True)
class Ran:
    """What a command did: exit code (negative: the signal that killed it) and output."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Result:
    """What became of one point, and what is wrong with that."""

    scenario: str
    number: int
    action: str
    call: str
    outcome: str
    findings: list[str] = field(default_factory=list)
    err: str = ""


class Zygote:
    """Everything loaded; forks run the points.

    Args:
        folder: is worked in.
        names: of the scenarios that are to be run.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self._faults = Faults()
        self._begin = Begin(folder)
        self._begin.make()
        self._work = folder / "work"
        self._known: dict[str, tuple[State, State, dict[str, int], list[Call]]] = {}
        os.environ["GONGWEN_LIBRARY"] = str(self._work / "library")
        os.environ["HOME"] = os.environ["GONGWEN_CONFIG"] = str(self._work / "user")
        os.environ["COLUMNS"] = "160"
        self._warm(names)
        # The commands, and what ships and is only read, are there already in a fork.
        command = app.whole()
        assert all(command.commands.values())  # each is made when it is looked up
        app.whole = lambda: command
        topics, classifier = Taxonomy.shipped(), TopicClassifier.shipped()
        Taxonomy.shipped = lambda: topics  # type: ignore[method-assign]
        TopicClassifier.shipped = lambda: classifier  # type: ignore[method-assign]
        gc.collect()
        gc.freeze()

    def _warm(self, names: Sequence[str]) -> None:
        """Run every command once here, so that a fork finds all modules and models loaded."""
        for scenario in SCENARIOS:
            if scenario.name not in names:
                continue
            self._prepare(scenario)
            here, streams, argv = Path.cwd(), (sys.stdout, sys.stderr), sys.argv
            sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
            os.chdir(self._work)
            sys.argv = ["gongwen", *self._arguments(scenario)]
            try:
                main()
            except SystemExit as end:
                assert not end.code, (scenario.name, sys.stderr.getvalue())
            finally:
                os.chdir(here)
                (sys.stdout, sys.stderr), sys.argv = streams, argv

    def _arguments(self, scenario: Scenario) -> list[str]:
        return [part.format(files=self._begin.files) for part in scenario.command]

    def _prepare(self, scenario: Scenario) -> None:
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir()
        begin = self._begin.path(scenario.begin)
        if begin.exists():
            shutil.copytree(begin, self._work / "library")
        for name in scenario.old:
            (self._work / name).parent.mkdir(exist_ok=True)
            (self._work / name).write_text("# old\n", "utf-8")

    def calls(self, scenario: Scenario) -> list[Call]:
        """Return the calls of a command that nothing happens to."""
        return self._reference(scenario)[3]

    def _reference(self, scenario: Scenario) -> tuple[State, State, dict[str, int], list[Call]]:
        if scenario.name not in self._known:
            self._prepare(scenario)
            before, names = state_of(self._work), names_of(self._work)
            path = self._folder / "trace"
            trace = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            ran = self._run(scenario, 0, Action.nothing, trace)
            os.close(trace)
            assert ran.code == 0, (scenario.name, ran)
            after = state_of(self._work)
            for name, count in names_of(self._work).items():
                names[name] = max(names.get(name, 0), count)
            self._known[scenario.name] = before, after, names, read_trace(path)
        return self._known[scenario.name]

    # -- one point -------------------------------------------------------------------------

    def point(self, scenario: Scenario, call: Call, action: Action) -> Result:
        """Let ``action`` happen at ``call`` of a command, and look what has become of all."""
        before, after, names, _ = self._reference(scenario)
        self._prepare(scenario)
        ran = self._run(scenario, call.number, action)
        result = Result(
            scenario.name, call.number, action.name, f"{call.name} {call.path}", "", [], ran.err
        )
        tell = result.findings.append
        killed = ran.code == -signal.SIGKILL
        result.outcome = (
            "killed" if killed else {0: "completed", 130: "stopped"}.get(ran.code, "error")
        )
        if not killed:
            _check_said(ran, action, tell)
        try:
            now = state_of(self._work)
        except Exception as error:
            tell(f"state cannot be read: {type(error).__name__}: {error}")
            return result
        _check_state(scenario, ran, before, after, now, tell)
        self._check_next(scenario, before, after, now, names, tell)
        return result

    def _run(self, scenario: Scenario, number: int, action: Action, trace: int = -1) -> Ran:
        out, err = self._folder / "out", self._folder / "err"
        child = os.fork()
        if not child:
            code = 70
            try:
                code = self._victim(scenario, number, action, trace, out, err)
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        return Ran(code, out.read_text("utf-8"), err.read_text("utf-8"))

    def _victim(
        self, scenario: Scenario, number: int, action: Action, trace: int, out: Path, err: Path
    ) -> int:
        for path, descriptor in ((out, 1), (err, 2)):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, descriptor)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.alarm(_HANGS_SECONDS)
        os.chdir(self._work)
        sys.argv = ["gongwen", *self._arguments(scenario)]
        self._faults.arm(self._work, number, action, trace)
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            code = 71
        gc.collect()
        self._faults.disarm()
        sys.stdout.flush()
        sys.stderr.flush()
        return code

    # -- the next run ----------------------------------------------------------------------

    def _check_next(
        self,
        scenario: Scenario,
        before: State,
        after: State,
        now: State,
        names: dict[str, int],
        tell: Callable[[str], None],
    ) -> None:
        """Look at the library as the next user does, then run the command again."""
        if (self._work / "library" / "library.db").exists():
            for line in self._apart(lambda: _look(self._work / "library")):
                tell(f"afterwards: {line}")
        again = self._run(scenario, 0, Action.nothing)
        if again.code and not (scenario.refused and scenario.refused in again.err):
            tell(f"the next run exits with {again.code}: {again.err.strip()[-200:]}")
        try:
            then = state_of(self._work)
        except Exception as error:
            tell(f"after the next run the state cannot be read: {error}")
            return
        if scenario.repeats and again.code == 0:
            wrong = [part for part in {*after, *then} if after.get(part) != then.get(part)]
            if wrong:
                tell(f"after the next run other than it should be: {', '.join(sorted(wrong))}")
        left = {
            name: count
            for name, count in names_of(self._work).items()
            if count > names.get(name, 0) and (scenario.repeats or name not in names)
        }
        if left:
            tell(f"left behind: {', '.join(sorted(left))}")

    def _apart(self, look: Callable[[], list[str]]) -> list[str]:
        """Run ``look`` in a fork."""
        ear, mouth = os.pipe()
        child = os.fork()
        if not child:
            signal.alarm(_HANGS_SECONDS)
            try:
                found = look()
            except BaseException as error:
                found = [f"{type(error).__name__}: {' '.join(str(error).split())}"]
            os.write(mouth, json.dumps(found).encode())
            os._exit(0)
        os.close(mouth)
        with os.fdopen(ear, "rb") as told:
            said = told.read()
        _, status = os.waitpid(child, 0)
        return json.loads(said) if said else [f"a look at the library ends with {status}"]


def _check_said(ran: Ran, action: Action, tell: Callable[[str], None]) -> None:
    """Hold what a command printed against the rules."""
    lines = ran.err.splitlines()
    own = [line for line in lines if line.startswith("gongwen: ")]
    if (line := noise(ran.err)) or ran.code in (70, 71):
        tell(f"traceback or internal error: {line}")
    if ran.code < 0:
        tell(f"died by signal {-ran.code}" + (", it hung" if ran.code == -signal.SIGALRM else ""))
    if action is Action.interrupt:
        if ran.code not in (0, 130):
            tell(f"exit {ran.code} after Ctrl-C")
    elif ran.code not in (0, 1):
        tell(f"exit {ran.code}")
    elif ran.code == 1 and "something is wrong with the library" in ran.err:
        if re.search("reindex", ran.out):  # of status
            tell("advises to reindex")
    elif _is_partial(ran):
        pass
    elif ran.code == 1 and (len(own) != 1 or lines[-1] != own[0]):
        tell("no line that says what is wrong at the end")
    if ran.code == 0 and own:
        tell("exit 0 with an error")


def _is_partial(ran: Ran) -> bool:
    """Say whether an export says itself that it is not whole, and what it lacks."""
    return ran.code == 1 and "left out" in ran.err and "but for what is damaged" in ran.err


def _check_state(
    scenario: Scenario,
    ran: Ran,
    before: State,
    after: State,
    now: State,
    tell: Callable[[str], None],
) -> None:
    """Hold what is there against what was there and what was to be there."""
    parts = sorted({*before, *after, *now})
    changed = [part for part in parts if now.get(part) != before.get(part)]
    missing = [part for part in parts if now.get(part) != after.get(part)]
    # A library that was being made may be there without anything in it.
    torn = [
        part
        for part in changed
        if part in missing
        and not (part == "min_probability" and part not in before)
        and not (_is_partial(ran) and part.startswith("file "))
    ]
    if torn:
        tell(f"neither as before nor as wanted: {', '.join(torn)}")
    said = "stored" in ran.err or _is_partial(ran)
    if scenario.atomic and ran.code == 1 and changed and not missing and not said:
        tell("all of it was done, but that is not said")
    if ran.code == 0 and missing:
        tell(f"acknowledged, but not there: {', '.join(missing)}")
    if scenario.atomic and changed and missing and not _is_partial(ran):
        tell(f"done in part: {', '.join(changed)} but not {', '.join(missing)}")
    real = [part for part in changed if part.startswith(("report ", "trash ", "model ", "file "))]
    if "nothing was" in ran.err and real:
        tell(f"says that nothing was changed, but {', '.join(real)} did")
    if "reindex" in ran.err and ran.code == 1:
        tell("advises to reindex")
    reports = [part.removeprefix("report ") for part in changed if part.startswith("report ")]
    shown = re.findall(r" (?:added|replaced) +([^\s:]+)", ran.out)
    for report in shown:
        if f"report {report}" in missing:
            tell(f"printed as stored, but is not: {report}")
    if scenario.command[0] == "add" and ran.code == 1:
        silent = set(reports) - set(shown)
        if silent:
            tell(f"stored, but not said so: {', '.join(sorted(silent))}")
    for count in re.findall(r"after (\d+) of \d+ files", ran.err):
        if int(count) != len(reports):
            tell(f"says {count}, but {len(reports)} reports have changed")


def _look(folder: Path) -> list[str]:
    """Open the library as any user does; return what is wrong."""
    found: list[str] = []
    with gongwen.open(folder) as library:
        problems: Any = library.status(deep=True)["problems"]
        found += [f"status: {problem}" for problem in problems]
        stored = [s for report in library.reports() for s in library.sentences(report.id)]
        for string in _STRINGS:
            bare = squeeze(string.strip("“”"))
            wanted = {(s.report, s.n) for s in stored if bare in squeeze(s.text)}
            hits = {(h.report.id, h.n) for h in library.search(string, limit=10_000, group=False)}
            if hits != wanted:
                found.append(f"a search finds {len(hits)} of {len(wanted)} sentences")
        topics = {s.topic for s in stored if s.topic and s.kind != "boilerplate"}
        for topic in sorted(topics):
            wanted = {(s.report, s.n) for s in stored if topic in (s.topic, *s.also)}
            try:
                hits = {
                    (h.report.id, h.n)
                    for h in library.search(topics=topic, limit=10_000, group=False)
                }
            except gongwen.GongwenError:  # a topic of another model
                continue
            if hits != wanted:
                found.append(f"of topic {topic} a search finds {len(hits)} of {len(wanted)}")
    return found
