"""The forms on the page of a report: correct a sentence, take that back, say what a report is."""

from __future__ import annotations

import hashlib
import json

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from ..catalog import _, gettext_noop
from ..library import Library
from ..nlp.errors import QueryError
from ..nlp.fields import FIELDS, SETTABLE
from ..results import StoredSentence
from .forms import RefusedForm, changing, text_of
from .page_messages import page_message
from .pages import address, say, wants_part, written
from .report_view import BY_HAND, field_name
from .site import site_of

_NO_TOPIC = gettext_noop("choose a topic first; then the correction can be saved")
_NOTHING_CHANGED = gettext_noop(
    "nothing was changed; tick a further topic, choose a role, or click a topic to confirm it"
)
_CHANGED = gettext_noop(
    "the sentence was changed by somebody else meanwhile; open it again and look at it"
)
_CHANGED_FACTS = gettext_noop(
    "the facts of the report were changed by somebody else meanwhile; open it again"
)
_KEPT = ("show", "topic_filter", "role_filter")
_LONGEST_NAME = 60


def seen_mark(sentence: StoredSentence) -> str:
    """Return a mark of a sentence with its tags, by which a form knows that it is still so."""
    known = (
        sentence.text, sentence.topic, sentence.also, sentence.role, sentence.corrected,
        sentence.probability,
    )  # fmt: skip
    data = json.dumps(known, ensure_ascii=True).encode("ascii")
    return hashlib.sha256(data).hexdigest()[:24]


class Changes:
    """The forms of reports."""

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the forms."""
        return [
            changing("/reports/{id}/facts", self.describe),
            changing("/reports/{id}/{n:int}", self.correct),
            changing("/reports/{id}/{n:int}/undo", self.undo),
        ]

    async def correct(self, request: Request, form: FormData) -> Response:
        """Keep the correction of a sentence: topic, further topics, role, name and note.

        The button of a topic says the topic; the button that saves keeps the present one.
        """
        site, id_, n = site_of(request), request.path_params["id"], request.path_params["n"]
        clicked, back = text_of(form, "topic", 200), address(f"/reports/{id_}", at=n)
        topic = clicked or text_of(form, "present", 200)
        also = [one for one in form.getlist("also") if isinstance(one, str)][:100]
        role, note = text_of(form, "role", 200), text_of(form, "note", 1_000)
        seen, author = text_of(form, "seen", 100), _author(request, form)

        def change(library: Library) -> tuple[StoredSentence, StoredSentence]:
            [sentence] = library.sentences(id_, n, n)
            if seen and seen != seen_mark(sentence):
                raise HTTPException(409, _CHANGED)
            if library.taxonomy.topics.find(topic) == "":
                raise RefusedForm("correct", _NO_TOPIC, back)
            if not (clicked or role or note) and set(also) == set(sentence.also):
                raise RefusedForm("correct", _NOTHING_CHANGED, back)
            return sentence, library.correct(
                id_, n, topic, also=also, role=role, author=author, note=note
            )

        before, corrected = await site.work(change, site.library)
        name = written(site.library.taxonomy.topics.zh(corrected.topic))
        said = _("sentence {n}: corrected, {topic}")
        if before.topic == corrected.topic:
            said = _("sentence {n}: saved, the topic is still {topic}")
        say(request, said.format(n=n, topic=name))
        return _back(request, form, id_, n)

    async def undo(self, request: Request, form: FormData) -> Response:
        """Take the last correction of a sentence back."""
        site, id_, n = site_of(request), request.path_params["id"], request.path_params["n"]
        seen, author = text_of(form, "seen", 100), _author(request, form)

        def change(library: Library) -> StoredSentence:
            [sentence] = library.sentences(id_, n, n)
            if seen and seen != seen_mark(sentence):
                raise HTTPException(409, _CHANGED)
            return library.undo_correction(id_, n, author=author)

        now = await site.work(change, site.library)
        name = written(site.library.taxonomy.topics.zh(now.topic)) if now.topic else _("no topic")
        said = _("sentence {n}: the correction was taken back, now {topic}")
        say(request, said.format(n=n, topic=name))
        return _back(request, form, id_, n)

    async def describe(self, request: Request, form: FormData) -> Response:
        """Keep what a person says of a report; what the form left as it was is not said.

        A field that was said by hand and is emptied, or whose box is ticked, is taken back.
        """
        site, id_ = site_of(request), request.path_params["id"]
        said, before = dict[str, str](), dict[str, str]()
        backs = {one for one in form.getlist("back") if isinstance(one, str)}
        for name in SETTABLE:
            if name in form:
                value, was = text_of(form, name, 2_000), text_of(form, f"was-{name}", 2_000)
                if name in backs or value != was:
                    said[name] = "" if name in backs else value
                    before[name] = was

        def change(library: Library) -> None:
            report = library.report(id_)
            if any(str(getattr(report, name)) != was for name, was in before.items()):
                raise HTTPException(409, _CHANGED_FACTS)
            for name, value in said.items():
                if not value and report.how.get(name) != BY_HAND:
                    message = _("{field} was not entered by hand and cannot be emptied")
                    say(request, message.format(field=field_name(name)))
            kept = {
                name: value
                for name, value in said.items()
                if value or report.how.get(name) == BY_HAND
            }
            if not kept:
                say(request, _("nothing was changed"))
                return
            library.describe(report.id, **kept)
            fields = "、".join(field_name(one.name) for one in FIELDS if one.name in kept)
            say(request, _("saved: {fields}").format(fields=fields))

        back = address(f"/reports/{id_}")
        try:
            await site.work(change, site.library)
        except QueryError as error:
            raise RefusedForm("facts", page_message(str(error)), back) from None
        return RedirectResponse(f"{back}#facts", 303)


def _author(request: Request, form: FormData) -> str:
    """Return who signs a change, and remember a name that was typed beside it."""
    session = request.state.session
    if not site_of(request).accounts.with_names and "name" in form:
        session.name = " ".join(text_of(form, "name", _LONGEST_NAME).split())
    return str(session.name)


def _back(request: Request, form: FormData, id_: str, n: int) -> Response:
    """Send a browser back to the text, and the script to the details of the sentence."""
    kept = {
        name.removesuffix("_filter"): [one for one in form.getlist(name) if isinstance(one, str)]
        for name in _KEPT
        if name in form
    }
    if wants_part(request):
        return RedirectResponse(address(f"/reports/{id_}/{n}", **kept), 303)
    return RedirectResponse(address(f"/reports/{id_}", at=n, **kept) + f"#s-{n}", 303)
