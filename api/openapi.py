"""The description of the interface, complete and true: errors of our shape, and who may ask."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access import declared_actions
from api.problems import PartProblem, ProblemDetails, describe_problems
from api.rights import PUBLIC, RIGHTS
from corridors import __version__

__all__ = ["describe"]

_DESCRIPTION = """\
After-school patrols: what is published for everybody, and plans for the team.

Every error is `application/problem+json` (RFC 9457) of one shape. Times are ISO 8601, in UTC.
Sign in with a browser, or send an API key as `Authorization: Bearer sck_…`. A browser's requests
that change something also carry `X-CSRF-Token`, which `GET /api/v1/me` gives.
What belongs to another area or organisation is not found (404).
"""


def describe(app: FastAPI) -> dict[str, Any]:
    """Make the OpenAPI description of an application, once."""
    if app.openapi_schema:
        return app.openapi_schema
    described = get_openapi(
        title="Safer Corridors",
        version=__version__,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=[
            {"name": "areas", "description": "Areas, schools and patrols, for everybody."},
            {"name": "collections", "description": "Corridors, as OGC API - Features."},
            {"name": "plans", "description": "Plans, for the team and its partners."},
            {"name": "partners", "description": "What organisations answer, say and ask."},
            {"name": "uploads", "description": "Files that come in, and how they are read."},
            {"name": "changes", "description": "What people ask of the next plan, and why."},
            {"name": "jobs", "description": "Work outside of requests: plans being made."},
            {"name": "keys", "description": "API keys of an area."},
            {"name": "audit", "description": "Who read, changed and published what."},
            {"name": "account", "description": "One's own account."},
            {"name": "health", "description": "The state of the service."},
        ],
    )
    schemas = described["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (ProblemDetails, PartProblem):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    described["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
        "session": {
            "type": "apiKey", "in": "cookie", "name": "__Host-session",
            "description": "A signed-in browser.",
        },
    }  # fmt: skip
    _complete(app, described)
    app.openapi_schema = described
    return described


def _complete(app: FastAPI, described: dict[str, Any]) -> None:
    """Put our shape where the framework's own stood, and say which roles may ask."""
    actions = {(method.lower(), path): action for method, path, action, _ in declared_actions(app)}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            if "422" in answers:
                answers.update({str(k): v for k, v in describe_problems(422).items()})
            # refused at the door, whatever is asked for
            answers.update({str(k): v for k, v in describe_problems(400, 429).items()})
            action = actions[method, path]
            if action is None or action in PUBLIC:
                continue
            operation["security"] = [{"key": []}, {"session": []}]
            roles = sorted(str(role) for role, held in RIGHTS.items() if action in held)
            who = f"For: {', '.join(roles)}." if roles else "For whoever is signed in."
            operation["description"] = f"{operation.get('description', '')}\n\n{who}".strip()
