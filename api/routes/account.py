"""One's own account, as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller, needs
from api.errors import NotSignedIn
from api.models import MeBody
from api.problems import describe_problems
from api.rights import Action
from api.services import Given

__all__ = ["get_me", "router"]

router = APIRouter(prefix="/api/v1/me", tags=["account"])


@router.get("", responses={**describe_problems(401, 403, 503)})
def get_me(
    request: Request,
    services: Given,
    response: Response,
    caller: Annotated[Caller, needs(Action.USE_ACCOUNT)],
) -> MeBody:
    """Tell who is signed in, and the token that a browser's changing requests need."""
    response.headers["Cache-Control"] = "no-store"
    if caller.account is None:
        raise NotSignedIn("Nobody is signed in.", "Sign in first.")
    return MeBody(
        account_id=caller.account.account_id,
        shown_name=caller.account.shown_name,
        roles={
            area: sorted(str(one) for one in roles)
            for area, roles in sorted(caller.account.roles.items())
        },
        csrf_token=services.sessions.form_token(request),
    )
