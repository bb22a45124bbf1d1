"""The first tables, and the triggers that keep published plans and the log as they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.store.migrations.guards_0001 import PUBLISHED_PARTS, guard, unguard

__all__ = ["down_revision", "downgrade", "revision", "upgrade"]

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)
_BOX = ("min_x", "min_y", "max_x", "max_y")


def upgrade() -> None:
    """Make the tables and the triggers."""
    _make_people()
    _make_sign_in()
    _make_plans()
    _make_released()
    _make_places()
    _make_log()
    guard(op.get_bind().dialect.name)


def downgrade() -> None:
    """Take everything away again."""
    names = ["audit_entry", "segment", *PUBLISHED_PARTS, "plan", "throttle", "api_key"]
    for name in [*names, "sign_in_session", "role_grant", "account", "area", "organisation"]:
        op.drop_table(name)
    unguard(op.get_bind().dialect.name)


def _make_people() -> None:
    op.create_table(
        "organisation",
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_organisation"),
        sa.UniqueConstraint("name", name="uq_organisation_name"),
    )
    op.create_table(
        "area",
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("crs", sa.String(60), nullable=False),
        sa.Column("timezone", sa.String(60), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("area_id", name="pk_area"),
        _to("area", "organisation"),
    )
    op.create_table(
        "account",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("shown_name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("issuer", sa.String(300)),
        sa.Column("subject", sa.String(300)),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
        sa.UniqueConstraint("issuer", "subject", name="uq_account_issuer_subject"),
        _to("account", "organisation"),
    )
    op.create_table(
        "role_grant",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "area_id", "role", name="pk_role_grant"),
        _to("role_grant", "account"),
        _to("role_grant", "area"),
    )


def _make_sign_in() -> None:
    op.create_table(
        "sign_in_session",
        sa.Column("id_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name="pk_sign_in_session"),
        _to("sign_in_session", "account"),
    )
    op.create_index("ix_sign_in_session_account_id", "sign_in_session", ["account_id"])
    op.create_index("ix_sign_in_session_expires_at", "sign_in_session", ["expires_at"])
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.Integer, nullable=False),
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("actions", sa.Text, nullable=False),
        sa.Column("created_by", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_key"),
        sa.UniqueConstraint("key_hash", name="uq_api_key_key_hash"),
        _to("api_key", "area"),
        _to("api_key", "organisation"),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.account_id"], name="fk_api_key_created_by"
        ),
    )
    op.create_index("ix_api_key_area_id", "api_key", ["area_id"])
    op.create_table(
        "throttle",
        sa.Column("subject_hash", sa.String(64), nullable=False),
        sa.Column("n_failures", sa.Integer, nullable=False),
        sa.Column("last_at", _TIME, nullable=False),
        sa.Column("blocked_until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("subject_hash", name="pk_throttle"),
    )
    op.create_index("ix_throttle_last_at", "throttle", ["last_at"])


def _make_plans() -> None:
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.Integer, nullable=False),
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("changed_by", sa.String(60), nullable=False),
        sa.Column("published_at", _TIME),
        sa.Column("published_reason", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plan"),
        sa.UniqueConstraint("area_id", "week", "version", name="uq_plan_area_id_week_version"),
        sa.CheckConstraint(
            "status IN ('draft', 'agreed', 'published', 'superseded')",
            name=op.f("ck_plan_known_status"),
        ),
        _to("plan", "area"),
        _to("plan", "organisation"),
    )
    op.create_index(
        "ix_plan_one_published",
        "plan",
        ["area_id", "week"],
        unique=True,
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )


def _make_released() -> None:
    op.create_table(
        "released_file",
        sa.Column("plan_id", sa.Integer, nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(60), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "path", name="pk_released_file"),
        _to("released_file", "plan"),
    )
    op.create_table(
        "released_school",
        sa.Column("plan_id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(100), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "school_id", name="pk_released_school"),
        _to("released_school", "plan"),
    )
    op.create_table(
        "released_patrol",
        sa.Column("plan_id", sa.Integer, nullable=False),
        sa.Column("uid", sa.String(100), nullable=False),
        sa.Column("school_id", sa.String(100), nullable=False),
        sa.Column("starts_at", _TIME, nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        sa.Column("streets", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "uid", "school_id", name="pk_released_patrol"),
        _to("released_patrol", "plan"),
    )


def _make_places() -> None:
    for table, key in (("released_corridor", "corridor_id"), ("segment", "segment_id")):
        op.create_table(
            table,
            sa.Column("plan_id", sa.Integer, nullable=False),
            sa.Column(key, sa.String(120), nullable=False),
            sa.Column("properties", sa.Text, nullable=False),
            sa.Column("geometry", sa.LargeBinary, nullable=False),
            *(sa.Column(side, sa.Float(53), nullable=False) for side in _BOX),
            sa.PrimaryKeyConstraint("plan_id", key, name=f"pk_{table}"),
            _to(table, "plan"),
        )
    box = ["min_x", "max_x", "min_y", "max_y"]
    op.create_index("ix_released_corridor_box", "released_corridor", box)
    op.create_index("ix_segment_box", "segment", ["plan_id", *box])


def _make_log() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("entry_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Integer),
        sa.Column("area_id", sa.String(60)),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("entry_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_area_id_entry_id", "audit_entry", ["area_id", "entry_id"])


def _to(table: str, other: str) -> sa.ForeignKeyConstraint:
    column = f"{other}_id"
    return sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=f"fk_{table}_{column}")
