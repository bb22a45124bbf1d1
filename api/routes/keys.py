"""API keys of an area: made and revoked by its administrators, shown once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.access import Caller, needs
from api.accounts.keys import make_key as make_key_of
from api.errors import NotFound
from api.models import KeyAsked, KeyBody, KeyMade
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.services import Given
from api.store.records import ApiKey

__all__ = ["list_keys", "make_key", "revoke_key", "router"]

router = APIRouter(prefix="/api/v1/areas/{area_id}/keys", tags=["keys"])

_Administrator = Annotated[Caller, needs(Action.MANAGE_KEYS)]
_ERRORS = describe_problems(401, 403, 404, 503)


@router.get("", responses={**_ERRORS})
def list_keys(
    services: Given, area_id: AreaId, response: Response, caller: _Administrator
) -> list[KeyBody]:
    """List the keys of one's own organisation in this area; never the keys themselves."""
    response.headers["Cache-Control"] = "no-store"
    with services.store.reading() as unit:
        return [_body(one) for one in unit.keys.of_area(area_id, caller.organisation_id)]


@router.post("", status_code=201, responses={**describe_problems(400, 413, 415, 422), **_ERRORS})
def make_key(
    services: Given,
    area_id: AreaId,
    asked: KeyAsked,
    response: Response,
    caller: _Administrator,
) -> KeyMade:
    """Make a key. This is the only time that it is shown."""
    response.headers["Cache-Control"] = "no-store"
    with services.store.writing(caller.actor) as unit:
        key, made = make_key_of(unit, caller, area_id, asked.name, asked.actions, asked.days)
    return KeyMade(key=key, **_body(made).model_dump())


@router.delete("/{key_id}", status_code=204, responses={**_ERRORS, **describe_problems(422)})
def revoke_key(
    services: Given,
    area_id: AreaId,
    key_id: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])],
    caller: _Administrator,
) -> None:
    """Revoke a key; from now on it opens nothing."""
    with services.store.writing(caller.actor) as unit:
        if not unit.keys.revoke(area_id, caller.organisation_id, key_id):
            raise NotFound
        unit.log.write("revoke_key", f"key:{key_id}", area_id=area_id)


def _body(key: ApiKey) -> KeyBody:
    return KeyBody(
        key_id=key.key_id,
        name=key.name,
        actions=sorted(str(one) for one in key.actions),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )
