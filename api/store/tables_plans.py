"""The tables of plans: each version whole, what was released of it, and its places for maps."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    Float,
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

__all__ = ["CorridorRow", "PatrolRow", "PlanRow", "ReleasedFileRow", "SchoolRow", "SegmentRow"]


class PlanRow(Base):
    """One version of one week's plan. Once published, a trigger lets nothing of it change."""

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("area_id", "week", "version"),
        CheckConstraint(
            "status IN ('draft', 'agreed', 'published', 'superseded')", name="known_status"
        ),
        # One published plan for an area and week, whatever is published at the same moment.
        Index(
            "ix_plan_one_published",
            "area_id",
            "week",
            unique=True,
            sqlite_where=text("status = 'published'"),
            postgresql_where=text("status = 'published'"),
        ),
    )

    plan_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    week: Mapped[date] = mapped_column(Date)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    row_version: Mapped[int]
    document: Mapped[str] = mapped_column(Text)
    """``plan.json`` as canonical JSON."""
    document_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(60))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_reason: Mapped[str] = mapped_column(String(500))


class ReleasedFileRow(Base):
    """A file of the ``public`` part, byte for byte."""

    __tablename__ = "released_file"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(60))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))


class SchoolRow(Base):
    """A school as it was released."""

    __tablename__ = "released_school"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_id"), primary_key=True)
    school_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    outcome: Mapped[str] = mapped_column(String(40))
    file: Mapped[str] = mapped_column(String(200))
    """Name of its notice and calendar, without the ending."""


class PatrolRow(Base):
    """A patrol as it was announced in a school's calendar."""

    __tablename__ = "released_patrol"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_id"), primary_key=True)
    uid: Mapped[str] = mapped_column(String(100), primary_key=True)
    school_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    streets: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int]


class CorridorRow(Base):
    """A released corridor: WGS84, five decimals, as WKB, with its box."""

    __tablename__ = "released_corridor"
    __table_args__ = (Index("ix_released_corridor_box", "min_x", "max_x", "min_y", "max_y"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_id"), primary_key=True)
    corridor_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    properties: Mapped[str] = mapped_column(Text)
    geometry: Mapped[bytes] = mapped_column(LargeBinary)
    min_x: Mapped[float] = mapped_column(Float(53))
    min_y: Mapped[float] = mapped_column(Float(53))
    max_x: Mapped[float] = mapped_column(Float(53))
    max_y: Mapped[float] = mapped_column(Float(53))


class SegmentRow(Base):
    """A street segment with its exact figures: for the team only. WGS84 as WKB, with its box."""

    __tablename__ = "segment"
    __table_args__ = (Index("ix_segment_box", "plan_id", "min_x", "max_x", "min_y", "max_y"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_id"), primary_key=True)
    segment_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    properties: Mapped[str] = mapped_column(Text)
    geometry: Mapped[bytes] = mapped_column(LargeBinary)
    min_x: Mapped[float] = mapped_column(Float(53))
    min_y: Mapped[float] = mapped_column(Float(53))
    max_x: Mapped[float] = mapped_column(Float(53))
    max_y: Mapped[float] = mapped_column(Float(53))
