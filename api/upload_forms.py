"""Uploads by a page's form: who asks is looked at before a byte of the file is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.access import Caller, Needs
from api.rights import Action
from api.services import Services

__all__ = ["UploadForm", "needs_before_upload", "upload_form"]

_MOST_FIELDS = 30


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form with one file."""

    fields: dict[str, str]
    name: str
    """As the sender called the file; empty where none was chosen."""
    file: BinaryIO
    """Spooled: in memory while it is small, else on disk; gone after the request."""


class _NeedsBeforeUpload(Needs):
    """Admits by the session alone: the form's token is among what is not read yet."""

    is_form_read_later = True


def needs_before_upload(action: Action) -> Any:
    """Declare the action of an upload form's route; `upload_form` then checks its token."""
    return Depends(_NEEDS[action])


_NEEDS = {Action.UPLOAD_INPUT: _NeedsBeforeUpload(Action.UPLOAD_INPUT)}


@asynccontextmanager
async def upload_form(request: Request, caller: Caller) -> AsyncIterator[UploadForm]:
    """Read a multipart form whose sender was admitted, and check its token first of all.

    Parameters
    ----------
    request
        Whose body nobody has read yet.
    caller
        From `needs_before_upload`.

    Raises
    ------
    NotAllowed
        When it did not come from our own page.
    TooLarge
        When it is larger than an upload may be; what was read until then is dropped.
    HTTPException
        When it is no form, or holds more than one file: 400.
    """
    services: Services = request.app.state.services
    async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
        fields = {key: value for key, value in form.items() if isinstance(value, str)}
        if caller.session_token is not None:
            await run_in_threadpool(
                services.sessions.check_form, request, fields.pop("csrf_token", "")
            )
        file = next((one for one in form.values() if isinstance(one, UploadFile)), None)
        if file is None:
            yield UploadForm(fields, "", BytesIO())
        else:
            yield UploadForm(fields, file.filename or "", file.file)
