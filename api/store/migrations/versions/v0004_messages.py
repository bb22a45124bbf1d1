"""Who asked for messages, and what still has to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "downgrade", "revision", "upgrade"]

revision = "0004"
down_revision = "0003"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "message",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("once_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("to_email", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("stop_url", sa.String(length=300), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("n_attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'sent', 'given_up')", name=op.f("ck_message_known_status")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message")),
        sa.UniqueConstraint("once_key", name=op.f("uq_message_once_key")),
    )
    op.create_index("ix_message_status_next_at", "message", ["status", "next_at"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.String(length=60), nullable=False),
        sa.Column("school_id", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.area_id"], name=op.f("fk_subscription_area_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscription")),
        sa.UniqueConstraint(
            "area_id", "school_id", "email", name=op.f("uq_subscription_area_id_school_id_email")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_subscription_token")),
    )
    op.create_index(op.f("ix_subscription_asked_at"), "subscription", ["asked_at"], unique=False)
    op.create_table(
        "short_notice",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.plan_id"], name=op.f("fk_short_notice_plan_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_short_notice")),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("short_notice")
    op.drop_table("message")
    op.drop_table("subscription")
