"""Who was asked to agree to a plan, what they answered: of several answers the newest counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.errors import Conflict, NotFound
from api.rights import Action
from api.store.audit import AuditLog
from api.store.partner_records import Answer, AnswerWord, Ask, plain_party
from api.store.records import PlanHead
from api.store.tables_partners import AnswerRow, AskRow
from api.store.tables_plans import PlanRow
from api.store.types import sha256_of

__all__ = ["Answers"]

_PLAIN = (
    *("answer_id", "area_id", "plan_id", "protocol_id", "party"),
    *("text", "on", "made_at", "made_by"),
)


class Answers:
    """Asks and answers within one transaction."""

    def __init__(self, session: Session, now: datetime, log: AuditLog, actor: str) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._actor = actor

    # --- asking

    def ask(self, head: PlanHead, parties: Iterable[str], *, reason: str = "") -> list[Ask]:
        """Ask organisations to agree to a version of a plan; who was asked is not asked twice.

        Parameters
        ----------
        head
            The version.
        parties
            Names of organisations, as its protocols name them.
        reason
            For the log.

        Returns
        -------
        list of Ask
            Everybody who was asked now or before.
        """
        known = {plain_party(one.party) for one in self.asked(head.plan_id)}
        new = {plain_party(party): party for party in parties}
        added = [new[key] for key in sorted(new.keys() - known)]
        for party in added:
            self._session.add(
                AskRow(
                    plan_id=head.plan_id,
                    party=party,
                    asked_at=self._now,
                    asked_by=self._actor,
                )
            )
        self._session.flush()
        if added:
            self._log.write(
                Action.ASK_AGREEMENT,
                head.name,
                area_id=head.area_id,
                reason=reason,
                details={"parties": added},
            )
        return self.asked(head.plan_id)

    def asked(self, plan_id: int) -> list[Ask]:
        """List who was asked about a version, by name."""
        rows = self._session.scalars(
            select(AskRow).where(AskRow.plan_id == plan_id).order_by(AskRow.party)
        )
        return [Ask(row.plan_id, row.party, row.asked_at, row.asked_by) for row in rows]

    # --- answering

    def give(
        self,
        area_id: str,
        plan_id: int,
        protocol_id: str,
        party: str,
        word: AnswerWord | str,
        text: str,
        on: date,
        *,
        follows: int | None = None,
    ) -> Answer:
        """Keep an answer. It is the party's newest, and counts from now on.

        Parameters
        ----------
        area_id, plan_id
            The version that was looked at.
        protocol_id, party
            As the plan has them.
        word, text
            What is said, and in the party's own words why.
        on
            The day, on the area's calendar.
        follows
            Id of the party's last answer on this protocol that was seen, 0 where there was none:
            by it a form that is stale or sent twice is told. None: not looked at.

        Raises
        ------
        NotFound
            When the area has no such plan.
        Conflict
            When the party has answered meanwhile.
        """
        name = self._lock(area_id, plan_id)
        last = self.newest(area_id, protocol_id, party)
        if follows is not None and follows != (last.answer_id if last else 0):
            raise Conflict(
                "Your organisation has answered on this protocol meanwhile.",
                "Load the page again, and look at what was said.",
            )
        row = AnswerRow(
            area_id=area_id,
            plan_id=plan_id,
            protocol_id=protocol_id,
            party=party,
            word=str(AnswerWord(word)),
            text=text,
            on=on,
            made_at=self._now,
            made_by=self._actor,
        )
        self._session.add(row)
        self._session.flush()
        self._log.write(
            Action.ANSWER_PLAN,
            name,
            area_id=area_id,
            details={
                "answer": row.answer_id,
                "protocol": protocol_id,
                "word": str(word),
                "text_sha256": sha256_of(text),
            },
        )
        return _answer(row)

    def get(self, area_id: str, answer_id: int) -> Answer | None:
        """Give one answer."""
        row = self._session.get(AnswerRow, answer_id)
        return _answer(row) if row is not None and row.area_id == area_id else None

    def newest(self, area_id: str, protocol_id: str, party: str) -> Answer | None:
        """Give a party's newest answer on one protocol."""
        wanted = plain_party(party)
        return next(
            (one for one in self._all(area_id, protocol_id) if plain_party(one.party) == wanted),
            None,
        )

    def standing(self, area_id: str) -> list[Answer]:
        """Give the newest answer of each party on each protocol, by protocol and party."""
        newest: dict[tuple[str, str], Answer] = {}
        for one in self._all(area_id):
            newest.setdefault((one.protocol_id, plain_party(one.party)), one)
        return [newest[key] for key in sorted(newest)]

    def of_party(self, area_id: str, party: str) -> list[Answer]:
        """List everything that a party answered in an area, the newest first."""
        wanted = plain_party(party)
        return [one for one in self._all(area_id) if plain_party(one.party) == wanted]

    def all(self, area_id: str) -> list[Answer]:
        """List all answers of an area, the newest first."""
        return self._all(area_id)

    def _all(self, area_id: str, protocol_id: str | None = None) -> list[Answer]:
        query = select(AnswerRow).where(AnswerRow.area_id == area_id)
        if protocol_id is not None:
            query = query.where(AnswerRow.protocol_id == protocol_id)
        rows = self._session.scalars(query.order_by(AnswerRow.answer_id.desc()))
        return [_answer(row) for row in rows]

    def _lock(self, area_id: str, plan_id: int) -> str:
        """Let one transaction at a time answer on a plan; give the plan's name for the log."""
        found = self._session.execute(
            select(PlanRow.week, PlanRow.version)
            .where(PlanRow.plan_id == plan_id, PlanRow.area_id == area_id)
            .with_for_update()
        ).first()
        if found is None:
            raise NotFound
        return f"plan:{area_id}/{found.week.isoformat()}/{found.version}"


def _answer(row: AnswerRow) -> Answer:
    values = {name: getattr(row, name) for name in _PLAIN}
    return Answer(**values, word=AnswerWord(row.word))
