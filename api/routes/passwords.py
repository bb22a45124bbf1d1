"""Password pages for everybody: set by a link, change one's own, ask when it is forgotten."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, Response

from api.access import Caller, WhoAsks, check_form_token, needs, needs_by_form
from api.accounts.links import LinkState, find_link, set_by_link
from api.accounts.own_password import ask_for_link, change_password
from api.errors import BadRequest, NotSignedIn, ServiceError, TooMany
from api.passwords import MIN_CHARACTERS
from api.rights import Action
from api.routes.area_page import NO_STORE, error_status, note_error
from api.services import Given, Services
from api.store.records import Account
from api.team.forms import Errors
from api.templates import render

__all__ = [
    "get_change",
    "get_forgotten",
    "get_set",
    "post_change",
    "post_forgotten",
    "post_set",
    "router",
]

router = APIRouter(include_in_schema=False)

_BOTH = ["GET", "HEAD"]
_Token = Annotated[str, Path(max_length=100)]
_Password = Annotated[str, Form(max_length=1000)]
_FORM = [needs(Action.SIGN_IN), Depends(check_form_token)]
_STATUS = {LinkState.GOOD: 200, LinkState.UNKNOWN: 404, LinkState.USED: 410, LinkState.OVER: 410}


# --- by a link


@router.api_route("/password/set/{token}", methods=_BOTH, dependencies=[needs(Action.SIGN_IN)])
def get_set(request: Request, services: Given, token: _Token) -> Response:
    """Show the form, or say what became of the link. Looking at it does not use it up."""
    with services.store.reading() as unit:
        state, account = find_link(unit, token)
    return _set_page(request, services, token, state, account)


@router.post("/password/set/{token}", dependencies=_FORM)
def post_set(
    request: Request,
    services: Given,
    token: _Token,
    password: _Password = "",
    again: _Password = "",
) -> Response:
    """Set the password; the link is used up."""
    with services.store.reading() as unit:
        state, account = find_link(unit, token)
    if state != LinkState.GOOD:
        return _set_page(request, services, token, state, None)
    try:
        _check_same(password, again)
        state = set_by_link(services.store, services.passwords, token, password)
    except BadRequest as error:
        return _set_page(request, services, token, LinkState.GOOD, account, error)
    if state != LinkState.GOOD:
        return _set_page(request, services, token, state, None)
    return _page(request, services, "password_done.html.j2", None, words="Your password is set.")


def _set_page(
    request: Request,
    services: Services,
    token: str,
    state: LinkState,
    account: Account | None,
    error: ServiceError | None = None,
) -> Response:
    status = error_status(error) if error else _STATUS[state]
    if state != LinkState.GOOD or account is None:
        return _page(request, services, "password_link.html.j2", None, status, state=str(state))
    return _page(
        request,
        services,
        "password_set.html.j2",
        None,
        status,
        token=token,
        email=account.email,
        n_characters=MIN_CHARACTERS,
        errors=note_error(error, ("password", "again")) if error else Errors(),
    )


# --- one's own


@router.api_route("/account/password", methods=_BOTH)
def get_change(
    request: Request, services: Given, caller: Annotated[Caller, needs(Action.USE_ACCOUNT)]
) -> Response:
    """Show the form to change one's own password."""
    return _change_page(request, services, _account(caller), None)


@router.post("/account/password")
def post_change(
    request: Request,
    services: Given,
    caller: Annotated[Caller, needs_by_form(Action.USE_ACCOUNT)],
    current: _Password = "",
    password: _Password = "",
    again: _Password = "",
) -> Response:
    """Change it; sessions elsewhere end."""
    account = _account(caller)
    try:
        _check_same(password, again)
        change_password(
            services.store,
            services.passwords,
            services.settings,
            account,
            caller.session_token or "",
            current,
            password,
        )
    except ServiceError as error:
        return _change_page(request, services, account, error)
    words = "Your password is changed. Everywhere else you are signed out."
    return _page(request, services, "password_done.html.j2", account, words=words)


def _change_page(
    request: Request, services: Services, account: Account, error: ServiceError | None
) -> Response:
    with services.store.reading() as unit:
        has_directory = unit.accounts.has_directory(account.account_id)
    response = _page(
        request,
        services,
        "password_change.html.j2",
        account,
        error_status(error) if error else 200,
        has_directory=has_directory,
        n_characters=MIN_CHARACTERS,
        errors=note_error(error, ("current", "password", "again")) if error else Errors(),
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _account(caller: Caller) -> Account:
    if caller.account is None:
        raise NotSignedIn("Nobody is signed in.", "Sign in first.")
    return caller.account


# --- forgotten


@router.api_route("/password/forgotten", methods=_BOTH, dependencies=[needs(Action.SIGN_IN)])
def get_forgotten(request: Request, services: Given, who: WhoAsks) -> Response:
    """Show the form; where the service sends no messages, say whom to ask."""
    return _forgotten_page(request, services, who, is_asked=False)


@router.post("/password/forgotten", dependencies=_FORM)
def post_forgotten(
    request: Request,
    services: Given,
    who: WhoAsks,
    email: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    """Say the same whoever asks; the message goes to whom it may concern."""
    if services.settings.mail is None:
        return _forgotten_page(request, services, who, is_asked=False)
    address = request.client.host if request.client else ""
    ask_for_link(services.store, services.settings, email, address)
    return _forgotten_page(request, services, who, is_asked=True)


def _forgotten_page(
    request: Request, services: Services, who: Caller, *, is_asked: bool
) -> Response:
    return _page(
        request,
        services,
        "password_forgotten.html.j2",
        who.account,
        is_asked=is_asked,
        is_mailed=services.settings.mail is not None,
    )


# --- within


def _check_same(password: str, again: str) -> None:
    if password != again:
        raise BadRequest("The two are not the same.", "Type it once more.", where="again")


def _page(
    request: Request,
    services: Services,
    template: str,
    account: Account | None,
    status: int = 200,
    **values: object,
) -> HTMLResponse:
    response = HTMLResponse("", status_code=status, headers=NO_STORE)
    # whoever is not signed in gets a cookie that binds the form's token
    token = services.sessions.form_token(request, response)
    values = {"errors": Errors(), "done": ""} | values
    html = render(
        template,
        account=account,
        is_demo=services.settings.is_demo,
        csrf_token=token,
        **values,
    )
    response.body = html.encode()
    response.headers["Content-Length"] = str(len(response.body))
    return response
