"""Make pages of templates, and wrap the functions that change something with all that they need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from .. import __version__
from ..catalog import LANGUAGES, _, current_language, gettext_noop, ngettext
from ..nlp.topics.taxonomy import Taxonomy
from .site import site_of

Page = Callable[[Request], Awaitable[Response]]
Change = Callable[[Request, FormData], Awaitable[Response]]

COLOURS = 14
"""Topics that have a colour of their own in ``style.css``; further ones begin again."""
MENU = (
    ("/search", gettext_noop("Search")),
    ("/library", gettext_noop("Library")),
    ("/counts", gettext_noop("Counts")),
    ("/figures", gettext_noop("Figures")),
    ("/compare", gettext_noop("Compare")),
    ("/check", gettext_noop("Check reports")),
    ("/teach", gettext_noop("Teach")),
    ("/help", gettext_noop("Help")),
)
"""The views in the order of the menu."""
_MOST_FIELDS, _MOST_FILES = 2_000, 1_000
_LARGEST_FIELD = 2 << 20
"""Largest field of a form with files, in bytes; a pasted text may be long."""
_BAD_FORM = gettext_noop(
    "the form cannot be read, or has too many files or fields; send fewer at once"
)
_OLD_FORM = gettext_noop("this page is too old or its form is not from here; open it again")
_READ_ONLY = gettext_noop("nothing can be changed here: it was opened only to be read")


def templates_folder() -> Path:
    """Return the folder of the templates."""
    return Path(str(files(__package__).joinpath("templates")))


def static_folder() -> Path:
    """Return the folder of style sheets, scripts and what else is sent as it is."""
    return Path(str(files(__package__).joinpath("static")))


@cache
def environment() -> Environment:
    """Return the templates; text in them is escaped, and an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        _=_, ngettext=ngettext, version=__version__, topic_class=topic_class, menu=MENU,
        languages=LANGUAGES, address=address, percent=percent,
    )  # fmt: skip
    made.filters["marked"] = Markup
    return made


def render(request: Request, template: str, status: int = 200, /, **context: Any) -> HTMLResponse:
    """Return a page.

    Templates have, beside ``context``: ``_`` and ``ngettext``; ``lang``; ``csrf``, the token of
    every form; ``session``; ``may_write``; ``said``, messages shown once; ``request``; ``here``,
    the path; ``with_query``, the address of this page with other parameters; ``topic_class`` and
    ``percent``. ``|marked`` is for highlights of the library only, which are escaped there.

    Args:
        request: the request that is answered.
        template: file under ``templates/``.
        status: of the answer.
        context: what the template shows.
    """
    site = site_of(request)
    session = request.state.session
    if not session.id:
        site.accounts.keep(session)
        request.state.keep_session = True
    said, session.said = session.said, []
    page = (
        environment()
        .get_template(template)
        .render(
            lang=current_language(),
            csrf=site.accounts.csrf_token(session),
            session=session,
            may_write=may_write(request),
            read_only=not site.may_change,
            said=said,
            request=request,
            here=request.url.path,
            with_query=lambda **changes: with_query(request, **changes),
            with_login=site.settings.protected,
            **context,
        )
    )
    return HTMLResponse(page.encode("utf-8", "replace"), status)  # text may hold half characters


def may_write(request: Request) -> bool:
    """Return whether who asks may change something."""
    return site_of(request).may_change and request.state.session.rights == "write"


def say(request: Request, message: str) -> None:
    """Show a message on the next page that this browser opens."""
    request.state.session.said.append(message)


def see(path: str, **query: str) -> RedirectResponse:
    """Send a browser on to another page after a form.

    Args:
        path: path of the page; not escaped yet.
        query: parameters.
    """
    return RedirectResponse(address(path, **query), 303)


def address(path: str, **query: str | int | Sequence[str]) -> str:
    """Return an address of ours, escaped; a parameter may have several values.

    Example:
        >>> address("/reports/武功 2020", q="执法")
        '/reports/%E6%AD%A6%E5%8A%9F%202020?q=%E6%89%A7%E6%B3%95'
    """
    asked = urlencode({name: value for name, value in query.items() if value != ""}, doseq=True)
    return quote(path) + (f"?{asked}" if asked else "")


def with_query(request: Request, **changes: Any) -> str:
    """Return the address of a page with some parameters changed; ``None`` or ``""`` drops one.

    A changed parameter drops ``page``, unless that is what is changed. ``lang`` is never kept.

    Args:
        request: the request of the page.
        changes: new values: text, numbers, or lists of them.
    """
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if value and name != "lang":
            query.setdefault(name, []).append(value)
    if changes and "page" not in changes:
        query.pop("page", None)
    for name, value in changes.items():
        values = [str(one) for one in (value if isinstance(value, list | tuple) else [value])]
        query[name] = [one for one in values if one not in ("", "None")]
    asked = urlencode([(name, one) for name, values in query.items() for one in values])
    return quote(request.url.path) + (f"?{asked}" if asked else "")


def topic_class(taxonomy: Taxonomy, slug: str) -> str:
    """Return the CSS class with the colour of a topic: ``t1`` to ``t14``, ``t0`` for none.

    A further topic beyond the fourteenth has the colour of one before it; its name always stands
    beside the colour.
    """
    for place, label in enumerate(taxonomy.topics):
        if label.slug == slug:
            return f"t{place % COLOURS + 1}"
    return "t0"


def percent(value: float) -> str:
    """Return a share as whole percent.

    Example:
        >>> percent(0.256)
        '26 %'
    """
    return f"{value * 100:.0f} %"


def changing(path: str, change: Change, *, name: str = "", writes: bool = True) -> Route:
    """Return a route for a form that changes something, or one that has files or much text.

    The form is read within limits, its token is checked, the right to write too, and a line is
    written to the audit.

    Args:
        path: path of the route.
        change: does it, and returns the answer, mostly :func:`see`; is given the form.
        name: name of the route.
        writes: whether something is changed; forms that only ask need no right and no audit.
    """

    async def answer(request: Request) -> Response:
        site = site_of(request)
        async with _form_of(request) as form:
            token = form.get("csrf") or request.headers.get("x-csrf-token", "")
            fits = isinstance(token, str) and site.accounts.csrf_fits(request.state.session, token)
            if not fits:
                raise HTTPException(403, _OLD_FORM)
            if not writes:
                return await change(request, form)
            if not may_write(request):
                raise HTTPException(403, _READ_ONLY)
            try:
                response = await change(request, form)
            except HTTPException as error:
                site.audit(request, error.status_code, form=_said_in(form))
                raise
            except Exception:
                site.audit(request, 500, form=_said_in(form))
                raise
            site.audit(request, response.status_code, form=_said_in(form))
            return response

    answer.guarded = True  # type: ignore[attr-defined]
    return Route(path, answer, methods=["POST"], name=name or None)


@asynccontextmanager
async def _form_of(request: Request) -> AsyncIterator[FormData]:
    """Read a form within limits, and close its files at the end.

    Raises:
        HTTPException: it cannot be read, or is too large.
    """
    try:
        form = await request.form(
            max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD
        )
    except HTTPException:  # said in English there, in terms of the format
        raise HTTPException(400, _BAD_FORM) from None
    try:
        yield form
    finally:
        await form.close()


def _said_in(form: FormData) -> Mapping[str, str | list[str]]:
    """Return what a form said, without its token; of files the names, of many values all."""
    said: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name != "csrf":
            text = value if isinstance(value, str) else (value.filename or "")
            said.setdefault(name, []).append(text)
    return {name: values[0] if len(values) == 1 else values for name, values in said.items()}


def page(path: str, answer: Page, *, name: str = "") -> Route:
    """Return a route for a page that only shows something."""
    return Route(path, answer, methods=["GET"], name=name or None)


def text_of(form: FormData, name: str, most: int = 10_000) -> str:
    """Return the text of a field of a form, stripped; ``""`` when it is missing or a file.

    Raises:
        HTTPException: it is longer than ``most`` characters.
    """
    value = form.get(name, "")
    if not isinstance(value, str):
        return ""
    if len(value) > most:
        raise HTTPException(413, gettext_noop("the request is too large; send less at once"))
    return value.strip()


def wants_part(request: Request) -> bool:
    """Return whether the script of the page asks for a part of it rather than a browser for all."""
    return request.headers.get("hx-request") == "true"
