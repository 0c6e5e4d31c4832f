"""Take the forms of the page: read them within limits, check their token, and say what is missing.

A form that cannot be taken leads back to its own page, where the reason stands beside it and what
was entered is still there; a script is told the reason with status 400.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..catalog import gettext_noop
from .accounts import Refusal
from .pages import may_write, wants_part
from .site import site_of

Change = Callable[[Request, FormData], Awaitable[Response]]

_MOST_FIELDS, _MOST_FILES = 2_000, 1_000
_LARGEST_FIELD = 2 << 20
"""Largest field of a form with files, in bytes; a pasted text may be long."""
_MOST_KEPT = 20_000
"""Most characters of a refused form that are kept for the page that shows it again."""
NOTHING_CHOSEN = gettext_noop("no report was chosen; tick some first")
NO_FILES = gettext_noop("no file was chosen; choose or drop some")
NO_REPORTS = gettext_noop("no file of this folder is a report; choose another one")
READ_ONLY = gettext_noop("nothing can be changed here: it was opened only to be read")
_BAD_FORM = gettext_noop(
    "the form cannot be read, or has too many files or fields; send fewer at once"
)
OLD_FORM = gettext_noop("this page is too old or its form is not from here; open it again")


class RefusedForm(HTTPException):
    """Raised for a form that cannot be taken, before anything is changed.

    Args:
        form: name of the form, as its template has it.
        reason: what is missing, in English.
        back: address of the page with the form; the form can name a better one in ``back``.
    """

    def __init__(self, form: str, reason: str, back: str) -> None:
        super().__init__(400, reason)
        self.form = form
        self.back = back


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
                raise HTTPException(403, OLD_FORM)
            if writes and not may_write(request):
                raise HTTPException(403, READ_ONLY)
            try:
                response = await change(request, form)
            except RefusedForm as refused:
                return _sent_back(request, form, refused)
            except Exception as error:
                if writes:
                    status = error.status_code if isinstance(error, HTTPException) else 500
                    site.audit(request, status, form=_said_in(form))
                raise
            if writes:
                site.audit(request, response.status_code, form=_said_in(form))
            return response

    answer.guarded = True  # type: ignore[attr-defined]
    return Route(path, answer, methods=["POST"], name=name or None)


def _sent_back(request: Request, form: FormData, refused: RefusedForm) -> Response:
    """Return to the page of a form that cannot be taken; scripts are told why.

    Raises:
        HTTPException: a script sent the form.
    """
    if wants_part(request):
        raise HTTPException(400, refused.detail)
    back = own_path(text_of(form, "back"), refused.back)
    kept: dict[str, tuple[str, ...]] = {}
    room = _MOST_KEPT
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in ("csrf", "back") and len(value) <= room:
            room -= len(value)
            kept[name] = (*kept.get(name, ()), value)
    path = unquote(urlsplit(back).path)
    request.state.session.refusal = Refusal(path, refused.form, refused.detail, kept)
    return RedirectResponse(f"{back.partition('#')[0]}#{refused.form}-refused", 303)


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


def own_path(path: str, otherwise: str = "/") -> str:
    """Return a path of this server, never an address of another one.

    Args:
        path: as it was sent; may be anything.
        otherwise: what is returned for an address that is none of ours.

    Example:
        >>> own_path("/search?q=x"), own_path("//elsewhere.example/x")
        ('/search?q=x', '/')
    """
    try:
        split = urlsplit(path)
    except ValueError:
        return otherwise
    own = path.startswith("/") and not path.startswith(("//", "/\\"))
    if not own or split.netloc or any(ord(char) < 32 for char in path):
        return otherwise
    return path
