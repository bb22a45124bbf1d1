"""An administrator's pages: who is in the area, invitations, roles, closing, passwords."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.access import Caller, needs, needs_by_form
from api.accounts.inviting import INVITED_VALID_S, Invitation, invite
from api.accounts.links import link_path
from api.accounts.managing import (
    RESET_VALID_S,
    Manager,
    close,
    find_managed,
    list_managed,
    reset,
    set_roles,
    state_of,
)
from api.audits.words import Actors
from api.errors import BadRequest, Conflict, NotAllowed, NotFound, ServiceError
from api.rights import Action, Role
from api.routes.area_page import NO_STORE, AreaPage, error_status, note_error
from api.routes.areas import AreaId
from api.routes.team_page import Sent
from api.services import Given, Services
from api.store import Unit
from api.store.records import Account
from api.team.forms import Errors, Fields

__all__ = [
    "get_account",
    "get_accounts",
    "get_invite",
    "post_invite",
    "post_step",
    "router",
]

router = APIRouter(prefix="/accounts/{area_id}", include_in_schema=False)

_BOTH = ["GET", "HEAD"]
_ONE = "/people/{account_id}"
_AccountId = Annotated[int, Path(ge=1, le=2**31 - 1)]
_Administrator = Annotated[Caller, needs(Action.MANAGE_ACCOUNTS)]
_ByForm = Annotated[Caller, needs_by_form(Action.MANAGE_ACCOUNTS)]
_INVITE_FIELDS = ("email", "shown_name", "organisation", "roles", "reason")
_DONE = {
    "invited": "A message is on its way. The link in it works once, within 7 days.",
    "added": "They have an account already, and hold the roles from now on.",
    "roles": "The roles hold from now on.",
    "left": "The account holds no role in this area any more.",
    "closed": "The account is closed. Wherever it was signed in, it is signed out.",
    "opened": "The account is open again.",
    "reset": "The password is ended, and a message with a link is on its way.",
}
_DO = {
    Role.ANALYST: "Uploads incidents, sees evidence, makes drafts.",
    Role.PLANNER: "Makes and changes plans, asks for agreement.",
    Role.APPROVER: "Makes plans, publishes them, cancels patrols.",
    Role.PARTNER: "Agrees or declines for an organisation, and sees what is released.",
    Role.AUDITOR: "Reads the log.",
    Role.ADMINISTRATOR: "Sees to accounts and keys. Sees no plan.",
}


@dataclass(frozen=True, slots=True)
class _Person:
    account: Account
    organisation: str
    roles: tuple[str, ...]
    state: str
    """``active``, ``closed`` or ``invited``."""


@router.api_route("", methods=_BOTH)
def get_accounts(
    request: Request, services: Given, area_id: AreaId, caller: _Administrator
) -> Response:
    """List everybody that this administrator sees to."""
    with services.store.reading() as unit:
        manager = _manager(unit, services, caller, area_id)
        people = [_person(unit, one, area_id) for one in list_managed(unit, manager)]
    return _page(request, services, caller, manager).answer(
        "accounts.html.j2", people=people, is_host=manager.is_host
    )


# --- inviting


@router.api_route("/invite", methods=_BOTH)
def get_invite(
    request: Request, services: Given, area_id: AreaId, caller: _Administrator
) -> Response:
    """Show the form to invite somebody."""
    return _invite_form(request, services, caller, area_id, Fields(), None)


@router.post("/invite")
def post_invite(
    request: Request, services: Given, area_id: AreaId, sent: Sent, caller: _ByForm
) -> Response:
    """Invite somebody; the link goes by message, or is shown this once."""
    errors = Errors()
    reason = errors.reason(sent)
    try:
        if errors:
            raise BadRequest(errors.get("reason"), where="reason")
        with services.store.writing(caller.actor) as unit:
            manager = _manager(unit, services, caller, area_id)
            asked = Invitation(
                email=sent.text("email"),
                shown_name=sent.text("shown_name"),
                organisation=sent.text("organisation"),
                roles=_roles(sent),
                reason=reason,
            )
            invited = invite(unit, manager, asked)
            account = unit.accounts.get(invited.account_id)
    except (BadRequest, NotAllowed, Conflict) as error:
        return _invite_form(request, services, caller, area_id, sent, error)
    if invited.token is None or account is None:
        return _go(area_id, "", "invited" if invited.is_new else "added")
    page = _page(request, services, caller, manager)
    return _link_page(page, account, invited.token, INVITED_VALID_S // 3600)


def _invite_form(
    request: Request,
    services: Services,
    caller: Caller,
    area_id: str,
    sent: Fields,
    error: ServiceError | None,
) -> Response:
    with services.store.reading() as unit:
        manager = _manager(unit, services, caller, area_id)
        own = unit.areas.organisation_name(caller.organisation_id)
        known = sorted({
            unit.areas.organisation_name(one.organisation_id)
            for one in list_managed(unit, manager)
        })  # fmt: skip
    return _page(request, services, caller, manager).answer(
        "accounts_invite.html.j2",
        status=error_status(error) if error else 200,
        errors=note_error(error, _INVITE_FIELDS) if error else None,
        sent=sent,
        own=own,
        known=known,
        is_host=manager.is_host,
        roles=_choices(manager, frozenset(_known_roles(sent))),
    )


# --- one account


@router.api_route(_ONE, methods=_BOTH)
def get_account(
    request: Request,
    services: Given,
    area_id: AreaId,
    account_id: _AccountId,
    caller: _Administrator,
) -> Response:
    """Show an account: its roles, who gave them and why, and what can be done with it."""
    return _account_page(request, services, caller, area_id, account_id, None, None)


@router.post(_ONE + "/{step}")
def post_step(
    request: Request,
    services: Given,
    area_id: AreaId,
    account_id: _AccountId,
    step: Annotated[str, Path(max_length=20)],
    sent: Sent,
    caller: _ByForm,
) -> Response:
    """Set the roles of an account, close or open it, or end its password; each with its reason."""
    if step not in {"roles", "close", "open", "reset"}:
        raise NotFound
    errors, field, seen = Errors(), f"{step}_reason", sent.text("seen")
    reason = errors.reason(sent, field)
    token, done = None, {"close": "closed", "open": "opened"}.get(step, step)
    try:
        if errors:
            raise BadRequest(errors.get(field), where=field)
        with services.store.writing(caller.actor) as unit:
            manager = _manager(unit, services, caller, area_id)
            if step == "roles":
                roles = _roles(sent)
                set_roles(unit, manager, account_id, seen, roles, reason)
                done = "roles" if roles else "left"
            elif step == "reset":
                token = reset(unit, manager, services.passwords, account_id, seen, reason)
            else:
                close(unit, manager, account_id, seen, reason, is_active=step == "open")
            account = unit.accounts.get(account_id)
    except (BadRequest, NotAllowed, Conflict) as error:
        shown = note_error(error, (field, "roles"))
        return _account_page(
            request, services, caller, area_id, account_id, shown, sent, error_status(error)
        )
    if token is not None and account is not None:
        page = _page(request, services, caller, manager)
        return _link_page(page, account, token, RESET_VALID_S // 3600)
    return _go(area_id, "" if done == "left" else f"/people/{account_id}", done)


def _account_page(
    request: Request,
    services: Services,
    caller: Caller,
    area_id: str,
    account_id: int,
    errors: Errors | None,
    sent: Fields | None,
    status: int = 200,
) -> Response:
    with services.store.reading() as unit:
        manager = _manager(unit, services, caller, area_id)
        account = find_managed(unit, manager, account_id)
        person = _person(unit, account, area_id)
        has_directory = unit.accounts.has_directory(account_id)
        actors = Actors(unit)
        history = [
            (one.at, actors.name(one.actor), one.reason, json.loads(one.details))
            for one in unit.log.about(f"account:{account_id}", "give_roles")[::-1]
            if one.area_id == area_id
        ]
    held = account.roles[area_id] if sent is None else frozenset(_known_roles(sent))
    return _page(request, services, caller, manager).answer(
        "accounts_one.html.j2",
        status=status,
        errors=errors,
        person=person,
        sent=sent or Fields(),
        roles=_choices(manager, held if sent and sent.text("seen") else account.roles[area_id]),
        history=history,
        seen=state_of(services.settings, account, area_id),
        is_self=account_id == (caller.account.account_id if caller.account else 0),
        is_elsewhere=any(held for one, held in account.roles.items() if one != area_id),
        has_directory=has_directory,
        is_mailed=manager.is_mailed,
    )


# --- within


def _manager(unit: Unit, services: Services, caller: Caller, area_id: str) -> Manager:
    area = unit.areas.get(area_id)
    if area is None or caller.account is None:
        raise NotFound
    return Manager(area, caller.account, services.settings)


def _page(request: Request, services: Services, caller: Caller, manager: Manager) -> AreaPage:
    return AreaPage(request, services, caller, manager.area, "accounts", _DONE)


def _link_page(page: AreaPage, account: Account, token: str, hours: int) -> Response:
    link = page.services.settings.base_url + link_path(token)
    return page.answer("accounts_link.html.j2", person=account, link=link, hours=hours)


def _person(unit: Unit, account: Account, area_id: str) -> _Person:
    can_sign_in = account.password_hash is not None or unit.accounts.has_directory(
        account.account_id
    )
    state = "active" if can_sign_in else "invited"
    return _Person(
        account=account,
        organisation=unit.areas.organisation_name(account.organisation_id),
        roles=tuple(sorted(str(one) for one in account.roles[area_id])),
        state=state if account.is_active else "closed",
    )


def _known_roles(sent: Fields) -> list[Role]:
    return [Role(one) for one in sent.texts("roles") if one in set(Role)]


def _roles(sent: Fields) -> frozenset[Role]:
    known = _known_roles(sent)
    if len(known) != len(sent.texts("roles")):
        raise BadRequest("This is no role.", "Choose from the list.", where="roles")
    return frozenset(known)


def _choices(manager: Manager, held: frozenset[Role]) -> list[dict[str, object]]:
    """List the roles for a form; those that are not one's own to give stay as they are."""
    return [
        {
            "value": str(role),
            "text": str(role).capitalize(),
            "hint": {"text": _DO[role]},
            "checked": role in held,
        }
        for role in Role
        if role in manager.may_give or role in held
    ]


def _go(area_id: str, to: str, done: str) -> Response:
    where = f"/accounts/{quote(area_id)}{to}?done={done}"
    return RedirectResponse(where, status_code=303, headers=NO_STORE)
