"""The tables of work: what an area brings in, what people change, and jobs that are under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.store.tables import Base
from api.store.types import UtcDateTime

__all__ = [
    "AreaDocumentRow",
    "AreaWorkRow",
    "FilePieceRow",
    "InputFileRow",
    "JobRow",
    "MappingRow",
    "PlanChangeRow",
    "TaskRow",
    "UploadRow",
]


class AreaDocumentRow(Base):
    """One version of an area file as TOML; the newest holds, none is changed."""

    __tablename__ = "area_document"

    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(500))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(60))


class AreaWorkRow(Base):
    """How an area wants its work done; without a row, the defaults hold."""

    __tablename__ = "area_work"

    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"), primary_key=True)
    weekly_day: Mapped[str | None] = mapped_column(String(3))
    """Weekday on which the next week's draft is made: ``mon`` to ``sun``. None: never."""


class FilePieceRow(Base):
    """A piece of a file's content, so that no file is ever whole in memory. Erasing deletes it."""

    __tablename__ = "file_piece"

    file_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Made up for each file; an upload that is taken and its input file share it."""
    piece: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class InputFileRow(Base):
    """A file that the area file names. A new one under the same path replaces it, and is kept."""

    __tablename__ = "input_file"
    __table_args__ = (
        Index(
            "ix_input_file_one_current",
            "area_id",
            "path",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
        Index("ix_input_file_erase_after", "erase_after"),
    )

    input_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    path: Mapped[str] = mapped_column(String(200))
    """As the area file names it: relative, forward slashes."""
    kind: Mapped[str] = mapped_column(String(20))
    """``incidents``, ``streets``, ``schools``, ``roster`` or ``other``."""
    file_id: Mapped[str] = mapped_column(String(32), index=True)
    """Of `FilePieceRow`; no piece is left once it was erased."""
    sha256: Mapped[str] = mapped_column(String(64))
    n_bytes: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by: Mapped[str] = mapped_column(String(60))
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erase_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Incident-level rows only: when they have to be gone."""
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MappingRow(Base):
    """How a force's columns are called, by a name, to be used again."""

    __tablename__ = "column_mapping"
    __table_args__ = (UniqueConstraint("area_id", "name"),)

    mapping_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    name: Mapped[str] = mapped_column(String(100))
    document: Mapped[str] = mapped_column(Text)
    """The settings of an ``[[incidents]]`` table but its path, as canonical JSON."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(60))


class UploadRow(Base):
    """A file that somebody sent and that is not used yet."""

    __tablename__ = "upload"
    __table_args__ = (
        UniqueConstraint("area_id", "idempotency_key"),
        CheckConstraint(
            "status IN ('received', 'checked', 'refused', 'taken', 'discarded')",
            name="known_status",
        ),
        Index("ix_upload_area_id_upload_id", "area_id", "upload_id"),
    )

    upload_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    kind: Mapped[str] = mapped_column(String(20))
    """As in `InputFileRow`."""
    name: Mapped[str] = mapped_column(String(200))
    """A name of ours, made of the sender's: letters, digits, dot, hyphen."""
    idempotency_key: Mapped[str | None] = mapped_column(String(120))
    """By it, what is sent twice is kept once."""
    file_id: Mapped[str] = mapped_column(String(32), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    n_bytes: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    row_version: Mapped[int]
    settings: Mapped[str] = mapped_column(Text)
    """What was chosen on the mapping screen, as canonical JSON."""
    report: Mapped[str] = mapped_column(Text)
    """What was read and set aside, by reason and line; never a cell. Canonical JSON."""
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by: Mapped[str] = mapped_column(String(60))
    erase_after: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlanChangeRow(Base):
    """What a person asks of the next plan, and why. It stands until it is withdrawn."""

    __tablename__ = "plan_change"
    __table_args__ = (Index("ix_plan_change_area_id_change_id", "area_id", "change_id"),)

    change_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    kind: Mapped[str] = mapped_column(String(20))
    """As in `api.store.work_records.ChangeKind`."""
    document: Mapped[str] = mapped_column(Text)
    """The entry that it adds to the area file, as canonical JSON."""
    by: Mapped[str] = mapped_column(String(300))
    """Role and organisation of who made it, in words: what the plan names."""
    reason: Mapped[str] = mapped_column(String(500))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(60))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[str | None] = mapped_column(String(60))


class JobRow(Base):
    """Work that goes on outside of requests. A worker leases it, and beats while it works."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("area_id", "idempotency_key"),
        CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", name="known_status"),
        Index("ix_job_status_lease_until", "status", "lease_until"),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    kind: Mapped[str] = mapped_column(String(20))
    idempotency_key: Mapped[str] = mapped_column(String(120))
    asked: Mapped[str] = mapped_column(Text)
    """What is to be done, as canonical JSON."""
    reason: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(20))
    attempt: Mapped[int]
    worker: Mapped[str | None] = mapped_column(String(80))
    """Who holds the lease; a worker that lost it writes no more."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    progress: Mapped[str] = mapped_column(Text)
    """Stage, words and how much is done, as canonical JSON."""
    result: Mapped[str] = mapped_column(Text)
    """What came of it, or the problems in words, as canonical JSON."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(60))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TaskRow(Base):
    """Something done again and again, by one worker at a time."""

    __tablename__ = "periodic_task"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    worker: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was last begun."""
