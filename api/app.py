"""`create_app(settings)`: the whole service; nothing happens at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.access import check_routes
from api.guard import Guard
from api.openapi import describe
from api.problems import install_problems
from api.response_cache import ResponseCache
from api.routes import (
    account,
    accounts,
    accounts_keys,
    answers,
    areas,
    audit,
    audit_page,
    changes,
    collections,
    comments,
    docs,
    emails,
    health,
    jobs,
    keys,
    mappings,
    pages,
    partner,
    partner_corridors,
    partner_posts,
    passwords,
    plan_map,
    plans,
    sign_in,
    statements,
    team,
    team_asking,
    team_cancelling,
    team_changes,
    team_exporting,
    team_jobs,
    team_mapping,
    team_plans,
    team_publishing,
    team_schools,
    team_uploads,
    uploads,
)
from api.services import Seams, make_services
from api.settings import Settings
from corridors import __version__

__all__ = ["create_app"]

_MODULES = (
    health,
    areas,
    collections,
    plans,
    keys,
    audit,
    account,
    docs,
    sign_in,
    pages,
    emails,
    plan_map,
    answers,
    comments,
    statements,
    partner,
    partner_posts,
    uploads,
    mappings,
    changes,
    jobs,
    team,
    team_asking,
    team_cancelling,
    team_changes,
    team_exporting,
    team_jobs,
    team_mapping,
    team_plans,
    team_publishing,
    team_schools,
    team_uploads,
    passwords,
    accounts,
    accounts_keys,
    audit_page,
    partner_corridors,
)


def create_app(settings: Settings, seams: Seams | None = None) -> FastAPI:
    """Build the service.

    Parameters
    ----------
    settings
        Where things are and what is secret; checked here once more.
    seams
        What tests put in the place of the clock, the hashing and the network.

    Raises
    ------
    SettingsError
        When it would not be safe to start so.
    RuntimeError
        When a route declares no action: a fault of ours.
    """
    services = make_services(settings.check(), seams or Seams())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        services.store.close()

    app = FastAPI(
        title="Safer Corridors",
        version=__version__,
        # the stock pages load scripts from a third party; ours are routes like others
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=lifespan,
    )
    app.state.services = services
    install_problems(app)
    for module in _MODULES:
        app.include_router(module.router)
    check_routes(app)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    app.add_middleware(ResponseCache, services=services)
    app.add_middleware(Guard, settings=services.settings)
    return app


def _name(route: APIRoute) -> str:
    return route.name
