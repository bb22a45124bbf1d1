"""Who was asked to agree, what they answered, what was said; account links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "downgrade", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make_links()
    _make_comments()
    _make_answers()


def _make_links() -> None:
    op.create_table(
        "account_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_account_link_account_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_link")),
    )
    op.create_index(
        op.f("ix_account_link_account_id"), "account_link", ["account_id"], unique=False
    )


def _make_comments() -> None:
    op.create_table(
        "comment",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.String(length=60), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("corridor_id", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_comment_area_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.organisation_id"],
            name=op.f("fk_comment_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment")),
    )
    op.create_index("ix_comment_area_id_week", "comment", ["area_id", "week"], unique=False)


def _make_answers() -> None:
    op.create_table(
        "agreement_ask",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.plan_id"], name=op.f("fk_agreement_ask_plan_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", "party", name=op.f("pk_agreement_ask")),
    )
    op.create_table(
        "answer",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.String(length=60), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("protocol_id", sa.String(length=200), nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint(
            "word IN ('agrees', 'declines', 'proposes')", name=op.f("ck_answer_known_word")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_answer_area_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("fk_answer_plan_id")),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_answer")),
    )
    op.create_index("ix_answer_area_id_answer_id", "answer", ["area_id", "answer_id"], unique=False)


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("account_link")
    op.drop_table("comment")
    op.drop_table("answer")
    op.drop_table("agreement_ask")
