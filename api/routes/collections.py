"""What has a place, as OGC API - Features asks for it: corridors of the plans that hold."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.access import needs
from api.answers import PUBLIC_FOR_A_MINUTE, answer_bytes
from api.errors import NotFound
from api.geojson import MEDIA_TYPE, Asked, collection_body, feature_body
from api.models import (
    CollectionBody,
    CollectionsBody,
    FeatureBody,
    FeatureCollectionBody,
    LinkBody,
)
from api.problems import describe_problems
from api.rights import Action
from api.services import Given, Services
from api.store.features import Box

__all__ = ["get_collection", "get_item", "list_collections", "list_items", "router"]

router = APIRouter(
    prefix="/api/v1/collections", tags=["collections"], dependencies=[needs(Action.READ_PUBLIC)]
)

_Collection = Annotated[str, Path(max_length=60, examples=["corridors"])]
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Unchanged since the tag in `If-None-Match`."}
}


def _geojson(model: str) -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {
        200: {"description": "GeoJSON, RFC 7946.", "content": {MEDIA_TYPE: {"schema": schema}}},
        **_NOT_MODIFIED,
    }


@router.get("", responses={**describe_problems(503)})
def list_collections(services: Given, response: Response) -> CollectionsBody:
    """List the collections."""
    response.headers["Cache-Control"] = PUBLIC_FOR_A_MINUTE
    with services.store.reading() as unit:
        extent = unit.features.extent()
    return CollectionsBody(
        collections=[_corridors(services, extent)], links=[_link(services, "self", "")]
    )


@router.get("/{collection_id}", responses={**describe_problems(404, 503)})
def get_collection(
    services: Given, collection_id: _Collection, response: Response
) -> CollectionBody:
    """Describe one collection."""
    _check(collection_id)
    response.headers["Cache-Control"] = PUBLIC_FOR_A_MINUTE
    with services.store.reading() as unit:
        return _corridors(services, unit.features.extent())


@router.get(
    "/{collection_id}/items",
    response_class=Response,
    response_model=FeatureCollectionBody,
    responses={**_geojson("FeatureCollectionBody"), **describe_problems(400, 404, 422, 503)},
)
def list_items(
    request: Request,
    services: Given,
    collection_id: _Collection,
    asked: Asked,
    area: Annotated[
        str | None,
        Query(max_length=60, pattern=r"^[a-z0-9-]*$", description="Only of this area."),
    ] = None,
) -> Response:
    """List the corridors of each area's newest published plan."""
    _check(collection_id)
    with services.store.reading() as unit:
        page = unit.features.corridors(
            box=asked.box, area_id=area, limit=asked.limit, offset=asked.offset
        )
    body = collection_body(request, page, asked)
    return answer_bytes(request, body, MEDIA_TYPE, PUBLIC_FOR_A_MINUTE)


@router.get(
    "/{collection_id}/items/{feature_id}",
    response_class=Response,
    response_model=FeatureBody,
    responses={**_geojson("FeatureBody"), **describe_problems(404, 503)},
)
def get_item(
    request: Request,
    services: Given,
    collection_id: _Collection,
    feature_id: Annotated[str, Path(max_length=200, examples=["haverness.corridor-H001"])],
) -> Response:
    """Give one corridor."""
    _check(collection_id)
    area_id, _, corridor_id = feature_id.partition(".")
    with services.store.reading() as unit:
        feature = unit.features.corridor(area_id, corridor_id)
    if feature is None:
        raise NotFound
    return answer_bytes(request, feature_body(feature), MEDIA_TYPE, PUBLIC_FOR_A_MINUTE)


def _check(collection_id: str) -> None:
    if collection_id != "corridors":
        raise NotFound("There is no such collection.", "See /api/v1/collections.")


def _corridors(services: Services, extent: Box | None) -> CollectionBody:
    return CollectionBody(
        id="corridors",
        title="Corridors of the plans that hold",
        description="Where patrols walk in each area's newest published week, as released: no "
        "order or direction of the walk, no evidence, no count.",
        extent={} if extent is None else {"spatial": {"bbox": [list(extent)]}},
        links=[
            _link(services, "self", "/corridors"),
            _link(services, "items", "/corridors/items", MEDIA_TYPE),
        ],
    )


def _link(services: Services, rel: str, path: str, kind: str = "application/json") -> LinkBody:
    return LinkBody(
        rel=rel, type=kind, href=f"{services.settings.base_url}/api/v1/collections{path}"
    )
