"""How forces call their columns, saved by name, as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.access import Caller, needs
from api.answers import TEAM_ONLY
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.services import Given
from api.store.work_records import NamedMapping
from api.work_models import MappingAsked, MappingBody

__all__ = ["list_mappings", "router", "save_mapping"]

router = APIRouter(prefix="/api/v1/areas/{area_id}/mappings", tags=["uploads"])

_Uploader = Annotated[Caller, needs(Action.UPLOAD_INPUT)]
_Reader = Annotated[Caller, needs(Action.READ_WORK)]
_ERRORS = describe_problems(401, 403, 404, 422, 503)


@router.get("", responses={**_ERRORS})
def list_mappings(
    services: Given, area_id: AreaId, response: Response, caller: _Reader
) -> list[MappingBody]:
    """List the mappings that were saved by name."""
    del caller
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        return [_mapping(one) for one in unit.mappings.all(area_id)]


@router.put("/{name}", responses={**describe_problems(400, 409, 413, 415), **_ERRORS})
def save_mapping(
    services: Given,
    area_id: AreaId,
    name: Annotated[
        str, Path(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f/]+$", examples=["Export"])
    ],
    asked: MappingAsked,
    caller: _Uploader,
) -> MappingBody:
    """Save how a force calls its columns; what was saved under the name is replaced."""
    with services.store.writing(caller.actor) as unit:
        return _mapping(unit.mappings.save(area_id, name, asked.document))


def _mapping(one: NamedMapping) -> MappingBody:
    return MappingBody.model_validate(
        {name: getattr(one, name) for name in MappingBody.model_fields}
    )
