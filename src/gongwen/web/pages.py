"""Make pages of templates, and wrap the functions that change something with all that they need."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from .. import __version__
from ..catalog import LANGUAGES, _, current_language, gettext_noop, in_brackets, ngettext
from ..nlp.topics.taxonomy import Taxonomy
from ..render.readable_rows import local_time, source_name
from .accounts import Refusal
from .page_messages import page_message
from .site import site_of

Page = Callable[[Request], Awaitable[Response]]

_COLON = re.compile(r"(?<=[\u4e00-\u9fff]):(?=[\u4e00-\u9fff])")
_SLUG = re.compile(r"(?<=[\u4e00-\u9fff]) \([a-z0-9-]+\)")
TOPIC_KEYS = "123456789qwert"
"""Keys that choose a topic, in the order of the topics; further ones have none."""
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
        _=_, ngettext=ngettext, in_brackets=in_brackets, version=__version__,
        topic_class=topic_class, menu=MENU, languages=LANGUAGES, address=address, percent=percent,
        moment=local_time, format_name=format_name,
    )  # fmt: skip
    made.filters["marked"] = Markup
    made.filters["source_name"] = source_name
    made.filters["written"] = written
    made.filters["for_pages"] = page_message
    return made


def render(request: Request, template: str, status: int = 200, /, **context: Any) -> HTMLResponse:
    """Return a page.

    Templates have, beside ``context``: ``_`` and ``ngettext``; ``lang``; ``csrf``, the token of
    every form; ``session``; ``may_write``; ``said``, messages shown once; ``request``; ``here``,
    the path; ``own_address``, the address to open the page again; ``with_query``, its address with
    other parameters; ``refused``, why a form of it was not taken, and ``entered``, what that form
    had; ``topic_class``, ``percent`` and ``moment``. ``|marked`` is for highlights of the library
    only, which are escaped there.

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
    refusal: Refusal | None = session.refusal
    if refusal and (request.method != "GET" or refusal.path != request.url.path):
        refusal = None
    if refusal:
        session.refusal = None
    own = with_query(request) if request.method == "GET" else context.get("back", "/")
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
            own_address=own,
            refused=lambda form: _reason(refusal, form),
            entered=lambda form, field: _entered(refusal, form, field),
            with_query=lambda **changes: with_query(request, **changes),
            with_login=site.settings.protected,
            **context,
        )
    )
    return HTMLResponse(page.encode("utf-8", "replace"), status)  # text may hold half characters


def _reason(refusal: Refusal | None, form: str) -> str:
    """Return why a form was not taken, ``""`` if it was not sent just now."""
    return _(refusal.reason) if refusal and refusal.form == form else ""


def _entered(refusal: Refusal | None, form: str, field: str) -> tuple[str, ...]:
    """Return what a form that was not taken had in a field."""
    return refusal.entered.get(field, ()) if refusal and refusal.form == form else ()


def written(name: str) -> str:
    """Return a Chinese name with the colon that Chinese text has.

    Example:
        >>> written("制度建设:立法"), written("a:b")
        ('制度建设：立法', 'a:b')
    """
    return _COLON.sub("：", name)


def format_name(format: str) -> str:
    """Return what a format of files is called on the page.

    Example:
        >>> format_name("xlsx"), format_name("csv")
        ('Excel workbook', 'CSV (for programs)')
    """
    return {
        "xlsx": _("Excel workbook"),
        "html": _("Web page"),
        "csv": _("CSV (for programs)"),
        "json": _("JSON (for programs)"),
        "jsonl": _("JSON lines (for programs)"),
    }[format]


def without_slugs(message: str) -> str:
    """Return a Chinese message without the English names of topics in brackets behind the Chinese.

    Example:
        >>> without_slugs("是不是 行政执法 (enforcement)？")
        '是不是 行政执法？'
    """
    return _SLUG.sub("", message)


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


def page(path: str, answer: Page, *, name: str = "") -> Route:
    """Return a route for a page that only shows something."""
    return Route(path, answer, methods=["GET"], name=name or None)


def wants_part(request: Request) -> bool:
    """Return whether the script of the page asks for a part of it rather than a browser for all."""
    return request.headers.get("hx-request") == "true"
