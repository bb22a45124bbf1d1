"""What an area brings in, what people change, and jobs that are under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "downgrade", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make_areas()
    _make_inputs()
    _make_uploads()
    _make_changes()
    _make_jobs()


def downgrade() -> None:
    """Take them away again."""
    for name in ("periodic_task", "job", "plan_change", "upload", "column_mapping"):
        op.drop_table(name)
    for name in ("input_file", "file_piece", "area_work", "area_document"):
        op.drop_table(name)


def _make_areas() -> None:
    op.create_table(
        "area_document",
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("area_id", "version", name="pk_area_document"),
        _to("area_document", "area"),
    )
    op.create_table(
        "area_work",
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("weekly_day", sa.String(3)),
        sa.PrimaryKeyConstraint("area_id", name="pk_area_work"),
        _to("area_work", "area"),
    )
    op.create_table(
        "column_mapping",
        sa.Column("mapping_id", sa.Integer, nullable=False),
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("mapping_id", name="pk_column_mapping"),
        sa.UniqueConstraint("area_id", "name", name="uq_column_mapping_area_id_name"),
        _to("column_mapping", "area"),
    )


def _make_inputs() -> None:
    op.create_table(
        "file_piece",
        sa.Column("file_id", sa.String(32), nullable=False),
        sa.Column("piece", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("file_id", "piece", name="pk_file_piece"),
    )
    op.create_table(
        "input_file",
        sa.Column("input_id", sa.Integer, nullable=False),
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("file_id", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("n_bytes", sa.Integer, nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
        sa.Column("added_by", sa.String(60), nullable=False),
        sa.Column("replaced_at", _TIME),
        sa.Column("erase_after", _TIME),
        sa.Column("erased_at", _TIME),
        sa.PrimaryKeyConstraint("input_id", name="pk_input_file"),
        _to("input_file", "area"),
    )
    op.create_index("ix_input_file_erase_after", "input_file", ["erase_after"])
    op.create_index("ix_input_file_file_id", "input_file", ["file_id"])
    op.create_index(
        "ix_input_file_one_current",
        "input_file",
        ["area_id", "path"],
        unique=True,
        sqlite_where=sa.text("replaced_at IS NULL"),
        postgresql_where=sa.text("replaced_at IS NULL"),
    )


def _make_uploads() -> None:
    op.create_table(
        "upload",
        sa.Column("upload_id", sa.Integer, nullable=False),
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("idempotency_key", sa.String(120)),
        sa.Column("file_id", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("n_bytes", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
        sa.Column("added_by", sa.String(60), nullable=False),
        sa.Column("erase_after", _TIME, nullable=False),
        sa.Column("erased_at", _TIME),
        sa.PrimaryKeyConstraint("upload_id", name="pk_upload"),
        sa.UniqueConstraint("area_id", "idempotency_key", name="uq_upload_area_id_idempotency_key"),
        sa.CheckConstraint(
            "status IN ('received', 'checked', 'refused', 'taken', 'discarded')",
            name=op.f("ck_upload_known_status"),
        ),
        _to("upload", "area"),
        _to("upload", "organisation"),
    )
    op.create_index("ix_upload_area_id_upload_id", "upload", ["area_id", "upload_id"])
    op.create_index("ix_upload_erase_after", "upload", ["erase_after"])
    op.create_index("ix_upload_file_id", "upload", ["file_id"])


def _make_changes() -> None:
    op.create_table(
        "plan_change",
        sa.Column("change_id", sa.Integer, nullable=False),
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("by", sa.String(300), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.Column("withdrawn_at", _TIME),
        sa.Column("withdrawn_by", sa.String(60)),
        sa.PrimaryKeyConstraint("change_id", name="pk_plan_change"),
        _to("plan_change", "area"),
        _to("plan_change", "organisation"),
    )
    op.create_index("ix_plan_change_area_id_change_id", "plan_change", ["area_id", "change_id"])


def _make_jobs() -> None:
    op.create_table(
        "job",
        sa.Column("job_id", sa.Integer, nullable=False),
        sa.Column("area_id", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("idempotency_key", sa.String(120), nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(80)),
        sa.Column("lease_until", _TIME),
        sa.Column("progress", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("asked_by", sa.String(60), nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("job_id", name="pk_job"),
        sa.UniqueConstraint("area_id", "idempotency_key", name="uq_job_area_id_idempotency_key"),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_job_known_status")
        ),
        _to("job", "area"),
        _to("job", "organisation"),
    )
    op.create_index("ix_job_status_lease_until", "job", ["status", "lease_until"])
    op.create_table(
        "periodic_task",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("worker", sa.String(80)),
        sa.Column("lease_until", _TIME),
        sa.Column("begun_at", _TIME),
        sa.PrimaryKeyConstraint("name", name="pk_periodic_task"),
    )


def _to(table: str, other: str) -> sa.ForeignKeyConstraint:
    column = f"{other}_id"
    return sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=f"fk_{table}_{column}")
