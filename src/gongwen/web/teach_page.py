"""The page that teaches: what to label next, training, comparing, choosing and undoing models."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _, gettext_noop, in_brackets
from ..library import Library
from ..nlp.errors import GongwenError, QueryError, UnknownNameError
from ..nlp.topics.taxonomy import Taxonomy
from ..nlp.validation import clean_line
from ..results import Correction, StoredSentence
from ..storage.models import SHIPPED
from .downloads import download, file_name
from .filters import checked, number
from .forms import RefusedForm, changing, text_of
from .jobs import Job, Tell
from .page_messages import page_message, without_commands
from .pages import TOPIC_KEYS, page, render, say, see, written
from .site import site_of

ROUND = 10
"""Sentences of one round of labelling."""
_LARGEST_ROUND = 100
_NEIGHBOURS = 2
_SHOWN_CHANGES = 200
"""Sentences that are listed of those whose topic a new model changes."""
_CHANGED = gettext_noop(
    "this correction was taken back or replaced meanwhile; look at the sentence"
)
_NO_TOPIC = gettext_noop("choose a topic, or skip the sentence")
_NOTHING_NEW = gettext_noop(
    "there is nothing new to learn from; label some sentences first, or choose a file of labels"
)
_NO_JOB = gettext_noop("this work is not known any more; the server has been started again")


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [
        page("/teach", _show),
        page("/teach/jobs/{job}", _job),
        page("/teach/models/{n:int}", _model),
        page("/teach/models/{n:int}.md", _card),
        changing("/teach/label", _label),
        changing("/teach/undo", _undo),
        changing("/teach/train", _train),
        changing("/teach/retag", _retag),
        changing("/teach/use", _use),
    ]


# -- labelling -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence that a person is asked about.

    Attributes:
        sentence: the sentence with its present tags.
        title: title of its report.
        before: neighbours in front.
        after: neighbours behind.
        guesses: slug and probability of the likeliest topics, the likeliest first.
    """

    sentence: StoredSentence
    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    guesses: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Undoable:
    """A correction that can be taken back.

    Attributes:
        report: id of the report.
        n: number of the sentence there.
        at: when it was made.
        after: how often its tags were said or taken back; it is taken back only if that is so yet.
        topic: slug of the topic that the sentence has from it.
    """

    report: str
    n: int
    at: str
    after: int
    topic: str


async def _show(request: Request) -> Response:
    """Show the next sentence of a round, and the models.

    The round stands in the address: ``queue`` has the places that are left, ``done`` how many
    were labelled, ``last`` the place that was labelled last.
    """
    site, params = site_of(request), request.query_params
    topic = checked(params.get("topic", "")).strip()
    size = number(params, "size", ROUND, 1, _LARGEST_ROUND)
    done = number(params, "done", 0)
    queue = _places(params.get("queue", ""))
    begins = params.get("start") == "1"
    if begins:
        found = await site.work(site.library.suggest, size, topic)
        queue = [(one.sentence.report, one.sentence.n) for one in found]
    last = _places(params.get("last", ""))[:1]
    undoable = await site.work(_undoable, site.library, *last[0]) if last else None
    question = await site.work(_question, site.library, queue[0]) if queue else None
    return render(
        request,
        "teach.html",
        question=question,
        queue=queue,
        waiting=_written(queue[1:]),
        undoable=undoable,
        again=_written(queue),
        done=done,
        size=size,
        topic=topic,
        ended=not queue and (begins or done > 0),
        keys=TOPIC_KEYS,
        **await site.work(_progress, site.library),
    )


def _progress(library: Library) -> dict[str, Any]:
    """Return what the page shows of corrections and models."""
    versions = library.models.versions()
    active = next(one for one in versions if one.active)
    corrections = library.corrections()
    new = [one for one in corrections if one.at > active.created] if active.created else corrections
    return {
        "taxonomy": library.taxonomy,
        "versions": versions,
        "active": active,
        "corrections": len(corrections),
        "new_corrections": len(new),
        "latest": [
            (one, _button(library, one), _title(library, one.report))
            for one in reversed(corrections[-ROUND:])
        ],
    }


def _title(library: Library, id_: str) -> str:
    """Return the title of a report, with its region and year where the title has them not."""
    try:
        report = library.report(id_)
    except UnknownNameError:  # it was removed
        return ""
    facts = [fact for fact in (report.region, str(report.year or "")) if fact not in report.title]
    return f"《{report.title}》" + (in_brackets(" ".join(facts)) if facts else "")


def _button(library: Library, correction: Correction) -> Undoable | None:
    """Return a correction of the list if its sentence still has its topics from it."""
    found = _undoable(library, correction.report, correction.n)
    return found if found and found.at == correction.at else None


def _undoable(library: Library, report: str, n: int) -> Undoable | None:
    """Return the correction that a sentence has its topics from, if there is one."""
    try:
        [sentence] = library.sentences(report, n, n)
        history = library.history(report, n)
    except UnknownNameError:  # the report was removed, or has become shorter
        return None
    standing = [one for one in history if one.taken_back is None]
    if not (standing and sentence.corrected and sentence.report == report):
        return None
    after = len(history) + len(history) - len(standing)
    return Undoable(report, n, standing[-1].correction.at, after, sentence.topic)


