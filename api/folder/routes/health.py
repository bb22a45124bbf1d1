"""Whether the service can do its work, and with which versions."""

from __future__ import annotations

import pyproj
import shapely
from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.folder.routes.answers import Folder
from corridors import __version__

__all__ = ["Health", "router"]

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The state of the service."""

    status: str
    version: str
    geos: str
    proj: str


@router.get("/healthz", responses={503: {"model": Health, "description": "Nothing to serve."}})
def get_health(folder: Folder, response: Response) -> Health:
    """Tell whether there is a plan to serve."""
    is_there = folder.is_there()
    response.status_code = 200 if is_there else 503
    response.headers["Cache-Control"] = "no-store"
    return Health(
        status="ok" if is_there else "no plan",
        version=__version__,
        geos=shapely.geos_version_string,
        proj=pyproj.proj_version_str,
    )
