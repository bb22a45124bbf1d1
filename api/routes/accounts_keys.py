"""An administrator's page of API keys: made, shown once, revoked."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.access import KEY_ACTIONS, Caller, needs, needs_by_form
from api.accounts.keys import key_actions_of, make_key
from api.errors import BadRequest, Conflict, NotFound
from api.rights import Action
from api.routes.area_page import NO_STORE, AreaPage, error_status, note_error
from api.routes.areas import AreaId
from api.routes.team_page import Sent
from api.services import Given, Services
from api.store import Unit
from api.store.records import Area
from api.team.forms import Errors, Fields

__all__ = [
    "get_keys",
    "post_key",
    "post_revoke",
    "router",
]

router = APIRouter(prefix="/accounts/{area_id}/keys", include_in_schema=False)

_Administrator = Annotated[Caller, needs(Action.MANAGE_KEYS)]
_ByForm = Annotated[Caller, needs_by_form(Action.MANAGE_KEYS)]
_FIELDS = ("name", "actions", "days")
_LONGEST_DAYS = 366
_DONE = {"revoked": "The key is revoked. From now on it opens nothing."}
_DO = {
    Action.LIST_PLANS: "List the plans and their status",
    Action.READ_RELEASED: "Read what is released of a plan",
    Action.READ_PLAN: "Read the exact plan, which is internal",
}


@router.api_route("", methods=["GET", "HEAD"])
def get_keys(
    request: Request, services: Given, area_id: AreaId, caller: _Administrator
) -> Response:
    """List the keys of one's own organisation, and show the form to make one."""
    return _list_page(request, services, caller, area_id, Fields(), Errors(), 200)


@router.post("")
def post_key(
    request: Request, services: Given, area_id: AreaId, sent: Sent, caller: _ByForm
) -> Response:
    """Make a key. This page is the only place where it is shown."""
    try:
        name, actions, days = _read(sent)
        with services.store.writing(caller.actor) as unit:
            area = _area(unit, area_id)
            for one in unit.keys.of_area(area_id, caller.organisation_id):
                is_good = one.revoked_at is None and unit.now < one.expires_at
                if is_good and one.name == name:
                    raise Conflict("There is a key of this name.", "Choose another name.")
            key, made = make_key(unit, caller, area_id, name, actions, days)
    except (BadRequest, Conflict) as error:
        errors = note_error(error, _FIELDS)
        return _list_page(request, services, caller, area_id, sent, errors, error_status(error))
    page = AreaPage(request, services, caller, area, "accounts", _DONE)
    return page.answer("accounts_key.html.j2", key=key, made=made)


@router.post("/{key_id}/revoke")
def post_revoke(
    services: Given,
    area_id: AreaId,
    key_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    caller: _ByForm,
) -> Response:
    """Revoke a key."""
    with services.store.writing(caller.actor) as unit:
        if not unit.keys.revoke(area_id, caller.organisation_id, key_id):
            raise NotFound
        unit.log.write("revoke_key", f"key:{key_id}", area_id=area_id)
    to = f"/accounts/{quote(area_id)}/keys?done=revoked"
    return RedirectResponse(to, status_code=303, headers=NO_STORE)


def _read(sent: Fields) -> tuple[str, list[str], int]:
    name, actions, days = sent.text("name"), sent.texts("actions"), sent.number("days")
    if not 3 <= len(name) <= 100 or not name.isprintable():
        raise BadRequest("The name is too short or too long.", "Use 3 to 100 characters.",
                         where="name")  # fmt: skip
    if not actions or not set(actions) <= {str(one) for one in KEY_ACTIONS}:
        raise BadRequest("It is not said what the key may do.", "Choose at least one.",
                         where="actions")  # fmt: skip
    if days is None or not 1 <= days <= _LONGEST_DAYS:
        raise BadRequest("The days are no number from 1 to 366.", "Give one.", where="days")
    return name, actions, days


def _list_page(
    request: Request,
    services: Services,
    caller: Caller,
    area_id: str,
    sent: Fields,
    errors: Errors,
    status: int,
) -> Response:
    with services.store.reading() as unit:
        area, now = _area(unit, area_id), unit.now
        keys = unit.keys.of_area(area_id, caller.organisation_id)
        own = unit.areas.organisation_name(caller.organisation_id)
    page = AreaPage(request, services, caller, area, "accounts", _DONE)
    return page.answer(
        "accounts_keys.html.j2",
        status=status,
        errors=errors,
        sent=sent,
        own=own,
        keys=[
            (one, one.revoked_at is None and now < one.expires_at, [
                words for action, words in _DO.items() if action in one.actions
            ])
            for one in keys
        ],
        actions=[
            {"value": str(action), "text": words, "checked": str(action) in sent.texts("actions")}
            for action, words in _DO.items()
            if action in key_actions_of(area, caller.organisation_id)
        ],
    )  # fmt: skip


def _area(unit: Unit, area_id: str) -> Area:
    area = unit.areas.get(area_id)
    if area is None:
        raise NotFound
    return area
