"""Errors of one shape: problem details (RFC 9457), made from one table."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.folder.released_folder import NotReleased

__all__ = ["install_problems"]

_STATUS_OF: dict[type[Exception], HTTPStatus] = {NotReleased: HTTPStatus.NOT_FOUND}


def install_problems(app: FastAPI) -> None:
    """Answer every error with problem details; never with a traceback."""

    async def answer_known(_request: Request, error: Exception) -> JSONResponse:
        return _problem(_STATUS_OF[type(error)], "The plan has no such page.")

    async def answer_http(_request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        response = _problem(HTTPStatus(status), "")
        response.headers.update(headers)
        return response

    async def answer_invalid(_request: Request, _error: Exception) -> JSONResponse:
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "A part of the address cannot be read.")

    async def answer_fault(_request: Request, _error: Exception) -> JSONResponse:
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of ours.")

    for kind in _STATUS_OF:
        app.add_exception_handler(kind, answer_known)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(Exception, answer_fault)


def _problem(status: HTTPStatus, detail: str) -> JSONResponse:
    body = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status_code=status, media_type="application/problem+json")
