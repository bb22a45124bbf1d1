"""Every route declares its action; who asks is found, and held against the table of rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Request
from fastapi.routing import APIRoute, iter_route_contexts

from api.errors import NotAllowed, NotFound, NotSignedIn
from api.rights import PUBLIC, SELF, Action, Role, allowed_actions
from api.services import Services
from api.sessions import hash_of_token
from api.store.records import Account, Actor, ApiKey

__all__ = [
    "KEY_ACTIONS",
    "Caller",
    "Needs",
    "WhoAsks",
    "check_form_token",
    "check_routes",
    "declared_actions",
    "link_is_proof",
    "needs",
    "needs_by_form",
]

KEY_ACTIONS = frozenset({Action.LIST_PLANS, Action.READ_RELEASED, Action.READ_PLAN})
"""What a key may be made for. Evidence, publishing, keys and the log stay with people."""

_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: somebody signed in, or a key, or a visitor (neither)."""

    account: Account | None = None
    session_token: str | None = None
    key: ApiKey | None = None

    @property
    def actor(self) -> Actor:
        """Give whom the log names."""
        if self.account is not None:
            return Actor(f"account:{self.account.account_id}", self.account.organisation_id)
        if self.key is not None:
            return Actor(f"key:{self.key.key_id}", self.key.organisation_id)
        return Actor("visitor")

    @property
    def organisation_id(self) -> int:
        """Give the organisation of somebody who is signed in.

        Raises
        ------
        NotSignedIn
            For a visitor.
        """
        found = self.actor.organisation_id
        if found is None:
            raise NotSignedIn("Nobody is signed in.", "Sign in first.")
        return found

    def roles_in(self, area_id: str) -> frozenset[Role]:
        """Give the roles that are held in an area."""
        return self.account.roles.get(area_id, frozenset()) if self.account else frozenset()

    def allowed_in(self, area_id: str) -> frozenset[Action]:
        """Give what may be done in an area; empty where nothing ties the caller to it."""
        if self.key is not None:
            return self.key.actions & KEY_ACTIONS if self.key.area_id == area_id else frozenset()
        roles = self.roles_in(area_id)
        return allowed_actions(roles) if roles else frozenset()


class Needs:
    """The dependency by which a route declares its action, and which sees to it.

    Another area's things are not there (404), so that nobody learns of them; within one's own area
    what is not one's to do is refused (403). A visitor is asked to sign in (401).
    """

    is_form_read_later = False
    """An upload's form: who asks is looked at before its body, the token right after."""

    def __init__(self, action: Action) -> None:
        self.action = action

    def __call__(self, request: Request) -> Caller:
        """Find who asks, and refuse or let through."""
        return self._admit(request, request.headers.get("x-csrf-token"))

    def _admit(self, request: Request, form_token: str | None) -> Caller:
        services: Services = request.app.state.services
        caller = _find_caller(request, services)
        request.state.account = caller.account  # a page of an error shows the same head
        if caller.account is None and caller.key is None:
            raise NotSignedIn("Nobody is signed in.", "Sign in, or send an API key.")
        is_changing = request.method not in _SAFE and not self.is_form_read_later
        if caller.session_token is not None and is_changing:
            services.sessions.check_form(request, form_token)
        if self.action in SELF:
            if caller.account is None:
                raise NotAllowed("A key has no account.", "Sign in.")
            return caller
        allowed = caller.allowed_in(request.path_params["area_id"])
        if not allowed:
            raise NotFound
        if self.action not in allowed:
            raise NotAllowed(
                "Your role in this area does not include this.",
                "Ask an administrator of the area.",
            )
        return caller


class _NeedsByForm(Needs):
    """The same for a form on a page, which carries its token among its fields."""

    def __call__(
        self, request: Request, csrf_token: Annotated[str, Form(max_length=200)] = ""
    ) -> Caller:
        """Find who asks, check the form, and refuse or let through."""
        return self._admit(request, csrf_token)


class _NeedsNobody(Needs):
    """For what is public: nobody is looked for."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        del request
        return Caller()


def needs(action: Action) -> Any:
    """Declare the action of a route: ``dependencies=[needs(Action.READ_PLAN)]``."""
    return Depends(_NEEDS[action])


def needs_by_form(action: Action) -> Any:
    """Declare the action of a form's route: the token is its field ``csrf_token``."""
    return Depends(_NEEDS_BY_FORM[action])


_NEEDS = {action: _NeedsNobody(action) if action in PUBLIC else Needs(action) for action in Action}
_NEEDS_BY_FORM = {action: _NeedsByForm(action) for action in Action if action not in PUBLIC}


def _find_caller(request: Request, services: Services) -> Caller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        # somebody who sends a key means the key, whatever the browser sends along
        key = _find_key(services, token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise NotSignedIn("This key is not known, expired or revoked.", "Ask for a new one.")
        return Caller(key=key)
    found = services.sessions.find(request)
    return Caller(account=found[1], session_token=found[0]) if found else Caller()


def _find_key(services: Services, token: str) -> ApiKey | None:
    with services.store.reading() as unit:
        key = unit.keys.by_hash(hash_of_token(token))
        is_good = key is not None and key.revoked_at is None and unit.now < key.expires_at
    return key if is_good else None


def _who_asks(request: Request) -> Caller:
    """Find who asks on a page that everybody may see."""
    services: Services = request.app.state.services
    found = services.sessions.find(request)
    request.state.account = found[1] if found else None
    return Caller(account=found[1], session_token=found[0]) if found else Caller()


WhoAsks = Annotated[Caller, Depends(_who_asks)]


def check_form_token(
    request: Request, csrf_token: Annotated[str, Form(max_length=200)] = ""
) -> None:
    """Refuse a form of a page that does not carry the token we gave."""
    services: Services = request.app.state.services
    services.sessions.check_form(request, csrf_token)


def link_is_proof() -> None:
    """Mark a public form whose address holds the secret that allows it: no cookie, no token.

    A mail program that stops messages by one request (RFC 8058) has neither.
    """


def declared_actions(app: FastAPI) -> Iterator[tuple[str, str, Action | None, bool]]:
    """Give every route: method, path, its action (None: none), whether it checks a form."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        calls = (
            [one.call for one in route.dependant.dependencies]
            if isinstance(route, APIRoute)
            else []
        )
        action = next((call.action for call in calls if isinstance(call, Needs)), None)
        for method in sorted(context.methods or ()):
            yield method, context.path or "", action, not _PROOFS.isdisjoint(calls)


_PROOFS = {check_form_token, link_is_proof}


def check_routes(app: FastAPI) -> None:
    """Refuse to start with a route that declares no action, or changes something unchecked.

    Raises
    ------
    RuntimeError
        Naming the route.
    """
    for method, path, action, is_form_checked in declared_actions(app):
        if action is None:
            message = f"{method} {path} declares no action"
            raise RuntimeError(message)
        if method not in _SAFE and action in PUBLIC and not is_form_checked:
            message = f"{method} {path} changes something and checks no form token"
            raise RuntimeError(message)
        is_of_area = action not in PUBLIC | SELF
        if is_of_area and "{area_id}" not in path:
            message = f"{method} {path} names no area to hold the rights against"
            raise RuntimeError(message)
