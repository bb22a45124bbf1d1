"""Plans for the team and its partners: versions, the exact plan, exact streets, publishing."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response

from api.access import Caller, needs
from api.answers import TEAM_ONLY, answer_bytes
from api.errors import BadRequest, MissingCondition, NotFound
from api.geojson import MEDIA_TYPE, Asked, collection_body, feature_body
from api.models import FeatureBody, FeatureCollectionBody, PlanBody, PublishAsked, ReleasedBody
from api.partners.view import find_newest
from api.problems import describe_problems
from api.publishing import publish
from api.rights import Action
from api.routes.areas import AreaId, school_body
from api.services import Given
from api.store import Unit
from api.store.records import PlanHead

__all__ = ["get_plan", "get_released", "list_plans", "list_segments", "publish_plan", "router"]

router = APIRouter(prefix="/api/v1/areas/{area_id}/plans", tags=["plans"])

_Week = Annotated[date, Path(description="The Monday.", examples=["2026-11-23"])]
_Version = Annotated[int, Path(ge=1, le=1_000_000, examples=[1])]
_ERRORS = describe_problems(401, 403, 404, 422, 503)
_PLAN = "/{week}/{version}"


@router.get("", responses={**_ERRORS})
def list_plans(
    services: Given,
    area_id: AreaId,
    response: Response,
    caller: Annotated[Caller, needs(Action.LIST_PLANS)],
) -> list[PlanBody]:
    """List every version of every week's plan, newest first."""
    del caller
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        return [_body(one) for one in unit.plans.heads(area_id)]


@router.get(
    _PLAN,
    response_class=Response,
    responses={
        200: {
            "description": "`internal/plan.json` of the output contract. Its reading is logged.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        304: {"description": "Unchanged since the tag in `If-None-Match`."},
        **_ERRORS,
    },
)
def get_plan(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: _Week,
    version: _Version,
    caller: Annotated[Caller, needs(Action.READ_PLAN)],
) -> Response:
    """Give the exact plan. Internal: it is not disclosure-controlled."""
    with services.store.writing(caller.actor) as unit:
        head = _find(unit, area_id, week, version)
        unit.log.write(
            Action.READ_PLAN, head.name, area_id=area_id, details={"sha256": head.document_sha256}
        )
        content = unit.plans.document(head.plan_id).encode()
    return answer_bytes(
        request, content, "application/json", TEAM_ONLY, Row_Version=str(head.row_version)
    )


@router.get(_PLAN + "/released", responses={**_ERRORS})
def get_released(
    services: Given,
    area_id: AreaId,
    week: _Week,
    version: _Version,
    response: Response,
    caller: Annotated[Caller, needs(Action.READ_RELEASED)],
) -> ReleasedBody:
    """Give what partners may see of a plan before it is published: its released part.

    Who may not read the plan itself reads the newest version of each week that is not over.
    """
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        head = _find(unit, area_id, week, version)
        if Action.READ_PLAN not in caller.allowed_in(area_id):
            area = unit.areas.get(area_id)
            today = services.shown_day(area.timezone if area else "Europe/London")
            if find_newest(unit, area_id, today, week).plan_id != head.plan_id:
                raise NotFound
        patrols = unit.plans.patrols(head.plan_id)
        return ReleasedBody(
            plan=_body(head),
            schools=[
                school_body(one, tuple(two for two in patrols if two.school_id == one.school_id))
                for one in unit.plans.schools(head.plan_id)
            ],
            corridors=[
                FeatureBody.model_validate(json.loads(feature_body(one)))
                for one in unit.features.corridors_of(head.plan_id, area_id)
            ],
        )


@router.get(
    _PLAN + "/segments",
    response_class=Response,
    response_model=FeatureCollectionBody,
    responses={
        200: {
            "description": "GeoJSON, RFC 7946. Its reading is logged with the reason.",
            "content": {
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/FeatureCollectionBody"}}
            },
        },
        **describe_problems(400),
        **_ERRORS,
    },
)
def list_segments(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: _Week,
    version: _Version,
    asked: Asked,
    reason: Annotated[
        str,
        Query(
            min_length=3,
            max_length=200,
            pattern=r"^[^\x00-\x1f]*$",
            description="Why exact figures are read. The log keeps it.",
            examples=["Preparing Tuesday's meeting"],
        ),
    ],
    caller: Annotated[Caller, needs(Action.READ_EVIDENCE)],
) -> Response:
    """List street segments with exact intensity and number of incidents. Internal."""
    with services.store.writing(caller.actor) as unit:
        head = _find(unit, area_id, week, version)
        page = unit.features.segments(
            head.plan_id, area_id, box=asked.box, limit=asked.limit, offset=asked.offset
        )
        unit.log.write(
            Action.READ_EVIDENCE,
            head.name,
            area_id=area_id,
            reason=reason,
            details={"segments": len(page.features), "matched": page.n_matched},
        )
    body = collection_body(request, page, asked)
    return Response(body, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@router.post(
    _PLAN + "/publish", responses={**describe_problems(400, 409, 413, 415, 428), **_ERRORS}
)
def publish_plan(
    services: Given,
    area_id: AreaId,
    week: _Week,
    version: _Version,
    asked: PublishAsked,
    caller: Annotated[Caller, needs(Action.PUBLISH_PLAN)],
    if_match: Annotated[
        str | None,
        Header(description="The `row_version` that was looked at, in quotes.", examples=['"1"']),
    ] = None,
) -> PlanBody:
    """Publish an agreed plan. It cannot be changed any more; a change is a new version."""
    row_version = _row_version(if_match)
    with services.store.writing(caller.actor) as unit:
        head = _find(unit, area_id, week, version)
        area = unit.areas.get(area_id)
        done = publish(
            unit,
            head,
            row_version,
            reason=asked.reason,
            short_notice_reason=asked.short_notice_reason,
            today=services.shown_day(area.timezone if area else "Europe/London"),
        )
        return _body(done)


def _find(unit: Unit, area_id: str, week: date, version: int) -> PlanHead:
    head = unit.plans.head(area_id, week, version)
    if head is None:
        raise NotFound
    return head


def _row_version(if_match: str | None) -> int:
    mend = 'Send the row_version that you looked at, as If-Match: "3".'
    if if_match is None:
        raise MissingCondition("It is not said which state of the plan this starts from.", mend)
    found = re.fullmatch(r'"?([1-9][0-9]{0,8})"?', if_match.strip())
    if found is None:
        raise BadRequest("If-Match is not a row version.", mend, where="If-Match")
    return int(found[1])


def _body(head: PlanHead) -> PlanBody:
    return PlanBody.model_validate({name: getattr(head, name) for name in PlanBody.model_fields})
