"""The mapping screens of an upload: columns, then words; and saving a mapping by name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller, needs_by_form
from api.errors import BadRequest, Conflict
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import Page, Sent, find_area, go, note_refusal, status_of
from api.routes.team_uploads import (
    UploadId,
    find_upload,
    replaceable,
    show_upload,
)
from api.services import Given
from api.store import Unit
from api.store.work_records import Upload
from api.team.forms import Errors, Fields
from api.team.mapping_form import saved_document, settings_from, settings_with_words
from api.team.names import bundled_categories
from api.uploading import choose_settings
from corridors.errors import BadInput

__all__ = ["post_columns", "post_save", "post_words", "router"]

router = APIRouter(prefix="/team/{area_id}/uploads/{upload_id}", include_in_schema=False)
_LONGEST_NAME = 100
_FIELDS = [
    ("timezone", "timezone"),
    ("place_precision", "place_precision"),
    ("use", "use"),
    ("mapping", "map_from"),
    ("", "format"),
]


@router.post("/columns")
def post_columns(
    request: Request,
    services: Given,
    area_id: AreaId,
    upload_id: UploadId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.UPLOAD_INPUT)],
) -> Response:
    """Take the columns that were chosen, and have the file read with them."""
    errors = Errors()
    with services.store.reading() as unit:
        upload = find_upload(unit, area_id, upload_id)
        settings = settings_from(
            fields,
            errors,
            columns=[str(one) for one in upload.report.get("columns", ())],
            replaceable=replaceable(unit, area_id),
            before=upload.settings,
        )
    return _choose(request, services, caller, upload, fields, errors, settings)


@router.post("/words")
def post_words(
    request: Request,
    services: Given,
    area_id: AreaId,
    upload_id: UploadId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.UPLOAD_INPUT)],
) -> Response:
    """Take the meaning of the file's own words, and have it read again."""
    errors = Errors()
    with services.store.reading() as unit:
        upload = find_upload(unit, area_id, upload_id)
    settings = settings_with_words(upload.settings, fields, errors, bundled_categories())
    return _choose(request, services, caller, upload, fields, errors, settings)


@router.post("/save")
def post_save(
    request: Request,
    services: Given,
    area_id: AreaId,
    upload_id: UploadId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.UPLOAD_INPUT)],
) -> Response:
    """Save how this file is read under a name, for the next one like it."""
    errors = Errors()
    name = " ".join(fields.text("name").split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        errors.add("name", f"Give it a name of at most {_LONGEST_NAME} characters.")
    with services.store.writing(caller.actor) as unit:
        upload = find_upload(unit, area_id, upload_id)
        if not errors and not upload.settings:
            errors.add("name", "Choose the columns first: there is nothing to save yet.")
        if errors:
            return _again(request, services, caller, unit, upload, fields, errors)
        unit.mappings.save(area_id, name, saved_document(upload.settings))
    return go(f"/team/{area_id}/uploads/{upload_id}?done=saved")


def _choose(
    request: Request,
    services: Given,
    caller: Caller,
    upload: Upload,
    fields: Fields,
    errors: Errors,
    settings: dict[str, Any],
) -> Response:
    status, row_version = 422, fields.number("row_version") or 0
    if not errors:
        try:
            with services.store.writing(caller.actor) as unit:
                _, job = choose_settings(unit, upload, row_version, settings)
        except (BadInput, BadRequest, Conflict) as error:
            status = status_of(error)
            note_refusal(errors, error, _FIELDS)
        else:
            return go(f"/team/{upload.area_id}/jobs/{job.job_id}")
    with services.store.reading() as unit:
        fresh = find_upload(unit, upload.area_id, upload.upload_id)
        return _again(request, services, caller, unit, fresh, fields, errors, status=status)


def _again(
    request: Request,
    services: Given,
    caller: Caller,
    unit: Unit,
    upload: Upload,
    fields: Fields,
    errors: Errors,
    *,
    status: int = 422,
) -> Response:
    page = Page(request, services, caller, find_area(unit, upload.area_id))
    return show_upload(page, unit, upload, fields, errors, status=status)
