"""Uploads: received, looked at, and taken among an area's inputs; or discarded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.errors import BadRequest, Conflict
from api.errors import Change as Changed
from api.store.area_text import without_nulls
from api.store.audit import AuditLog
from api.store.files import Files, Stored
from api.store.inputs import Inputs
from api.store.placing import place_upload
from api.store.tables_work import UploadRow
from api.store.types import canonical_json, without_words
from api.store.work_records import InputKind, Upload, UploadStatus

__all__ = ["KEEP_DAYS", "Uploads", "clean_name"]

KEEP_DAYS = 365
"""How long incident-level rows are kept unless the settings say otherwise."""
_STAYS = ("columns", "guess", "format_guess")
_PLAIN = (
    *("upload_id", "area_id", "organisation_id", "name", "sha256", "n_bytes", "row_version"),
    *("added_at", "added_by", "erase_after", "erased_at"),
)


def clean_name(name: str) -> str:
    """Make a name of ours of a sender's: letters, digits, dot, hyphen; no folder, no blank."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", last).strip("-.").lower()
    stem, dot, suffix = plain.rpartition(".")
    if not dot:
        return plain[:60] or "file"
    return f"{stem.replace('.', '-')[:60].strip('-') or 'file'}.{suffix[:10]}"


class Uploads:
    """Uploads within one transaction."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        log: AuditLog,
        actor: str,
        contents: Files,
        inputs: Inputs,
    ) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._actor = actor
        self._contents = contents
        self._inputs = inputs

    # --- reading

    def get(self, area_id: str, upload_id: int) -> Upload | None:
        """Give one upload."""
        row = self._session.get(UploadRow, upload_id)
        return _upload(row) if row is not None and row.area_id == area_id else None

    def recent(self, area_id: str, limit: int = 50) -> list[Upload]:
        """List an area's uploads, the newest first."""
        rows = self._session.scalars(
            select(UploadRow)
            .where(UploadRow.area_id == area_id)
            .order_by(UploadRow.upload_id.desc())
            .limit(limit)
        )
        return [_upload(row) for row in rows]

    def content(self, upload_id: int) -> bytes | None:
        """Give the content whole; None where it was erased."""
        row = self._session.get(UploadRow, upload_id)
        return None if row is None else self._contents.content(row.file_id)

    def pieces(self, upload_id: int) -> Iterator[bytes]:
        """Give the content piece by piece; nothing where it was erased."""
        return self._contents.pieces(self._session.get_one(UploadRow, upload_id).file_id)

    # --- writing

    def add(
        self,
        area_id: str,
        organisation_id: int,
        kind: InputKind,
        name: str,
        content: bytes | BinaryIO,
        *,
        key: str | None = None,
        keep_days: int = KEEP_DAYS,
    ) -> Upload:
        """Keep what somebody sent.

        Parameters
        ----------
        area_id, organisation_id, kind
            Where it belongs, and what it holds.
        name
            As the sender called it; kept as `clean_name` makes it.
        content
            Bytes, or a file that is read from where it stands.
        key
            By it, what is sent twice is kept once.
        keep_days
            After how many days it is erased.

        Raises
        ------
        BadRequest
            When it is empty.
        Conflict
            When something else was sent under this key.
        """
        stored = self._contents.add(content)
        if stored.n_bytes == 0:
            raise BadRequest("The file is empty.", "Choose another file.", where="file")
        found = self._by_key(area_id, key)
        if found is not None:
            return self._same(found, kind, stored)
        row = UploadRow(
            area_id=area_id,
            organisation_id=organisation_id,
            kind=str(kind),
            name=clean_name(name),
            idempotency_key=key,
            file_id=stored.file_id,
            sha256=stored.sha256,
            n_bytes=stored.n_bytes,
            status=str(UploadStatus.RECEIVED),
            row_version=1,
            settings="{}",
            report="{}",
            added_at=self._now,
            added_by=self._actor,
            erase_after=self._now + timedelta(days=keep_days),
            erased_at=None,
        )
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:
            # the same was sent at the same moment
            return self._same(self._by_key(area_id, key), kind, stored)
        details = {"kind": str(kind), "sha256": stored.sha256, "n_bytes": stored.n_bytes}
        self._write("upload_input", row.upload_id, area_id, "", details)
        return _upload(row)

    def choose(self, upload: Upload, row_version: int, settings: Mapping[str, object]) -> Upload:
        """Keep how it is to be read; it has to be checked again.

        Raises
        ------
        Conflict
            When somebody else was quicker, or it is used or discarded already.
        """
        chosen = {
            "settings": canonical_json(without_nulls(settings)),
            "status": str(UploadStatus.RECEIVED),
            # the columns stay in sight: they are what is mapped
            "report": canonical_json(
                {key: upload.report[key] for key in _KEPT & set(upload.report)}
            ),
        }
        changed = self._change(upload, row_version, _OPEN, **chosen)
        self._write("choose_settings", upload.upload_id, upload.area_id, "", {})
        return changed

    def report(
        self,
        upload: Upload,
        row_version: int,
        status: UploadStatus,
        report: Mapping[str, object],
    ) -> Upload:
        """Keep what the reading of it found.

        Raises
        ------
        Conflict
            When it was changed since it was read.
        """
        text = canonical_json(dict(report))
        changed = self._change(upload, row_version, _OPEN, status=str(status), report=text)
        details = {"status": str(status)}
        self._write("check_upload", upload.upload_id, upload.area_id, "", details)
        return changed

    def take(self, upload: Upload, row_version: int, *, reason: str) -> Upload:
        """Put it among the inputs and into the area file: the next plan is made with it.

        Raises
        ------
        BadRequest
            When it is not said whether it adds to the incidents that are there or replaces some.
        BadInput
            When what it replaces is not there.
        Conflict
            When somebody else was quicker, it was not checked, or the area has no area file.
        """
        changed = self._change(
            upload, row_version, (UploadStatus.CHECKED,), status=str(UploadStatus.TAKEN)
        )
        document = self._inputs.document(upload.area_id)
        if document is None:
            what = "The area has no area file yet."
            raise Conflict(what, "Load one: python -m api.admin load-area AREA.toml.")
        path = f"upload-{upload.upload_id}-{upload.name}"
        row = self._session.get_one(UploadRow, upload.upload_id)
        text = place_upload(upload, path, document.document, self._inputs)
        self._inputs.set_document(upload.area_id, text, reason=reason)
        self._inputs.put_stored(
            upload.area_id,
            path,
            upload.kind,
            (row.file_id, row.sha256, row.n_bytes),
            row.erase_after if upload.kind == InputKind.INCIDENTS else None,
        )
        self._write("take_upload", upload.upload_id, upload.area_id, reason, {})
        return changed

    def discard(self, upload: Upload, row_version: int, reason: str) -> Upload:
        """Let go of it: its content and what is known of its words are erased at once.

        Raises
        ------
        Conflict
            When somebody else was quicker, or it is used already.
        """
        self._change(
            upload, row_version, _OPEN, status=str(UploadStatus.DISCARDED), erased_at=self._now
        )
        row = self._session.get_one(UploadRow, upload.upload_id)
        self._contents.erase(row.file_id)
        row.settings, row.report = without_words(row.settings), without_words(row.report)
        self._session.flush()
        self._write("discard_upload", upload.upload_id, upload.area_id, reason, {})
        return _upload(row)

    # --- within

    def _by_key(self, area_id: str, key: str | None) -> UploadRow | None:
        if key is None:
            return None
        return self._session.scalars(
            select(UploadRow).where(UploadRow.area_id == area_id, UploadRow.idempotency_key == key)
        ).first()

    def _same(self, found: UploadRow | None, kind: InputKind, stored: Stored) -> Upload:
        self._contents.erase(stored.file_id)
        if found is None or found.sha256 != stored.sha256 or found.kind != kind:
            what = "Something else was sent under this key."
            raise Conflict(what, "Use a new key for another file.")
        return _upload(found)

    def _change(
        self,
        upload: Upload,
        row_version: int,
        statuses: tuple[UploadStatus, ...],
        **values: object,
    ) -> Upload:
        """Change a row that is still as the editor saw it; the check and the change are one."""
        done = self._session.execute(
            update(UploadRow)
            .where(
                UploadRow.upload_id == upload.upload_id,
                UploadRow.row_version == row_version,
                UploadRow.status.in_([str(one) for one in statuses]),
            )
            .values(row_version=UploadRow.row_version + 1, **values)
            .returning(UploadRow.upload_id)
            .execution_options(synchronize_session=False)
        ).all()
        row = self._session.get_one(UploadRow, upload.upload_id, populate_existing=True)
        if done:
            return _upload(row)
        if row.row_version == row_version:
            raise Conflict(
                f"The upload is {row.status}.",
                "Only a checked upload can be taken."
                if row.status in {"received", "refused"}
                else "Send the file again where it is needed again.",
            )
        raise Conflict(
            "Somebody else changed the upload meanwhile.",
            "Load it again and repeat your change.",
            (Changed("status" if row.status != upload.status else "settings", ""),),
        )

    def _write(
        self, action: str, upload_id: int, area_id: str, reason: str, details: Mapping[str, object]
    ) -> None:
        self._log.write(
            action, f"upload:{upload_id}", area_id=area_id, reason=reason, details=details
        )


_OPEN = (UploadStatus.RECEIVED, UploadStatus.CHECKED, UploadStatus.REFUSED)


_KEPT = {"columns", "guess", "format_guess"}
"""What the first look at a file told."""


def _upload(row: UploadRow) -> Upload:
    return Upload(
        **{name: getattr(row, name) for name in _PLAIN},
        kind=InputKind(row.kind),
        status=UploadStatus(row.status),
        settings=json.loads(row.settings),
        report=json.loads(row.report),
    )
