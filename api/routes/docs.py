"""The description of the interface, as a page that needs no script."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import WhoAsks, needs
from api.answers import PUBLIC_FOR_A_MINUTE, answer_bytes
from api.rights import Action
from api.services import Given
from api.templates import render

__all__ = ["get_docs", "get_openapi", "router"]

router = APIRouter(include_in_schema=False, dependencies=[needs(Action.READ_PUBLIC)])


@router.api_route("/api/v1/openapi.json", methods=["GET", "HEAD"])
def get_openapi(request: Request) -> Response:
    """Give the description for programs."""
    return answer_bytes(request, _described(request), "application/json", PUBLIC_FOR_A_MINUTE)


@router.api_route("/docs", methods=["GET", "HEAD"])
def get_docs(request: Request, services: Given, who: WhoAsks) -> Response:
    """Give the description for people."""
    described = json.loads(_described(request))
    html = render(
        "docs.html.j2",
        account=who.account,
        is_demo=services.settings.is_demo,
        described=described,
        operations=list(_operations(described)),
        schemas=described["components"]["schemas"],
        example=_example,
        name_of=_name_of,
    )
    cache = PUBLIC_FOR_A_MINUTE if who.account is None else "private, no-cache"
    return answer_bytes(request, html.encode(), "text/html; charset=utf-8", cache, Vary="Cookie")


def _described(request: Request) -> bytes:
    return json.dumps(request.app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()


def _operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


@lru_cache(maxsize=256)
def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, indent=1)


def _example(value: object) -> str:
    return _pretty(json.dumps(value, ensure_ascii=False))


def _name_of(schema: dict[str, Any]) -> str:
    """Say what a schema is in a word or two: a named one, a list of them, or a kind."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", maxsplit=1)[-1]
    if "anyOf" in schema:
        return " or ".join(_name_of(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_name_of(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    return str(schema.get("format") or schema.get("const") or schema.get("type") or "any")
