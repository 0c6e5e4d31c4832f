"""Log in with a token or a password, log out, and say the name that corrections are signed with."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from ..catalog import _
from .forms import changing, own_path, text_of
from .pages import page, render, say
from .site import site_of

_LONGEST_NAME = 60


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [
        page("/login", _show),
        changing("/login", _login, writes=False),
        changing("/logout", _logout, writes=False),
        changing("/name", _name, writes=False),
    ]


async def _show(request: Request) -> Response:
    return _form(request, 200, "")


def _form(request: Request, status: int, problem: str) -> Response:
    accounts = site_of(request).accounts
    back = own_path(request.query_params.get("next", "/"))
    return render(
        request, "login.html", status, with_names=accounts.with_names, next=back, problem=problem
    )


async def _login(request: Request, form: FormData) -> Response:
    site = site_of(request)
    made = await site.work(
        site.accounts.login, text_of(form, "name", 200), text_of(form, "secret", 1_000)
    )
    if made is None:
        return _form(request, 401, _("the name, password or token is wrong"))
    site.accounts.end(request.state.session)
    request.state.session, request.state.keep_session = made, True
    return RedirectResponse(own_path(text_of(form, "next")), 303)


async def _logout(request: Request, form: FormData) -> Response:
    site_of(request).accounts.end(request.state.session)
    return RedirectResponse("/login" if site_of(request).settings.protected else "/", 303)


async def _name(request: Request, form: FormData) -> Response:
    """Keep the name that corrections are signed with; users with accounts have theirs."""
    if not site_of(request).accounts.with_names:
        request.state.session.name = " ".join(text_of(form, "name", _LONGEST_NAME).split())
        say(request, _("corrections are signed with this name now"))
    return RedirectResponse(own_path(text_of(form, "next")), 303)
