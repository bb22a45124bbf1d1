"""Uploads and mappings as JSON: sent as they are, read by a job, taken into use by a person."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO, cast

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.access import Caller, needs
from api.answers import TEAM_ONLY
from api.errors import NotFound
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.row_versions import IfMatch, row_version_of
from api.services import Given
from api.store import Unit
from api.store.work_records import InputKind, Job, Upload
from api.uploading import ask_check, choose_settings, receive_upload
from api.work_models import (
    ReasonAsked,
    SettingsAsked,
    UploadBody,
    UploadMade,
)

__all__ = [
    "IdempotencyKey",
    "add_upload",
    "check_upload",
    "choose_upload_settings",
    "discard_upload",
    "get_upload",
    "list_uploads",
    "router",
    "take_upload",
]

router = APIRouter(prefix="/api/v1/areas/{area_id}/uploads", tags=["uploads"])

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=80,
        pattern=r"^[A-Za-z0-9_.:-]+$",
        description="Made up by the sender, once for each thing: sent again, nothing is doubled.",
        examples=["8c1f3e2a-october"],
    ),
]
_UploadId = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
_Uploader = Annotated[Caller, needs(Action.UPLOAD_INPUT)]
_Reader = Annotated[Caller, needs(Action.READ_WORK)]
_ERRORS = describe_problems(401, 403, 404, 422, 503)
_CHANGE_ERRORS = describe_problems(400, 409, 413, 415, 428)
_IN_MEMORY = 1 << 20


@router.get("", responses={**_ERRORS})
def list_uploads(
    services: Given, area_id: AreaId, response: Response, caller: _Reader
) -> list[UploadBody]:
    """List the newest uploads with what was read of them."""
    del caller
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        return [_body(one) for one in unit.uploads.recent(area_id)]


@router.post(
    "",
    status_code=201,
    responses={**describe_problems(400, 409, 413, 415), **_ERRORS},
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file as it is.",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "text/csv": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def add_upload(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: _Uploader,
    kind: Annotated[InputKind, Query(examples=["incidents"])],
    name: Annotated[
        str,
        Query(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00-\x1f]*$",
            description="How the file is called; its ending tells the format.",
            examples=["export.csv"],
        ),
    ],
    key: IdempotencyKey,
) -> UploadMade:
    """Send a file. A job reads it at once: its columns, or all of it where they are known."""
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        async for part in request.stream():
            await run_in_threadpool(file.write, part)
        file.seek(0)

        def keep() -> UploadMade:
            with services.store.writing(caller.actor) as unit:
                upload, job = receive_upload(
                    unit,
                    area_id,
                    caller.organisation_id,
                    kind,
                    name,
                    cast("BinaryIO", file),
                    key=f"{caller.actor.name}:{key}",
                    keep_days=services.settings.keep_incidents_days,
                )
            return _made(upload, job)

        return await run_in_threadpool(keep)


@router.get("/{upload_id}", responses={**_ERRORS})
def get_upload(
    services: Given, area_id: AreaId, upload_id: _UploadId, response: Response, caller: _Reader
) -> UploadBody:
    """Give one upload with what was read of it."""
    del caller
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        return _body(_find(unit, area_id, upload_id))


@router.post("/{upload_id}/settings", responses={**_CHANGE_ERRORS, **_ERRORS})
def choose_upload_settings(
    services: Given,
    area_id: AreaId,
    upload_id: _UploadId,
    asked: SettingsAsked,
    caller: _Uploader,
    if_match: IfMatch = None,
) -> UploadMade:
    """Say how it is to be read; a job reads it so."""
    row_version = row_version_of(if_match)
    with services.store.writing(caller.actor) as unit:
        upload = _find(unit, area_id, upload_id)
        return _made(*choose_settings(unit, upload, row_version, asked.model_dump()))


@router.post("/{upload_id}/check", responses={**describe_problems(409), **_ERRORS})
def check_upload(
    services: Given, area_id: AreaId, upload_id: _UploadId, caller: _Uploader
) -> UploadMade:
    """Have it read as it is set up now; the same state is read once."""
    with services.store.writing(caller.actor) as unit:
        upload = _find(unit, area_id, upload_id)
        return _made(upload, ask_check(unit, upload))


@router.post("/{upload_id}/take", responses={**_CHANGE_ERRORS, **_ERRORS})
def take_upload(
    services: Given,
    area_id: AreaId,
    upload_id: _UploadId,
    asked: ReasonAsked,
    caller: _Uploader,
    if_match: IfMatch = None,
) -> UploadBody:
    """Take a checked upload into use: the next plan is made with it."""
    row_version = row_version_of(if_match)
    with services.store.writing(caller.actor) as unit:
        upload = _find(unit, area_id, upload_id)
        return _body(unit.uploads.take(upload, row_version, reason=asked.reason))


@router.post("/{upload_id}/discard", responses={**_CHANGE_ERRORS, **_ERRORS})
def discard_upload(
    services: Given,
    area_id: AreaId,
    upload_id: _UploadId,
    asked: ReasonAsked,
    caller: _Uploader,
    if_match: IfMatch = None,
) -> UploadBody:
    """Let go of an upload: its content is erased at once."""
    row_version = row_version_of(if_match)
    with services.store.writing(caller.actor) as unit:
        upload = _find(unit, area_id, upload_id)
        gone = unit.uploads.discard(upload, row_version, asked.reason)
    # where somebody reads just now, the next round of erasing does it
    services.store.compact()
    return _body(gone)


def _find(unit: Unit, area_id: str, upload_id: int) -> Upload:
    found = unit.uploads.get(area_id, upload_id)
    if found is None:
        raise NotFound
    return found


def _body(upload: Upload) -> UploadBody:
    return UploadBody.model_validate(
        {name: getattr(upload, name) for name in UploadBody.model_fields}
    )


def _made(upload: Upload, job: Job) -> UploadMade:
    return UploadMade(**_body(upload).model_dump(), job_id=job.job_id)