def _question(library: Library, place: tuple[str, int]) -> Question:
    report, n = place
    first = max(1, n - _NEIGHBOURS)
    around = library.sentences(report, first, n + _NEIGHBOURS)
    found = [one for one in around if one.n == n]
    if not found:
        raise UnknownNameError("sentence", f"{report}:{n}")
    sentence = found[0]
    [tag] = library.models.load().predict_topics([_Text(sentence.text, sentence.heading)])
    likely = sorted(tag.probabilities.items(), key=lambda one: -one[1])[:3]
    return Question(
        sentence,
        library.report(report).title,
        tuple(one.text for one in around if one.n < n),
        tuple(one.text for one in around if one.n > n),
        tuple(likely),
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """What the classifier sees of a sentence."""

    text: str
    heading: str


def _places(queue: str) -> list[tuple[str, int]]:
    """Return the places of a round: ``REPORT:N``, a line each.

    Raises:
        QueryError: it is no such list.
    """
    if len(queue) > 20_000:
        raise QueryError("a value of the address is too long; at most 20000 characters")
    places = []
    for line in filter(None, queue.split("\n")):
        report, _colon, n = line.strip().rpartition(":")
        if not (report and n.isascii() and n.isdecimal() and len(n) < 10):
            raise QueryError("the sentences of this round cannot be read; start a new round")
        places.append((report, int(n)))
    return places


def _written(queue: list[tuple[str, int]]) -> str:
    return "\n".join(f"{report}:{n}" for report, n in queue)


async def _label(request: Request, form: FormData) -> Response:
    """Correct a sentence, or skip it, and go on to the next one of the round."""
    site = site_of(request)
    topic, report, n = text_of(form, "label"), text_of(form, "report"), text_of(form, "n")
    if not (topic or "skip" in form):
        raise RefusedForm("label", _NO_TOPIC, "/teach")
    count, last = _count(form), ""
    if topic:
        [(report, place)] = _places(f"{report}:{n}")
        await site.work(
            site.library.correct,
            report,
            place,
            topic,
            also=[one for one in form.getlist("also") if isinstance(one, str) and one != topic],
            role=text_of(form, "role"),
            author=request.state.session.name,
            note=clean_line(text_of(form, "note", 500)),
        )
        count += 1
        last = f"{report}:{place}"
    return _on(form, text_of(form, "queue", 20_000), count, last)


async def _undo(request: Request, form: FormData) -> Response:
    """Take back a correction; the sentence that was labelled last is asked about again."""
    site, after = site_of(request), text_of(form, "after")
    [(report, n)] = _places(f"{text_of(form, 'report')}:{text_of(form, 'n')}")
    name = request.state.session.name

    def work() -> StoredSentence:
        with site.library.exclusively("correct"):  # nobody corrects it in between
            there = _undoable(site.library, report, n)
            if there is None or str(there.after) != after:
                raise HTTPException(409, _CHANGED)
            return site.library.undo_correction(report, n, author=name)

    sentence = await site.work(work)
    topic = written(site.library.taxonomy.topics.zh(sentence.topic))
    message = _("{place} is {name} again").format(place=f"{report}:{n}", name=topic)
    say(request, message)
    count, queue = _count(form), text_of(form, "queue", 20_000)
    if text_of(form, "again") == "1":
        queue, count = "\n".join(filter(None, (f"{report}:{n}", queue))), max(count - 1, 0)
    return _on(form, queue, count)


def _count(form: FormData) -> int:
    done = text_of(form, "done")
    return int(done) if done.isascii() and done.isdecimal() and len(done) < 6 else 0


def _on(form: FormData, queue: str, done: int, last: str = "") -> Response:
    """Send the browser on to the rest of a round."""
    return see(
        "/teach",
        queue=queue,
        done=str(done),
        size=text_of(form, "size"),
        topic=text_of(form, "of_topic"),
        last=last,
    )


# -- models ----------------------------------------------------------------------------------------


async def _train(request: Request, form: FormData) -> Response:
    """Start training on the corrections, and on the label files of the form."""
    site = site_of(request)
    given = [one for name in ("labels", "topics") for one in form.getlist(name) if _is_file(one)]
    if not given and await site.work(_nothing_new, site.library):
        raise RefusedForm("train", _NOTHING_NEW, "/teach")
    folder = Path(tempfile.mkdtemp(prefix="gongwen-labels-"))
    try:
        labels = [await _kept(one, folder) for one in form.getlist("labels") if _is_file(one)]
        own = [await _kept(one, folder) for one in form.getlist("topics") if _is_file(one)]
        force = text_of(form, "force") == "1"
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise

    def work(tell: Tell) -> Any:
        try:
            found = site.library.train(
                labels, topics=own[0] if own else None, force=force, progress=by_model(tell)
            )
            return found, site.library.models.taxonomy(found.version)
        except GongwenError as error:  # names the file as the user does
            raise GongwenError(str(error).replace(f"{folder}{os.sep}", "")) from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    job = site.jobs.start("train", work, by=request.state.session.name, answer=_trained_dict)
    return see(f"/teach/jobs/{job.id}")


def by_model(tell: Tell) -> Tell:
    """Return what tells the folds of the active model, measured second, as a task of their own.

    Args:
        tell: is told of every step of the tasks ``fold`` and ``fold-active``.

    Example:
        >>> told = by_model(lambda *step: print(*step))
        >>> told("fold", 1, 2); told("fold", 2, 2); told("fold", 1, 2)
        fold 1 2
        fold 2 2
        fold-active 1 2
    """
    last = 0
    second = False

    def told(task: str, done: int, total: int) -> None:
        nonlocal last, second
        if task == "fold":
            second = second or done < last
            last = done
        tell("fold-active" if second and task == "fold" else task, done, total)

    return told


def _nothing_new(library: Library) -> bool:
    """Return whether training without files would make the shipped model once more."""
    return library.models.active == SHIPPED and not library.corrections()


def _trained_dict(result: Any) -> dict[str, Any]:
    found, _taxonomy = result
    return {"activated": found.activated, "version": found.version}


def _is_file(value: Any) -> bool:
    return isinstance(value, UploadFile) and bool(value.filename)


async def _kept(file: Any, folder: Path) -> Path:
    """Write a file of a form to a folder under the last part of its own name."""
    name = clean_line(Path(file.filename.replace("\\", "/")).name)[-100:].strip(". ") or "labels"
    target = folder / name
    while target.exists():
        target = folder / f"_{target.name}"
    with target.open("xb") as out:
        while part := await file.read(1 << 20):
            out.write(part)
    return target


async def _retag(request: Request, form: FormData) -> Response:
    site = site_of(request)

    def work(tell: Tell) -> Any:
        found = [one for one in site.library.retag(tell) if one.another_topic]
        return len(found), found[:_SHOWN_CHANGES]

    by = request.state.session.name
    job = site.jobs.start("retag", work, by=by, answer=lambda found: found[0])
    return see(f"/teach/jobs/{job.id}")


async def _use(request: Request, form: FormData) -> Response:
    site, version = site_of(request), text_of(form, "version")
    if not (version.isascii() and version.isdecimal() and len(version) < 6):
        raise UnknownNameError("model", version)
    await site.work(site.library.use_model, int(version))
    say(request, _("model {number} is active; tag the reports anew with it").format(number=version))
    return see("/teach")


async def _job(request: Request) -> Response:
    """Show how far a job of this page is, and what it gave."""
    site = site_of(request)
    job = site.jobs.get(request.path_params["job"])
    if job is None or job.kind not in ("train", "retag"):
        raise HTTPException(404, _NO_JOB)
    job = job.now()
    shown: dict[str, Any] = {"trained": None, "changes": (), "changed": 0}
    if job.state == "done":
        shown |= _trained(job) if job.kind == "train" else _changed(job)
    taxonomy = await site.search(lambda: site.library.taxonomy)
    shown |= {"taxonomy": taxonomy, "error": page_message(job.error)}
    return render(request, "teach_job.html", job=job, **shown)


def _trained(job: Job) -> dict[str, Any]:
    """Return what the page shows of a trained model: lines, and the scores topic by topic."""
    # late: a search trains nothing
    from ..render.training_report import (
        decision,
        score_change,
        training_data,
        verdict,
        what_was_compared,
    )

    result, taxonomy = job.result
    old = {score.topic: score for score in result.before.topics} if result.before else {}
    scores = [
        (written(taxonomy.topics.zh(one.topic)), old.get(one.topic), one)
        for one in (result.after.topics if result.after else ())
    ]
    untested = _names([slug for slug, _count in result.untested], taxonomy)
    return {
        "trained": result,
        "lines": [
            *training_data(result.used, taxonomy),
            what_was_compared(result),
            *([_("not measured: {names}").format(names=untested)] if untested else []),
        ],
        "verdict": verdict(result),
        "score_change": score_change,
        "decision": without_commands(decision(result, taxonomy)),
        "scores": scores,
    }


def _names(slugs: list[str], taxonomy: Taxonomy) -> str:
    return _(", ").join(written(taxonomy.topics.zh(slug)) for slug in slugs)


def _changed(job: Job) -> dict[str, Any]:
    count, changes = job.result
    return {"changed": count, "changes": changes}


async def _model(request: Request) -> Response:
    """Show what is known of a model; its card is kept in English and shown there only."""
    site, number = site_of(request), request.path_params["n"]
    models = site.library.models
    card = await site.work(models.card, number)
    [model] = [one for one in await site.work(models.versions) if one.version == number]
    taxonomy = await site.work(models.taxonomy, number)
    return render(request, "teach_model.html", model=model, card=card, taxonomy=taxonomy)


async def _card(request: Request) -> Response:
    """Give the card of a model as a file."""
    site, number = site_of(request), request.path_params["n"]
    card = await site.work(site.library.models.card, number)
    name = _("Model {number}").format(number=number)
    return download(card, file_name("md", name))
