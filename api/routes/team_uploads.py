"""Uploads: what was sent, what was read and set aside, and taking it into use or letting it go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, BinaryIO, cast

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.access import Caller, needs, needs_by_form
from api.errors import BadRequest, Conflict, NotFound, TooLarge
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import Page, Sent, find_area, go, note_refusal, once, status_of
from api.services import Given, Services
from api.store import Unit
from api.store.area_text import incident_paths, parse_document
from api.store.work_records import InputKind, Job, Upload, UploadStatus
from api.team.forms import Errors, Fields, Option
from api.team.mapping_form import (
    COLUMN_FIELDS,
    PRECISIONS,
    fields_of,
    fitting_mapping,
    use_options,
)
from api.team.names import bundled_categories
from api.team.street_zip import is_zip, table_of_zip
from api.team.upload_view import KINDS, state_of, view_account, view_words
from api.team.words import local_words
from api.upload_forms import UploadForm, needs_before_upload, upload_form
from api.uploading import receive_upload
from corridors.errors import BadInput

__all__ = [
    "UploadId",
    "find_upload",
    "get_new",
    "get_upload",
    "get_uploads",
    "post_discard",
    "post_new",
    "post_take",
    "replaceable",
    "router",
    "show_upload",
]

router = APIRouter(prefix="/team/{area_id}/uploads", include_in_schema=False)
_READ = ["GET", "HEAD"]
UploadId = Annotated[int, Path(ge=1, le=2_000_000_000)]
_CHOICES = [
    Option(str(kind), name, hint)
    for kind, (name, hint) in KINDS.items()
    if kind is not InputKind.OTHER
]
_OPEN = {UploadStatus.RECEIVED, UploadStatus.CHECKED, UploadStatus.REFUSED}


@router.api_route("", methods=_READ)
def get_uploads(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: Annotated[Caller, needs(Action.READ_WORK)],
) -> Response:
    """List what was sent, and what is in use."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        timezone = page.area.timezone
        uploads = [
            (one, KINDS[one.kind][0], *state_of(one), local_words(one.added_at, timezone))
            for one in unit.uploads.recent(area_id)
        ]
        inputs = [
            (one, KINDS[one.kind][0], local_words(one.added_at, timezone))
            for one in unit.inputs.files(area_id)
        ]
        saved = unit.mappings.all(area_id)
    return page.answer("team_uploads.html.j2", uploads=uploads, inputs=inputs, saved=saved)


@router.api_route("/new", methods=_READ)
def get_new(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: Annotated[Caller, needs(Action.UPLOAD_INPUT)],
) -> Response:
    """Show the form that sends a file."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
    return _new_form(page, Fields([("kind", "incidents")]), Errors())


@router.post("/new")
async def post_new(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: Annotated[Caller, needs_before_upload(Action.UPLOAD_INPUT)],
) -> Response:
    """Keep a file and have it looked at; the same form sent twice keeps it once."""
    async with upload_form(request, caller) as form:
        return await run_in_threadpool(_receive, request, services, area_id, caller, form)


def _receive(
    request: Request, services: Services, area_id: str, caller: Caller, form: UploadForm
) -> Response:
    fields, errors = Fields(form.fields.items()), Errors()
    kinds = {one.value for one in _CHOICES}
    if fields.text("kind") not in kinds:
        errors.add("kind", "Choose what the file holds.")
    if not form.name:
        errors.add("file", "Choose a file.")
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
    if errors:
        return _new_form(page, fields, errors, status=422)
    try:
        with _table_of(form, services.settings.max_upload_bytes) as (name, content):
            job = _keep(services, area_id, caller, fields, name, content)
    except (BadInput, BadRequest, Conflict, TooLarge) as error:
        note_refusal(errors, error, [("kind", "kind"), ("", "file")])
        return _new_form(page, fields, errors, status=status_of(error))
    return go(f"/team/{area_id}/jobs/{job.job_id}")


@contextmanager
def _table_of(form: UploadForm, limit: int) -> Iterator[tuple[str, BinaryIO]]:
    """Give the table that was sent; out of a zip as police.uk gives it, its street files as one."""
    if not is_zip(form.name):
        yield form.name, form.file
        return
    name, table = table_of_zip(form.file, limit)
    with table:
        yield name, cast("BinaryIO", table)


def _keep(
    services: Services, area_id: str, caller: Caller, fields: Fields, name: str, content: BinaryIO
) -> Job:
    with services.store.writing(caller.actor) as unit:
        _, job = receive_upload(
            unit,
            area_id,
            caller.organisation_id,
            InputKind(fields.text("kind")),
            name,
            content,
            key=f"page:{fields.text('once')}"[:100],
            keep_days=services.settings.keep_incidents_days,
        )
    return job


@router.api_route("/{upload_id}", methods=_READ)
def get_upload(
    request: Request,
    services: Given,
    area_id: AreaId,
    upload_id: UploadId,
    caller: Annotated[Caller, needs(Action.READ_WORK)],
) -> Response:
    """Show an upload: its account, and what is to be chosen."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        return show_upload(page, unit, find_upload(unit, area_id, upload_id))


