"""The log of an area, for its auditors."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.access import Caller, needs
from api.models import AuditBody, AuditPage
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.services import Given

__all__ = ["list_entries", "router"]

router = APIRouter(prefix="/api/v1/areas/{area_id}/audit", tags=["audit"])


@router.get("", responses={**describe_problems(401, 403, 404, 422, 503)})
def list_entries(
    services: Given,
    area_id: AreaId,
    response: Response,
    caller: Annotated[Caller, needs(Action.READ_AUDIT)],
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditPage:
    """List who read, changed and published what, when and why: newest first. Reading is logged."""
    response.headers["Cache-Control"] = "no-store"
    with services.store.writing(caller.actor) as unit:
        entries = unit.log.entries(area_id, before=before, limit=limit)
        unit.log.write(
            Action.READ_AUDIT, f"audit:{area_id}", area_id=area_id, details={"n": len(entries)}
        )
    return AuditPage(
        entries=[
            AuditBody(
                entry_id=one.entry_id,
                at=one.at,
                actor=one.actor,
                action=one.action,
                subject=one.subject,
                reason=one.reason,
                details=json.loads(one.details),
                entry_hash=one.entry_hash,
            )
            for one in entries
        ],
        next_before=entries[-1].entry_id if len(entries) == limit else None,
    )
