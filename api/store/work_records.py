"""What the store gives of work: inputs, uploads, changes and jobs, as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = [
    "AreaDocument",
    "Change",
    "ChangeKind",
    "InputFile",
    "InputKind",
    "Job",
    "JobKind",
    "JobStatus",
    "NamedMapping",
    "Upload",
    "UploadStatus",
]


class InputKind(StrEnum):
    """What a file holds."""

    INCIDENTS = "incidents"
    STREETS = "streets"
    SCHOOLS = "schools"
    ROSTER = "roster"
    OTHER = "other"


class UploadStatus(StrEnum):
    """How far an upload is."""

    RECEIVED = "received"
    """Not read yet, or its columns are still to be named."""
    CHECKED = "checked"
    """It was read with the chosen settings; the report says what was set aside."""
    REFUSED = "refused"
    """It cannot be read so; the report says why."""
    TAKEN = "taken"
    DISCARDED = "discarded"


class ChangeKind(StrEnum):
    """Which part of the area file a change adds to."""

    EDIT = "edit"
    """A corridor: ``[[corridors]]``."""
    AIM = "aim"
    """``[[aims]]``."""
    MIX = "mix"
    """``[[mixes]]``."""
    REFUSAL = "refusal"
    PAIRING = "pairing"
    ABSENCE = "absence"
    CANCELLATION = "cancellation"
    """``[[cancellations]]``."""


class JobKind(StrEnum):
    """What can be done outside of requests."""

    CHECK_UPLOAD = "check_upload"
    PLAN_WEEK = "plan_week"


class JobStatus(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AreaDocument:
    """One version of an area file."""

    area_id: str
    version: int
    document: str
    """TOML."""
    reason: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the area file names, without its content."""

    input_id: int
    area_id: str
    path: str
    kind: InputKind
    sha256: str
    n_bytes: int
    added_at: datetime
    added_by: str
    erase_after: datetime | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class NamedMapping:
    """The columns of a force, saved by name."""

    mapping_id: int
    area_id: str
    name: str
    document: Mapping[str, Any]
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sent, without its content."""

    upload_id: int
    area_id: str
    organisation_id: int
    kind: InputKind
    name: str
    sha256: str
    n_bytes: int
    status: UploadStatus
    row_version: int
    settings: Mapping[str, Any]
    report: Mapping[str, Any]
    added_at: datetime
    added_by: str
    erase_after: datetime
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a person asks of the next plan, and why."""

    change_id: int
    area_id: str
    organisation_id: int
    kind: ChangeKind
    document: Mapping[str, Any]
    by: str
    """Role and organisation of who made it: what the plan names, never a person."""
    reason: str
    made_at: datetime
    made_by: str
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """Work outside of requests."""

    job_id: int
    area_id: str
    organisation_id: int
    kind: JobKind
    idempotency_key: str
    asked: Mapping[str, Any]
    reason: str
    status: JobStatus
    attempt: int
    worker: str | None
    lease_until: datetime | None
    progress: Mapping[str, Any]
    """``stage``, ``words`` and ``share`` (0 to 1)."""
    result: Mapping[str, Any]
    """``plan`` or ``upload`` when done; ``problems`` when failed."""
    asked_at: datetime
    asked_by: str
    started_at: datetime | None
    ended_at: datetime | None
