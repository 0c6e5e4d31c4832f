"""The page of a report: its text to read, each sentence with what is known of it.

``/reports/ID`` is the whole report, ``/reports/ID/N`` the details of one sentence, and
``/reports/ID/checks`` what was checked and copied, which the page asks for after its text.
:mod:`.report_changes` has the forms.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from ..catalog import _
from ..nlp.errors import UnknownNameError
from ..nlp.topics.taxonomy import Taxonomy
from ..render.report_text import ReportText, TextBlock, heading_level, joined_lines
from ..results import Correction, StoredSentence, citation
from .filters import number, switch, values
from .page_messages import page_message
from .pages import TOPIC_KEYS, address, page, render, written
from .report_changes import Changes, seen_mark
from .report_evidence import Evidence, EvidenceCache
from .report_view import LAYER_NAMES, LAYERS, UNLIKELY, ReportView, Shown, facts_of
from .search_question import sentence_links
from .site import site_of

"""Keys of the first topics of the menu."""
_SIMILAR = 5
"""Similar reports that are listed."""


def routes() -> list[BaseRoute]:
    """Return the routes of this file, and those of the forms on its pages."""
    pages = ReportPages(EvidenceCache())
    return [
        page("/reports/{id}", pages.whole),
        page("/reports/{id}/checks", pages.checks),
        page("/reports/{id}/{n:int}", pages.sentence),
        *Changes().routes(),
    ]


def shown_of(request: Request, taxonomy: Taxonomy) -> Shown:
    """Return what an address asks to show.

    Raises:
        QueryError: a value is too long, or there are too many.
        UnknownNameError: there is no such topic or role.
    """
    params = request.query_params
    asked, topics, roles = (values(params, name) for name in ("show", "topic", "role"))
    return Shown(
        layers=tuple(one for one in LAYERS if one in asked) if asked else LAYERS,
        topics=tuple(map(taxonomy.topics.resolve, topics)),
        roles=tuple(map(taxonomy.roles.resolve, roles)),
        kept={
            name: list(given)
            for name, given in (("show", asked), ("topic", topics), ("role", roles))
            if given
        },
        evidence=switch(params, "checks"),
    )


class ReportPages:
    """The pages of reports.

    Args:
        evidence: remembers checks and copies.
    """

    def __init__(self, evidence: EvidenceCache) -> None:
        self._evidence = evidence

    async def whole(self, request: Request) -> Response:
        """Show a report."""
        view, elsewhere = await self._view(request)
        if view is None:
            return elsewhere
        at = number(request.query_params, "at", 0, 0, len(view.text.sentences))
        context = self._about(view)
        if view.shown.evidence:
            context["evidence"] = await self._found(request, view)
        if at:
            context |= await self._chosen(request, view, at)
        return render(request, "report.html", at=at, **context)

    async def sentence(self, request: Request) -> Response:
        """Show the details of one sentence, with the paragraph that it stands in."""
        view, elsewhere = await self._view(request)
        if view is None:
            return elsewhere
        n = int(request.path_params["n"])
        if not 0 < n <= len(view.text.sentences):
            raise UnknownNameError("sentence", f"{view.text.report.id}:{n}")
        context = self._about(view) | await self._chosen(request, view, n)
        return render(request, "report_sentence.html", at=n, **context)

    async def checks(self, request: Request) -> Response:
        """Show what was checked and copied in a report."""
        view, elsewhere = await self._view(request)
        if view is None:
            return elsewhere
        context = self._about(view) | {"evidence": await self._found(request, view)}
        return render(request, "report_checks.html", at=0, **context)

    async def _view(self, request: Request) -> tuple[ReportView | None, Response]:
        """Return how a report is shown; of a part of its name, a redirection to the whole."""
        site, name = site_of(request), request.path_params["id"]

        def read() -> tuple[ReportText, Taxonomy, list[Correction]]:
            text = site.library.read(name)
            made = [one for one in site.library.corrections() if one.report == text.report.id]
            return text, site.library.taxonomy, made

        text, taxonomy, corrections = await site.search(read)
        if text.report.id != name:
            tail = request.url.path.removeprefix(f"/reports/{name}")
            query = f"?{request.url.query}" if request.url.query else ""
            return None, RedirectResponse(address(f"/reports/{text.report.id}{tail}") + query, 303)
        shown = shown_of(request, taxonomy)
        return ReportView(text, taxonomy, shown, corrections), Response()

    async def _found(self, request: Request, view: ReportView) -> Evidence:
        site = site_of(request)
        return await site.work(self._evidence.of, site.library, view.text.report.id)

    @staticmethod
    async def _history(request: Request, s: StoredSentence) -> list[Any]:
        """Return the corrections of a sentence, the latest first."""
        site = site_of(request)
        return list(reversed(await site.search(site.library.history, s.report, s.n)))

    @staticmethod
    def _about(view: ReportView) -> dict[str, Any]:
        """Return what all pages of a report show."""
        report = view.text.report
        return {
            "view": view,
            "taxonomy": view.taxonomy,
            "report": report,
            "blocks": view.text.blocks,
            "headings": [
                (one.n, heading_level(one), joined_lines(one.text)) for one in view.text.headings
            ],
            "facts": facts_of(report),
            "notes": [page_message(note) for note in report.notes],
            "similar": report.similar[:_SIMILAR],
            "layers": LAYER_NAMES,
            "unlikely": UNLIKELY,
            "numbers": _numbers,
            "place": _place,
            "evidence": None,
            "chosen": None,
        }

    async def _chosen(self, request: Request, view: ReportView, n: int) -> dict[str, Any]:
        """Return what is shown of one sentence."""
        site, text = site_of(request), view.text
        evidence: Evidence | None
        if view.shown.evidence:
            evidence = await self._found(request, view)
        else:  # the details of a sentence do not wait for it
            evidence = await site.search(self._evidence.known, site.library, text.report.id)
        s = text.sentences[n - 1]
        topics = [
            (TOPIC_KEYS[place] if place < len(TOPIC_KEYS) else "", label.slug, written(label.zh))
            for place, label in enumerate(view.taxonomy.topics)
        ]
        return {
            "chosen": s,
            "chosen_text": joined_lines(s.text),
            "block": text.block_of(n),
            "found": evidence,
            "topics": topics,
            "roles": [(one.slug, one.zh) for one in view.taxonomy.roles],
            "history": await self._history(request, s),
            "cited": f"{joined_lines(s.text)}（{citation(text.report, s.section, n, s.text)}）",
            "seen": seen_mark(s),
            "similar_link": sentence_links(text.report.id, n).similar,
            "previous": n - 1,
            "next": n + 1 if n < len(text.sentences) else 0,
            "kind_name": _KIND_NAMES[s.kind](),
            "with_names": site.accounts.with_names,
        }


def _place(report: str, n: int) -> str:
    """Return the address of a sentence of any report."""
    return f"{address(f'/reports/{report}', at=n)}#s-{n}"


def _numbers(block: TextBlock) -> list[int]:
    """Return the numbers of the sentences of a block."""
    return list(dict.fromkeys(piece.sentence.n for piece in block.pieces))


_KIND_NAMES = {
    "title": lambda: _("title"),
    "heading": lambda: _("heading"),
    "sentence": lambda: _("sentence"),
    "boilerplate": lambda: _("no text of the report"),
}
