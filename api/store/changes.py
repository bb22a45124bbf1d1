"""What people ask of the next plan: each with its reason, standing until it is withdrawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.errors import Conflict, NotFound
from api.rights import Role
from api.store.audit import AuditLog
from api.store.tables import GrantRow, OrganisationRow
from api.store.tables_work import PlanChangeRow
from api.store.types import canonical_json, sha256_of
from api.store.work_records import Change, ChangeKind

__all__ = ["Changes", "CheckChange", "CheckStatement"]

CheckChange = Callable[[str, ChangeKind, Mapping[str, object], str], None]
"""Refuse a change that the area's material contradicts: area, kind, document and reason."""
CheckStatement = Callable[[str, int, ChangeKind, Mapping[str, object], str], None]
"""The same for an organisation's word about its own posts: with the organisation's number."""
_ROLES = (Role.APPROVER, Role.PLANNER, Role.ANALYST, Role.PARTNER)
_PLAIN = (
    *("change_id", "area_id", "organisation_id", "by", "reason"),
    *("made_at", "made_by", "withdrawn_at"),
)


class Changes:
    """Changes within one transaction."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        log: AuditLog,
        actor: str,
        check: CheckChange,
        check_statement: CheckStatement,
    ) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._actor = actor
        self._check = check
        self._check_statement = check_statement

    def add(
        self,
        area_id: str,
        organisation_id: int,
        kind: ChangeKind,
        document: Mapping[str, object],
        *,
        reason: str,
        is_own_word: bool = False,
    ) -> Change:
        """Add one, checked against the area's material at once.

        Parameters
        ----------
        area_id, organisation_id
            Where it holds, and whose word it is.
        kind, document
            The part of the area file and the entry as it stands there, without ``reason`` and
            ``by``: these come from the row. Dates are written ``2026-11-23``.
        reason
            Why. It stays in every plan that the change is part of.
        is_own_word
            Whether an organisation says it of its own posts: nobody else's rule refuses it then.

        Raises
        ------
        Conflict
            When the very same stands already: a form that was sent twice.
        BadInput
            When the area file would not be taken with it: in the same words.
        BadRequest
            The same for an organisation's own word, in words that name nobody else's posts.
        """
        text = canonical_json(dict(document))
        self._check_new(area_id, organisation_id, kind, text)
        if is_own_word:
            self._check_statement(area_id, organisation_id, kind, json.loads(text), reason)
        else:
            self._check(area_id, kind, json.loads(text), reason)
        row = PlanChangeRow(
            area_id=area_id,
            organisation_id=organisation_id,
            kind=str(kind),
            document=text,
            by=self._by(area_id, organisation_id),
            reason=reason,
            made_at=self._now,
            made_by=self._actor,
            withdrawn_at=None,
            withdrawn_by=None,
        )
        self._session.add(row)
        self._session.flush()
        self._log.write(
            "add_change",
            f"change:{row.change_id}",
            area_id=area_id,
            reason=reason,
            details={"kind": str(kind), "sha256": sha256_of(text)},
        )
        return _change(row)

    def withdraw(self, area_id: str, change_id: int, *, reason: str) -> Change:
        """Take a change back; plans that were made with it keep it.

        Raises
        ------
        NotFound
            When the area has no such change.
        Conflict
            When it was withdrawn already.
        """
        row = self._session.get(PlanChangeRow, change_id, with_for_update=True)
        if row is None or row.area_id != area_id:
            raise NotFound
        if row.withdrawn_at is not None:
            raise Conflict("This change was withdrawn already.", "Load the list again.")
        row.withdrawn_at, row.withdrawn_by = self._now, self._actor
        self._session.flush()
        self._log.write("withdraw_change", f"change:{change_id}", area_id=area_id, reason=reason)
        return _change(row)

    def get(self, area_id: str, change_id: int) -> Change | None:
        """Give one change."""
        row = self._session.get(PlanChangeRow, change_id)
        return _change(row) if row is not None and row.area_id == area_id else None

    def standing(self, area_id: str) -> list[Change]:
        """List the changes that hold, oldest first."""
        return [one for one in reversed(self.all(area_id)) if one.withdrawn_at is None]

    def all(self, area_id: str) -> list[Change]:
        """List every change, withdrawn ones too, the newest first."""
        rows = self._session.scalars(
            select(PlanChangeRow)
            .where(PlanChangeRow.area_id == area_id)
            .order_by(PlanChangeRow.change_id.desc())
        )
        return [_change(row) for row in rows]

    def _check_new(self, area_id: str, organisation_id: int, kind: ChangeKind, text: str) -> None:
        same = select(PlanChangeRow.change_id).where(
            PlanChangeRow.area_id == area_id,
            PlanChangeRow.organisation_id == organisation_id,
            PlanChangeRow.kind == str(kind),
            PlanChangeRow.document == text,
            PlanChangeRow.withdrawn_at.is_(None),
        )
        if self._session.scalars(same).first() is not None:
            raise Conflict("This change stands already.", "Load the list again.")

    def _by(self, area_id: str, organisation_id: int) -> str:
        """Name the role and the organisation, as an area file wants them."""
        organisation = self._session.get_one(OrganisationRow, organisation_id).name
        kind, _, number = self._actor.partition(":")
        if kind != "account":
            return organisation
        held = self._session.scalars(
            select(GrantRow.role).where(
                GrantRow.account_id == int(number), GrantRow.area_id == area_id
            )
        ).all()
        role = next((one for one in _ROLES if one in held), "")
        return f"{role.capitalize()}, {organisation}" if role else organisation


def _change(row: PlanChangeRow) -> Change:
    return Change(
        **{name: getattr(row, name) for name in _PLAIN},
        kind=ChangeKind(row.kind),
        document=json.loads(row.document),
    )
