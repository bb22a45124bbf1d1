"""What an area brings in: its area file in versions, and the files that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.store.audit import AuditLog
from api.store.files import Files
from api.store.tables_work import AreaDocumentRow, AreaWorkRow, InputFileRow, MappingRow
from api.store.types import canonical_json, sha256_of
from api.store.work_records import AreaDocument, InputFile, InputKind, NamedMapping

__all__ = ["WEEKDAYS", "Inputs", "Mappings"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY_DAY = "thu"
_DOCUMENT = ("area_id", "version", "document", "reason", "made_at", "made_by")
_INPUT = (
    *("input_id", "area_id", "path", "sha256", "n_bytes", "added_at", "added_by"),
    *("erase_after", "erased_at"),
)


class Inputs:
    """Area files and input files within one transaction."""

    def __init__(
        self, session: Session, now: datetime, log: AuditLog, actor: str, contents: Files
    ) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._actor = actor
        self._contents = contents

    # --- the area file

    def document(self, area_id: str) -> AreaDocument | None:
        """Give the area file that holds."""
        row = self._session.scalars(
            select(AreaDocumentRow)
            .where(AreaDocumentRow.area_id == area_id)
            .order_by(AreaDocumentRow.version.desc())
            .limit(1)
        ).first()
        return None if row is None else _document(row)

    def set_document(self, area_id: str, document: str, *, reason: str) -> AreaDocument:
        """Keep a new version of the area file; the earlier ones stay as they were."""
        last = self._session.scalar(
            select(func.max(AreaDocumentRow.version)).where(AreaDocumentRow.area_id == area_id)
        )
        row = AreaDocumentRow(
            area_id=area_id,
            version=(last or 0) + 1,
            document=document,
            reason=reason,
            made_at=self._now,
            made_by=self._actor,
        )
        self._session.add(row)
        self._session.flush()
        self._log.write(
            "set_area_document",
            f"area_document:{area_id}/{row.version}",
            area_id=area_id,
            reason=reason,
            details={"sha256": sha256_of(document)},
        )
        return _document(row)

    # --- the files that it names

    def files(self, area_id: str) -> list[InputFile]:
        """List the files that hold, by path."""
        rows = self._session.scalars(
            select(InputFileRow)
            .where(InputFileRow.area_id == area_id, InputFileRow.replaced_at.is_(None))
            .order_by(InputFileRow.path)
        )
        return [_input(row) for row in rows]

    def put(
        self,
        area_id: str,
        path: str,
        kind: InputKind,
        content: bytes | BinaryIO,
        *,
        erase_after: datetime | None = None,
    ) -> InputFile:
        """Keep a file under a path; the one that held until now is replaced, and kept."""
        stored = self._contents.add(content)
        return self.put_stored(
            area_id, path, kind, (stored.file_id, stored.sha256, stored.n_bytes), erase_after
        )

    def put_stored(
        self,
        area_id: str,
        path: str,
        kind: InputKind,
        stored: tuple[str, str, int],
        erase_after: datetime | None,
    ) -> InputFile:
        """Keep what is stored already (its id, SHA-256 and size) under a path."""
        self.retire(area_id, path)
        file_id, sha256, n_bytes = stored
        row = InputFileRow(
            area_id=area_id,
            path=path,
            kind=str(kind),
            file_id=file_id,
            sha256=sha256,
            n_bytes=n_bytes,
            added_at=self._now,
            added_by=self._actor,
            replaced_at=None,
            erase_after=erase_after,
            erased_at=None,
        )
        self._session.add(row)
        self._session.flush()
        self._log.write(
            "put_input",
            f"input:{row.input_id}",
            area_id=area_id,
            details={"kind": str(kind), "sha256": sha256, "n_bytes": n_bytes},
        )
        return _input(row)

    def retire(self, area_id: str, path: str) -> None:
        """Say that the file under a path holds no more."""
        row = self._session.scalars(
            select(InputFileRow).where(
                InputFileRow.area_id == area_id,
                InputFileRow.path == path,
                InputFileRow.replaced_at.is_(None),
            )
        ).first()
        if row is not None:
            row.replaced_at = self._now
            self._session.flush()

    def content(self, input_id: int) -> bytes | None:
        """Give a file's content; None where it was erased."""
        row = self._session.get(InputFileRow, input_id)
        return None if row is None else self._contents.content(row.file_id)

    def pieces(self, input_id: int) -> Iterator[bytes]:
        """Give a file's content piece by piece; nothing where it was erased."""
        row = self._session.get_one(InputFileRow, input_id)
        return self._contents.pieces(row.file_id)

    # --- how an area wants its work done

    def weekly_day(self, area_id: str) -> str | None:
        """Give the weekday on which the next week's draft is made; None where never."""
        row = self._session.get(AreaWorkRow, area_id)
        return _WEEKLY_DAY if row is None else row.weekly_day

    def set_weekly_day(self, area_id: str, weekday: str | None, *, reason: str) -> None:
        """Set that weekday: one of `WEEKDAYS`, or None for never."""
        if weekday is not None and weekday not in WEEKDAYS:
            raise ValueError(weekday)
        self._session.merge(AreaWorkRow(area_id=area_id, weekly_day=weekday))
        self._session.flush()
        self._log.write(
            "set_weekly_day",
            f"area:{area_id}",
            area_id=area_id,
            reason=reason,
            details={"weekly_day": weekday},
        )


class Mappings:
    """How forces call their columns, within one transaction."""

    def __init__(self, session: Session, now: datetime, log: AuditLog, actor: str) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._actor = actor

    def save(self, area_id: str, name: str, document: Mapping[str, object]) -> NamedMapping:
        """Save one under a name; what was saved under it before is replaced."""
        row = self._session.scalars(
            select(MappingRow)
            .where(MappingRow.area_id == area_id, MappingRow.name == name)
            .with_for_update()
        ).first()
        if row is None:
            row = MappingRow(area_id=area_id, name=name)
            self._session.add(row)
        row.document = canonical_json(dict(document))
        row.made_at, row.made_by = self._now, self._actor
        self._session.flush()
        self._log.write(
            "save_mapping",
            f"mapping:{row.mapping_id}",
            area_id=area_id,
            details={"sha256": sha256_of(row.document)},
        )
        return _mapping(row)

    def all(self, area_id: str) -> list[NamedMapping]:
        """List an area's, by name."""
        rows = self._session.scalars(
            select(MappingRow).where(MappingRow.area_id == area_id).order_by(MappingRow.name)
        )
        return [_mapping(row) for row in rows]


def _document(row: AreaDocumentRow) -> AreaDocument:
    return AreaDocument(**{name: getattr(row, name) for name in _DOCUMENT})


def _input(row: InputFileRow) -> InputFile:
    return InputFile(**{name: getattr(row, name) for name in _INPUT}, kind=InputKind(row.kind))


def _mapping(row: MappingRow) -> NamedMapping:
    return NamedMapping(
        mapping_id=row.mapping_id,
        area_id=row.area_id,
        name=row.name,
        document=json.loads(row.document),
        made_at=row.made_at,
        made_by=row.made_by,
    )
