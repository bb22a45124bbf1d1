"""Whether the service can do its work, and with which versions."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.access import needs
from api.errors import Unavailable
from api.models import HealthBody
from api.problems import describe_problems
from api.rights import Action
from api.services import Given
from corridors import __version__

__all__ = ["router"]

router = APIRouter(tags=["health"])


@router.get(
    "/health",
    response_model=HealthBody,
    dependencies=[needs(Action.READ_PUBLIC)],
    responses={**describe_problems(503)},
)
def get_health(services: Given) -> JSONResponse:
    """Tell whether the database answers and has the tables of this version."""
    state = services.store.migration_state()
    if not state.is_current:
        raise Unavailable(
            f"The database is at step {state.current}, this version needs {state.needed}.",
            "Stop every other version of the service and start this one again.",
        )
    body = HealthBody(
        status="ok",
        version=__version__,
        geos=_version("shapely", "geos_version_string"),
        proj=_version("pyproj", "proj_version_str"),
        gdal=_version("pyogrio", "__gdal_version_string__"),
        database=services.store.kind,
        migration=state.current,
        migration_needed=state.needed,
    )
    return JSONResponse(body.model_dump(), headers={"Cache-Control": "no-store"})


@cache
def _version(module: str, name: str) -> str:
    """Ask the library itself, when first asked: loading takes a second, and starting must not."""
    return str(getattr(import_module(module), name))
