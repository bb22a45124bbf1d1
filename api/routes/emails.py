"""E-mail about a school's patrols: ask, confirm, stop; pages that need no script and no account."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access import WhoAsks, check_form_token, link_is_proof, needs
from api.errors import BadRequest, NotFound, TooMany
from api.problems import STATUS_OF
from api.public import PublicArea, find_area, find_school
from api.rights import Action
from api.routes.areas import AreaId, SchoolFile
from api.services import Given, Services
from api.store import NOBODY
from api.store.records import School
from api.subscribing import ask, confirm, is_expired, stop
from api.templates import render

__all__ = [
    "get_ask",
    "get_asked",
    "get_confirm",
    "get_stop",
    "post_ask",
    "post_confirm",
    "post_stop",
    "router",
]

router = APIRouter(include_in_schema=False, dependencies=[needs(Action.SUBSCRIBE)])

_ASK = "/areas/{area_id}/schools/{file}/emails"
_LINK = "/emails/{token}"
_NO_STORE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_BOTH = ["GET", "HEAD"]
_Token = Annotated[str, Path(max_length=64)]


@router.api_route(_ASK, methods=_BOTH)
def get_ask(
    request: Request, services: Given, who: WhoAsks, area_id: AreaId, file: SchoolFile
) -> Response:
    """Show the form."""
    area, school = _find(services, area_id, file)
    return _form(request, services, who, "emails_ask.html.j2", area=area.area, school=school)


@router.post(_ASK, dependencies=[Depends(check_form_token)])
def post_ask(
    request: Request,
    services: Given,
    who: WhoAsks,
    area_id: AreaId,
    file: SchoolFile,
    email: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Take an address; what is answered tells nobody whether it is known."""
    area, school = _find(services, area_id, file)
    address = request.client.host if request.client else ""
    try:
        ask(services.store, services.settings, area, school, email, address)
    except (BadRequest, TooMany) as error:
        return _form(
            request,
            services,
            who,
            "emails_ask.html.j2",
            area=area.area,
            school=school,
            email=email,
            error=str(error),
            status=int(STATUS_OF[type(error)]),
        )
    here = request.url.path
    return RedirectResponse(f"{here}/asked", status_code=303, headers=_NO_STORE)


@router.api_route(_ASK + "/asked", methods=_BOTH)
def get_asked(services: Given, who: WhoAsks, area_id: AreaId, file: SchoolFile) -> Response:
    """Say to look for the message; the same for everybody."""
    area, school = _find(services, area_id, file)
    mail = services.settings.mail
    return _page(
        services,
        who,
        "emails_asked.html.j2",
        area=area.area,
        school=school,
        folder=str(mail.folder.resolve()) if mail and mail.folder else "",
    )


@router.api_route(_LINK + "/confirm", methods=_BOTH)
def get_confirm(request: Request, services: Given, who: WhoAsks, token: _Token) -> Response:
    """Show the button that confirms; programs that only look at links change nothing."""
    with services.store.reading() as unit:
        found = unit.subscriptions.by_token(token)
        state = "unknown" if found is None else "expired" if is_expired(unit, found) else "good"
        if found is not None and found.confirmed_at is not None:
            state = "confirmed"
    status = 200 if state in {"good", "confirmed"} else int(HTTPStatus.NOT_FOUND)
    return _form(request, services, who, "emails_confirm.html.j2", state=state, status=status)


@router.post(_LINK + "/confirm", dependencies=[Depends(check_form_token)])
def post_confirm(services: Given, who: WhoAsks, token: _Token) -> Response:
    """Confirm; a form that is sent twice confirms once."""
    with services.store.writing(NOBODY) as unit:
        is_good = confirm(unit, token)
    state = "confirmed" if is_good else "expired"
    status = 200 if is_good else int(HTTPStatus.NOT_FOUND)
    return _page(services, who, "emails_confirm.html.j2", status=status, state=state, csrf_token="")


@router.api_route(_LINK + "/stop", methods=_BOTH)
def get_stop(services: Given, who: WhoAsks, token: _Token) -> Response:
    """Show the button that stops the messages."""
    with services.store.reading() as unit:
        is_known = unit.subscriptions.by_token(token) is not None
    return _page(services, who, "emails_stop.html.j2", state="ask" if is_known else "stopped")


@router.post(_LINK + "/stop", dependencies=[Depends(link_is_proof)])
def post_stop(services: Given, who: WhoAsks, token: _Token) -> Response:
    """Stop the messages and delete the address, by the page or by one request of a mail program."""
    with services.store.writing(NOBODY) as unit:
        stop(unit, token)
    return _page(services, who, "emails_stop.html.j2", state="stopped")


def _find(services: Services, area_id: str, file: str) -> tuple[PublicArea, School]:
    if services.settings.mail is None:
        raise NotFound("This service sends no emails.", "Use the calendar on the school's page.")
    now = services.shown_now()
    with services.store.reading() as unit:
        area = find_area(unit, area_id, now)
        return area, find_school(unit, area, file, now).school


def _page(
    services: Services, who: WhoAsks, template: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    page = render(template, account=who.account, is_demo=services.settings.is_demo, **values)
    return HTMLResponse(page, status_code=status, headers=_NO_STORE)


def _form(
    request: Request,
    services: Services,
    who: WhoAsks,
    template: str,
    *,
    status: int = 200,
    **values: object,
) -> HTMLResponse:
    """Fill a page that holds a form, with its token."""
    holder = HTMLResponse()
    token = services.sessions.form_token(request, holder)
    filled = {"csrf_token": token, "email": "", "error": "", **values}
    response = _page(services, who, template, status=status, **filled)
    response.raw_headers += [one for one in holder.raw_headers if one[0] == b"set-cookie"]
    return response
