"""Errors of one shape: problem details (RFC 9457), made from one table."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.errors import (
    BadRequest,
    Conflict,
    MissingCondition,
    NotAllowed,
    NotFound,
    NotSignedIn,
    ServiceError,
    TooLarge,
    TooMany,
    Unavailable,
    WrongContentType,
)
from api.templates import render
from corridors.errors import BadInput

__all__ = [
    "MEDIA_TYPE",
    "STATUS_OF",
    "PartProblem",
    "ProblemDetails",
    "answer_error",
    "describe_problems",
    "install_problems",
    "problem_body",
]

MEDIA_TYPE = "application/problem+json"

STATUS_OF: dict[type[Exception], HTTPStatus] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    WrongContentType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    BadInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    MissingCondition: HTTPStatus.PRECONDITION_REQUIRED,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The one table from what was refused to its status. Everything else is a fault of ours: 500."""

_MEANING = {
    400: "A part of the request cannot be used.",
    401: "Nobody is signed in, or the key is not known, expired or revoked.",
    403: "Signed in, but not for this, or the form's token does not fit.",
    404: "There is no such thing, or it belongs to another area or organisation.",
    409: "Somebody else was quicker, or the state does not allow it.",
    413: "The body is larger than the service reads.",
    415: "The body is not of a kind that is read here.",
    422: "The body does not have the described shape.",
    428: "`If-Match` is missing.",
    429: "Too many requests.",
    503: "The store does not answer.",
}
_log = logging.getLogger("api")


class PartProblem(BaseModel):
    """One part of a request, and what is wrong with it."""

    where: str = Field(examples=["bbox"])
    what: str = Field(examples=["The west side lies east of the east side."])
    mend: str = Field(examples=["Give west,south,east,north in degrees."])


class ProblemDetails(BaseModel):
    """Problem details, RFC 9457. Every error of the service has this shape."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Bad Request"])
    status: int = Field(examples=[400], ge=400, le=599)
    detail: str = Field(examples=["The west side lies east of the east side."])
    problems: list[PartProblem] = Field(
        default_factory=list, description="Every part that has to be mended."
    )


def problem_body(
    status: HTTPStatus, detail: str, problems: list[PartProblem] | None = None
) -> dict[str, Any]:
    """Make the body of one error."""
    return ProblemDetails(
        type="about:blank",
        title=status.phrase,
        status=int(status),
        detail=detail or f"{status.phrase}.",
        problems=problems or [],
    ).model_dump()


def describe_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe errors of a route for OpenAPI."""
    return {
        status: {
            "description": _MEANING[status],
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/ProblemDetails"},
                    "example": problem_body(HTTPStatus(status), _MEANING[status]),
                }
            },
        }
        for status in statuses
    }


def install_problems(app: FastAPI) -> None:
    """Answer every error with problem details, or a page where a browser asks for one."""

    async def answer(request: Request, error: Exception) -> Response:
        return answer_error(request, error)

    for kind in (ServiceError, BadInput, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)


def answer_error(request: Request, error: Exception) -> Response:
    """Answer one error."""
    status = _status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        # the route and not the address: an address may hold the token of a link
        route = getattr(request.scope.get("route"), "path", "no route")
        _log.error("a fault of ours at %s", route, exc_info=error)
    body = problem_body(status, _detail_of(error), _parts_of(error))
    headers = _headers_of(error)
    is_page = not request.url.path.startswith(("/api/", "/health"))
    if is_page and "text/html" in request.headers.get("accept", ""):
        page = render(
            "problem.html.j2",
            problem=body,
            is_demo=request.app.state.services.settings.is_demo,
            account=getattr(request.state, "account", None),
            next=_comes_back_to(request),
        )
        return HTMLResponse(page, status_code=status, headers=headers)
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _comes_back_to(request: Request) -> str:
    """Give the page that somebody wanted who has to sign in first; empty for a form's address."""
    if request.method != "GET":
        return ""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _status_of(error: Exception) -> HTTPStatus:
    if isinstance(error, HTTPException):
        return HTTPStatus(error.status_code)
    if isinstance(error, RequestValidationError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    for kind in type(error).__mro__:
        if kind in STATUS_OF:
            return STATUS_OF[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _detail_of(error: Exception) -> str:
    if isinstance(error, ServiceError):
        return str(error)
    if isinstance(error, HTTPException):
        return _DETAILS.get(error.status_code, "The request cannot be used.")
    if isinstance(error, BadInput):
        return "What was given cannot be used."
    if isinstance(error, RequestValidationError):
        return "A part of the request does not have the described shape."
    return "A fault of ours. It was noted; nothing of the request was kept."


_DETAILS = {
    404: "There is nothing here by that name.",
    405: "This address does not know that method.",
}


def _parts_of(error: Exception) -> list[PartProblem]:
    if isinstance(error, RequestValidationError):
        # pydantic's own words may quote the input: only the place and the kind are told
        return [
            PartProblem(
                where=".".join(str(part) for part in one["loc"]),
                what=_WORDS.get(str(one["type"]), "This is not as described."),
                mend="See /docs.",
            )
            for one in error.errors()
        ]
    if isinstance(error, BadInput):
        return [
            PartProblem(where=one.where, what=one.what, mend=one.mend) for one in error.problems
        ]
    if isinstance(error, Conflict):
        return [
            PartProblem(where=one.what, what=f"Changed by {one.by or 'somebody'}.", mend="")
            for one in error.changes
        ]
    if isinstance(error, ServiceError) and error.where:
        return [PartProblem(where=error.where, what=error.what, mend=error.mend)]
    return []


_WORDS = {
    "missing": "This is missing.",
    "json_invalid": "This is not JSON.",
    "string_too_short": "This is too short.",
    "string_too_long": "This is too long.",
    "string_pattern_mismatch": "This holds characters that are not allowed.",
    "extra_forbidden": "This is not known.",
    "int_parsing": "This is not a whole number.",
    "greater_than_equal": "This is too small.",
    "less_than_equal": "This is too large.",
    "date_from_datetime_parsing": "This is not a date such as 2026-11-23.",
    "enum": "This is none of the allowed words.",
}


def _headers_of(error: Exception) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, HTTPException):
        headers |= dict(error.headers or {})
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="Safer Corridors"'
    return headers
