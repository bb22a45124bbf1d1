"""Remarks on corridors, by whoever plans or takes part."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.errors import Conflict
from api.rights import Action
from api.store.audit import AuditLog
from api.store.partner_records import Comment
from api.store.tables_partners import CommentRow
from api.store.types import sha256_of

__all__ = ["Comments"]

_ALL = (
    *("comment_id", "area_id", "organisation_id", "week", "corridor_id"),
    *("text", "made_at", "made_by"),
)


class Comments:
    """Comments within one transaction."""

    def __init__(self, session: Session, now: datetime, log: AuditLog, actor: str) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._actor = actor

    def add(
        self, area_id: str, organisation_id: int, week: date, corridor_id: str, text: str
    ) -> Comment:
        """Keep a comment. The log holds its hash, never its words.

        Raises
        ------
        Conflict
            When the organisation said exactly this of the corridor already.
        """
        said = [
            one.text
            for one in self.of_week(area_id, week, organisation_id)
            if one.corridor_id == corridor_id
        ]
        if text in said:
            raise Conflict(
                "Your organisation has made this comment already.", "Nothing needs to be done."
            )
        row = CommentRow(
            area_id=area_id,
            organisation_id=organisation_id,
            week=week,
            corridor_id=corridor_id,
            text=text,
            made_at=self._now,
            made_by=self._actor,
        )
        self._session.add(row)
        self._session.flush()
        self._log.write(
            Action.COMMENT,
            f"comment:{row.comment_id}",
            area_id=area_id,
            details={
                "week": week.isoformat(),
                "corridor": corridor_id,
                "text_sha256": sha256_of(text),
            },
        )
        return _comment(row)

    def get(self, area_id: str, comment_id: int) -> Comment | None:
        """Give one comment."""
        row = self._session.get(CommentRow, comment_id)
        return _comment(row) if row is not None and row.area_id == area_id else None

    def of_week(
        self, area_id: str, week: date, organisation_id: int | None = None
    ) -> list[Comment]:
        """List the comments on a week, or one organisation's of them, oldest first."""
        query = select(CommentRow).where(CommentRow.area_id == area_id, CommentRow.week == week)
        if organisation_id is not None:
            query = query.where(CommentRow.organisation_id == organisation_id)
        return [
            _comment(row) for row in self._session.scalars(query.order_by(CommentRow.comment_id))
        ]

    def recent(
        self, area_id: str, organisation_id: int | None = None, *, limit: int = 100
    ) -> list[Comment]:
        """List an area's comments, or one organisation's of them, the newest first."""
        query = select(CommentRow).where(CommentRow.area_id == area_id)
        if organisation_id is not None:
            query = query.where(CommentRow.organisation_id == organisation_id)
        rows = self._session.scalars(query.order_by(CommentRow.comment_id.desc()).limit(limit))
        return [_comment(row) for row in rows]


def _comment(row: CommentRow) -> Comment:
    return Comment(**{name: getattr(row, name) for name in _ALL})
