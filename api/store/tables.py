"""The tables of people: organisations, areas, accounts, sessions, keys, throttles, and the log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.store.types import UtcDateTime

__all__ = [
    "AccountRow",
    "ApiKeyRow",
    "AreaRow",
    "AuditRow",
    "Base",
    "GrantRow",
    "OrganisationRow",
    "SessionRow",
    "ThrottleRow",
]


class Base(DeclarativeBase):
    """The root of all tables; constraints are named, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class OrganisationRow(Base):
    """An organisation that takes part."""

    __tablename__ = "organisation"

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)


class AreaRow(Base):
    """An area that is planned for, by the organisation that answers for it."""

    __tablename__ = "area"

    area_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    name: Mapped[str] = mapped_column(String(200))
    crs: Mapped[str] = mapped_column(String(60))
    timezone: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountRow(Base):
    """Somebody who can sign in: with a password here, or by a directory."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    account_id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    shown_name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    issuer: Mapped[str | None] = mapped_column(String(300))
    subject: Mapped[str | None] = mapped_column(String(300))
    is_active: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GrantRow(Base):
    """One role of one account in one area."""

    __tablename__ = "role_grant"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.account_id"), primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class SessionRow(Base):
    """A sign-in that holds; the id itself is only in the reader's cookie."""

    __tablename__ = "sign_in_session"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.account_id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ApiKeyRow(Base):
    """A key for another system, in one area; the key itself was shown once."""

    __tablename__ = "api_key"

    key_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    name: Mapped[str] = mapped_column(String(100))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    actions: Mapped[str] = mapped_column(Text)
    """What it may do: names of actions, as canonical JSON."""
    created_by: Mapped[int] = mapped_column(ForeignKey("account.account_id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ThrottleRow(Base):
    """Failed sign-ins of one account name or one address, both only as a hash."""

    __tablename__ = "throttle"

    subject_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    n_failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    blocked_until: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditRow(Base):
    """One entry of the log. Triggers refuse to change or delete it."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_area_id_entry_id", "area_id", "entry_id"),)

    entry_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(60))
    """``account:7``, ``key:3``, ``command`` or ``visitor``."""
    organisation_id: Mapped[int | None]
    area_id: Mapped[str | None] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500))
    details: Mapped[str] = mapped_column(Text)
    """Canonical JSON: versions and hashes of what was read or changed, never its content."""
    previous_hash: Mapped[str] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64))
