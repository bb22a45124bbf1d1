"""The released corridors, as GeoJSON."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.folder.routes.answers import Folder, answer_file

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["corridors"])


@router.get(
    "/corridors",
    response_class=Response,
    responses={
        200: {
            "description": "Corridors of the week: `corridor_id school_ids length_m grade`.",
            "content": {"application/geo+json": {"schema": {"type": "object"}}},
        },
        304: {"description": "Unchanged since the tag that was sent."},
        404: {"description": "Nothing is released.", "content": {"application/problem+json": {}}},
    },
)
def get_corridors(request: Request, folder: Folder) -> Response:
    """Give the corridors of the plan that is served, WGS84."""
    return answer_file(request, folder.read("corridors.geojson"), "application/geo+json")