@router.post("/{upload_id}/take")
def post_take(
    request: Request,
    services: Given,
    area_id: AreaId,
    upload_id: UploadId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.UPLOAD_INPUT)],
) -> Response:
    """Take a checked file into use."""
    return _end(request, services, caller, (area_id, upload_id), fields, is_taken=True)


@router.post("/{upload_id}/discard")
def post_discard(
    request: Request,
    services: Given,
    area_id: AreaId,
    upload_id: UploadId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.UPLOAD_INPUT)],
) -> Response:
    """Let go of a file: its content is erased."""
    return _end(request, services, caller, (area_id, upload_id), fields, is_taken=False)


def _end(
    request: Request,
    services: Given,
    caller: Caller,
    named: tuple[str, int],
    fields: Fields,
    *,
    is_taken: bool,
) -> Response:
    area_id, upload_id = named
    errors, status = Errors(), 422
    name = "take-reason" if is_taken else "discard-reason"
    reason = errors.reason(fields, name)
    row_version = fields.number("row_version") or 0
    if not errors:
        try:
            with services.store.writing(caller.actor) as unit:
                upload = find_upload(unit, area_id, upload_id)
                if is_taken:
                    unit.uploads.take(upload, row_version, reason=reason)
                else:
                    unit.uploads.discard(upload, row_version, reason)
            if not is_taken:
                # where somebody reads just now, the next round of erasing does it
                services.store.compact()
        except (BadInput, BadRequest, Conflict) as error:
            status = status_of(error)
            note_refusal(errors, error, [("use", "use"), ("", name)])
        else:
            return go(f"/team/{area_id}/uploads?done={'taken' if is_taken else 'discarded'}")
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        upload = find_upload(unit, area_id, upload_id)
        return show_upload(page, unit, upload, fields, errors, status=status)


# --- shared with the mapping screens


def find_upload(unit: Unit, area_id: str, upload_id: int) -> Upload:
    """Give an upload.

    Raises
    ------
    NotFound
        When the area has none by that number.
    """
    upload = unit.uploads.get(area_id, upload_id)
    if upload is None:
        raise NotFound
    return upload


def replaceable(unit: Unit, area_id: str) -> list[str]:
    """List the incidents of the area file that a new file may take the place of."""
    document = unit.inputs.document(area_id)
    return incident_paths(parse_document(document.document)) if document else []


def show_upload(
    page: Page,
    unit: Unit,
    upload: Upload,
    fields: Fields | None = None,
    errors: Errors | None = None,
    *,
    status: int = 200,
) -> Response:
    """Answer with the page of an upload; what was sent stays in its form."""
    area_id, report = upload.area_id, upload.report
    columns = [str(one) for one in report.get("columns", ())]
    saved = unit.mappings.all(area_id)
    fitting = None if upload.settings else fitting_mapping(saved, columns)
    asked = page.request.query_params.get("saved", "")
    chosen = next((one for one in saved if str(one.mapping_id) == asked), fitting)
    guess = {"format": report.get("format_guess"), "mapping": report.get("guess")}
    base = dict(chosen.document) if chosen else dict(upload.settings) or guess
    paths = replaceable(unit, area_id)
    jobs = unit.jobs.recent(area_id, 50)
    return page.answer(
        "team_upload.html.j2",
        status=status,
        errors=errors,
        upload=upload,
        here=f"/team/{area_id}/uploads/{upload.upload_id}",
        kind=KINDS[upload.kind][0],
        is_incidents=upload.kind is InputKind.INCIDENTS,
        is_open=upload.status in _OPEN,
        state=state_of(upload),
        added=local_words(upload.added_at, page.area.timezone),
        erased=local_words(upload.erase_after, page.area.timezone),
        rows=view_account(upload),
        problems=report.get("problems", ()),
        columns=columns,
        column_fields=COLUMN_FIELDS,
        precisions=PRECISIONS,
        uses=use_options(paths),
        fields=fields if fields and "format" in fields else fields_of(base, columns),
        sent=fields or Fields(),
        saved=saved,
        chosen=chosen.name if chosen else "",
        words=view_words(upload, bundled_categories()),
        categories=[(one.slug, one.name) for one in bundled_categories().values()],
        timezone=page.area.timezone,
        running=next(
            (
                one.job_id
                for one in jobs
                if one.asked.get("upload_id") == upload.upload_id
                and one.status in {"queued", "running"}
            ),
            None,
        ),
    )


def _new_form(page: Page, fields: Fields, errors: Errors, *, status: int = 200) -> Response:
    return page.answer(
        "team_upload_new.html.j2",
        status=status,
        errors=errors,
        fields=fields,
        once=once(),
        kinds=_CHOICES,
    )
