"""Signing in and out, as pages that need no script."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access import Caller, WhoAsks, check_form_token, needs
from api.errors import NotFound, NotSignedIn, TooMany
from api.navigation import section_items
from api.problems import STATUS_OF
from api.rights import Action
from api.services import Given, Services
from api.settings import FLOW_S
from api.signing_in import sign_in_locally
from api.templates import render

__all__ = [
    "get_account",
    "get_directory",
    "get_directory_callback",
    "get_sign_in",
    "post_sign_in",
    "post_sign_out",
    "router",
]

router = APIRouter(include_in_schema=False)

_NO_STORE = {"Cache-Control": "no-store"}
_HOME = "/account"


@router.api_route("/sign-in", methods=["GET", "HEAD"], dependencies=[needs(Action.SIGN_IN)])
def get_sign_in(
    request: Request,
    services: Given,
    who: WhoAsks,
    wanted: Annotated[str, Query(alias="next", max_length=1000)] = "",
) -> Response:
    """Show the form."""
    if who.account is not None:
        return RedirectResponse(_own_path(wanted), status_code=303, headers=_NO_STORE)
    return _form(request, services, wanted=wanted)


@router.post("/sign-in", dependencies=[needs(Action.SIGN_IN), Depends(check_form_token)])
def post_sign_in(
    request: Request,
    services: Given,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    wanted: Annotated[str, Form(alias="next", max_length=1000)] = "",
) -> Response:
    """Sign in with a password."""
    address = request.client.host if request.client else ""
    try:
        account = sign_in_locally(
            services.store, services.passwords, services.settings, email, password, address
        )
    except (NotSignedIn, TooMany) as error:
        status = int(STATUS_OF[type(error)])
        answer = _form(
            request, services, error=str(error), email=email, status=status, wanted=wanted
        )
        if isinstance(error, TooMany):
            answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    response = RedirectResponse(_own_path(wanted), status_code=303, headers=_NO_STORE)
    old = request.cookies.get(services.sessions.cookie)
    services.sessions.begin(response, account, "password", old)
    return response


@router.get("/sign-in/directory", dependencies=[needs(Action.SIGN_IN)])
def get_directory(services: Given) -> Response:
    """Send the browser to the directory."""
    if services.directory is None:
        raise NotFound
    url, kept = services.directory.start()
    response = RedirectResponse(url, status_code=303, headers=_NO_STORE)
    services.sessions.keep(response, "directory", kept, FLOW_S)
    return response


@router.get("/sign-in/directory/callback", dependencies=[needs(Action.SIGN_IN)])
def get_directory_callback(request: Request, services: Given) -> Response:
    """Take back somebody whom the directory knows."""
    if services.directory is None:
        raise NotFound
    kept = services.sessions.kept(request, "directory")
    try:
        account = services.directory.finish(request.query_params, kept)
    except NotSignedIn as error:
        answer = _form(request, services, error=str(error), status=401)
        services.sessions.forget(answer, "directory")
        return answer
    response = RedirectResponse(_HOME, status_code=303, headers=_NO_STORE)
    old = request.cookies.get(services.sessions.cookie)
    services.sessions.begin(response, account, "directory", old)
    services.sessions.forget(response, "directory")
    return response


@router.api_route("/account", methods=["GET", "HEAD"], dependencies=[needs(Action.SIGN_IN)])
def get_account(request: Request, services: Given, who: WhoAsks) -> Response:
    """Show who is signed in and what they may do where; send everybody else to sign in."""
    if who.account is None:
        return RedirectResponse("/sign-in", status_code=303, headers=_NO_STORE)
    with services.store.reading() as unit:
        areas = [
            (
                area,
                sorted(str(one) for one in who.roles_in(area.area_id)),
                section_items(area.area_id, who.roles_in(area.area_id)),
            )
            for area in unit.areas.all()
            if who.roles_in(area.area_id)
        ]
    page = render(
        "account.html.j2",
        account=who.account,
        areas=areas,
        csrf_token=services.sessions.form_token(request),
        is_demo=services.settings.is_demo,
    )
    return HTMLResponse(page, headers=_NO_STORE)


@router.post("/sign-out", dependencies=[needs(Action.SIGN_IN), Depends(check_form_token)])
def post_sign_out(services: Given, who: WhoAsks) -> Response:
    """Sign out; it does no harm twice."""
    response = RedirectResponse("/", status_code=303, headers=_NO_STORE)
    caller: Caller = who
    if caller.account is not None and caller.session_token is not None:
        services.sessions.end(response, caller.session_token, caller.account)
    return response


def _own_path(wanted: str) -> str:
    """Give a page of ours to go to; what a link made elsewhere asks for is not followed."""
    try:
        parts = urlsplit(wanted)
    except ValueError:  # such as an address with half a bracket
        return _HOME
    is_ours = wanted.startswith("/") and not (parts.scheme or parts.netloc or "\\" in wanted)
    is_plain = wanted.isascii() and wanted.isprintable() and not wanted.startswith("//")
    return wanted if is_ours and is_plain else _HOME


def _form(
    request: Request,
    services: Services,
    *,
    error: str = "",
    email: str = "",
    status: int = 200,
    wanted: str = "",
) -> HTMLResponse:
    response = HTMLResponse("", status_code=status, headers=_NO_STORE)
    token = services.sessions.form_token(request, response)
    page = render(
        "sign_in.html.j2",
        account=None,
        error=error,
        email=email,
        next=wanted,
        csrf_token=token,
        directory=services.directory.name if services.directory else "",
        is_demo=services.settings.is_demo,
    )
    response.body = page.encode()
    response.headers["Content-Length"] = str(len(response.body))
    return response
