"""What the store gives: plain records, so that nothing above it knows a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from api.rights import Action, Role

__all__ = [
    "Account",
    "Actor",
    "ApiKey",
    "Area",
    "AuditEntry",
    "Feature",
    "FeaturePage",
    "Patrol",
    "PlanHead",
    "ReleasedFile",
    "School",
    "SignIn",
]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who writes, as the log names them."""

    name: str
    """``account:7``, ``key:3``, ``command`` or ``visitor``."""
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """An area that is planned for."""

    area_id: str
    organisation_id: int
    name: str
    crs: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in."""

    account_id: int
    organisation_id: int
    email: str
    shown_name: str
    password_hash: str | None
    is_active: bool
    roles: Mapping[str, frozenset[Role]]
    """By area."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that holds."""

    id_hash: str
    account_id: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key for another system."""

    key_id: int
    area_id: str
    organisation_id: int
    name: str
    actions: frozenset[Action]
    created_by: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlanHead:
    """One version of one week's plan, without its document."""

    plan_id: int
    area_id: str
    organisation_id: int
    week: date
    version: int
    status: str
    row_version: int
    document_sha256: str
    created_at: datetime
    changed_at: datetime
    changed_by: str
    published_at: datetime | None
    published_reason: str

    @property
    def name(self) -> str:
        """Name it as the log does."""
        return f"plan:{self.area_id}/{self.week.isoformat()}/{self.version}"


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """A file of the ``public`` part, byte for byte."""

    path: str
    media_type: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class School:
    """A school as it was released."""

    school_id: str
    name: str
    outcome: str
    file: str


@dataclass(frozen=True, slots=True)
class Patrol:
    """A patrol as it was announced."""

    uid: str
    school_id: str
    starts_at: datetime
    ends_at: datetime
    streets: str
    description: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Feature:
    """Something with a place: WGS84 as WKB."""

    feature_id: str
    area_id: str
    properties: str
    """JSON, as text."""
    geometry: bytes
    box: tuple[float, float, float, float]
    """West, south, east, north."""


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """Some of the features that match, and how many match in all."""

    features: tuple[Feature, ...]
    n_matched: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the log."""

    entry_id: int
    at: datetime
    actor: str
    organisation_id: int | None
    area_id: str | None
    action: str
    subject: str
    reason: str
    details: str
    previous_hash: str
    entry_hash: str
