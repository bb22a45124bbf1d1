"""Plans: each version whole; drafts change under a row version, published ones never."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session, defer

from api.errors import Change, Conflict
from api.store.audit import AuditLog
from api.store.records import Feature, Patrol, PlanHead, ReleasedFile, School
from api.store.tables_plans import (
    CorridorRow,
    PatrolRow,
    PlanRow,
    ReleasedFileRow,
    SchoolRow,
    SegmentRow,
)
from api.store.types import canonical_json, sha256_of

__all__ = ["NewPlan", "Plans"]

_HEAD = (
    *("plan_id", "area_id", "organisation_id", "week", "version", "status", "row_version"),
    *("document_sha256", "created_at", "changed_at", "changed_by", "published_at"),
    "published_reason",
)
_EDIT, _PUBLISH, _ADD = "edit_plan", "publish_plan", "add_plan"


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan with everything that was released of it."""

    area_id: str
    organisation_id: int
    week: date
    status: str
    document: Mapping[str, object]
    files: tuple[ReleasedFile, ...]
    schools: tuple[School, ...]
    patrols: tuple[Patrol, ...]
    corridors: tuple[Feature, ...]
    segments: tuple[Feature, ...]
    read_at: datetime | None = None
    """When the material was read of which it was made; None: just now."""


class Plans:
    """Plans within one transaction."""

    def __init__(self, session: Session, now: datetime, log: AuditLog, actor: str) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._actor = actor

    # --- reading

    def heads(self, area_id: str) -> list[PlanHead]:
        """List all versions of an area's plans: newest week first, newest version first."""
        order = (PlanRow.week.desc(), PlanRow.version.desc())
        return self._heads(select(PlanRow).where(PlanRow.area_id == area_id).order_by(*order))

    def head(self, area_id: str, week: date, version: int) -> PlanHead | None:
        """Give one version."""
        found = self._heads(
            select(PlanRow).where(
                PlanRow.area_id == area_id, PlanRow.week == week, PlanRow.version == version
            )
        )
        return found[0] if found else None

    def went_out(self, area_id: str, *, since: date | None = None) -> list[PlanHead]:
        """List published and superseded versions, the newest week first."""
        query = select(PlanRow).where(
            PlanRow.area_id == area_id, PlanRow.status.in_(("published", "superseded"))
        )
        if since is not None:
            query = query.where(PlanRow.week >= since)
        return self._heads(query.order_by(PlanRow.week.desc(), PlanRow.version.desc()))

    def published(self, area_id: str) -> list[PlanHead]:
        """List the plans that hold, the newest week first."""
        return [one for one in self.went_out(area_id) if one.status == "published"]

    def document(self, plan_id: int) -> str:
        """Give the whole plan as canonical JSON."""
        return self._session.scalars(
            select(PlanRow.document).where(PlanRow.plan_id == plan_id)
        ).one()

    def file(self, plan_id: int, path: str) -> ReleasedFile | None:
        """Give a released file by its path in the ``public`` part."""
        row = self._session.get(ReleasedFileRow, (plan_id, path))
        return (
            None if row is None else ReleasedFile(row.path, row.media_type, row.content, row.sha256)
        )

    def schools(self, plan_id: int) -> list[School]:
        """List the schools by name."""
        rows = self._session.scalars(
            select(SchoolRow)
            .where(SchoolRow.plan_id == plan_id)
            .order_by(SchoolRow.name, SchoolRow.school_id)
        )
        return [School(row.school_id, row.name, row.outcome, row.file) for row in rows]

    def patrols(self, plan_id: int, school_id: str | None = None) -> list[Patrol]:
        """List the announced patrols of a plan, or of one school in it, by time."""
        query = select(PatrolRow).where(PatrolRow.plan_id == plan_id)
        if school_id is not None:
            query = query.where(PatrolRow.school_id == school_id)
        rows = self._session.scalars(query.order_by(PatrolRow.starts_at, PatrolRow.uid))
        return [
            Patrol(
                row.uid, row.school_id, row.starts_at, row.ends_at,
                row.streets, row.description, row.sequence,
            )
            for row in rows
        ]  # fmt: skip

    # --- writing

    def add(self, new: NewPlan, *, reason: str) -> PlanHead:
        """Add the next version of a week's plan, not published, with all its parts."""
        last = self._session.scalar(
            select(func.max(PlanRow.version)).where(
                PlanRow.area_id == new.area_id, PlanRow.week == new.week
            )
        )
        text = canonical_json(new.document)
        row = PlanRow(
            area_id=new.area_id,
            organisation_id=new.organisation_id,
            week=new.week,
            version=(last or 0) + 1,
            status=new.status,
            row_version=1,
            document=text,
            document_sha256=sha256_of(text),
            created_at=new.read_at or self._now,
            changed_at=self._now,
            changed_by=self._actor,
            published_at=None,
            published_reason="",
        )
        self._session.add(row)
        self._session.flush()
        self._add_parts(row.plan_id, new)
        head = _head(row)
        self._log.write(
            _ADD,
            head.name,
            area_id=head.area_id,
            reason=reason,
            details={"row_version": 1, "sha256": head.document_sha256, "status": head.status},
        )
        return head

    def replace_draft(
        self, head: PlanHead, row_version: int, document: Mapping[str, object], *, reason: str
    ) -> PlanHead:
        """Keep a changed document of a draft.

        Parameters
        ----------
        head
            The version that is edited.
        row_version
            The row version that the editor saw.
        document
            The whole changed document.

        Raises
        ------
        Conflict
            When somebody else was quicker, with the parts that they changed; or when the plan is
            no draft any more.
        """
        old = json.loads(self.document(head.plan_id))
        parts = sorted(
            key for key in old.keys() | document.keys() if old.get(key) != document.get(key)
        )
        text = canonical_json(document)
        values = {"document": text, "document_sha256": sha256_of(text)}
        changed = self._change(head, row_version, ("draft",), **values)
        self._log.write(
            _EDIT,
            head.name,
            area_id=head.area_id,
            reason=reason,
            details={
                "row_version": changed.row_version,
                "parts": parts,
                "sha256": changed.document_sha256,
            },
        )
        return changed

    def publish(self, head: PlanHead, row_version: int, *, reason: str) -> PlanHead:
        """Publish an agreed plan; the version that held until now is superseded.

        Raises
        ------
        Conflict
            When somebody else was quicker, or the plan is not agreed.
        """
        self._session.execute(
            update(PlanRow)
            .where(
                PlanRow.area_id == head.area_id,
                PlanRow.week == head.week,
                PlanRow.version < head.version,
                PlanRow.status == "published",
            )
            .values(
                status="superseded",
                row_version=PlanRow.row_version + 1,
                changed_at=self._now,
                changed_by=self._actor,
            )
        )
        values = {
            "status": "published", "published_at": self._now, "published_reason": reason
        }  # fmt: skip
        published = self._change(head, row_version, ("agreed",), **values)
        self._log.write(
            _PUBLISH,
            head.name,
            area_id=head.area_id,
            reason=reason,
            details={"row_version": published.row_version, "sha256": head.document_sha256},
        )
        return published

    # --- within

    def _change(
        self, head: PlanHead, row_version: int, statuses: tuple[str, ...], **values: object
    ) -> PlanHead:
        """Change a row that is still as the editor saw it; the check and the change are one."""
        done = self._session.execute(
            update(PlanRow)
            .where(
                PlanRow.plan_id == head.plan_id,
                PlanRow.row_version == row_version,
                PlanRow.status.in_(statuses),
            )
            .values(
                row_version=PlanRow.row_version + 1,
                changed_at=self._now,
                changed_by=self._actor,
                **values,
            )
            .returning(PlanRow.plan_id)
            .execution_options(synchronize_session=False)
        ).all()
        self._session.expire_all()
        now = self.head(head.area_id, head.week, head.version)
        if now is None or not done:
            raise self._conflict(now or head, row_version, statuses)
        return now

    def _conflict(self, now: PlanHead, row_version: int, statuses: tuple[str, ...]) -> Conflict:
        if now.row_version == row_version:
            wanted = " or ".join(statuses)
            return Conflict(
                f"The plan is {now.status}, not {wanted}.",
                "Only an agreed plan can be published: every party of every protocol agrees first."
                if statuses == ("agreed",)
                else "Make a new version.",
                (Change("status", now.changed_by),),
            )
        changes = [
            Change(str(part), entry.actor)
            for entry in self._log.about(now.name, _EDIT)
            if (details := json.loads(entry.details))["row_version"] > row_version
            for part in details["parts"]
        ]
        if now.status not in statuses:
            changes.append(Change("status", now.changed_by))
        return Conflict(
            "Somebody else changed the plan meanwhile.",
            "Load it again, look at what changed, and repeat your change.",
            tuple(dict.fromkeys(changes)),
        )

    def _heads(self, query: Select[PlanRow]) -> list[PlanHead]:
        return [_head(row) for row in self._session.scalars(query.options(defer(PlanRow.document)))]

    def _add_parts(self, plan_id: int, new: NewPlan) -> None:
        parts: list[tuple[type, Iterable[dict[str, object]]]] = [
            (ReleasedFileRow, (_values(one, ReleasedFileRow) for one in new.files)),
            (SchoolRow, (_values(one, SchoolRow) for one in new.schools)),
            (PatrolRow, (_values(one, PatrolRow) for one in new.patrols)),
            (CorridorRow, (_place(one, "corridor_id") for one in new.corridors)),
            (SegmentRow, (_place(one, "segment_id") for one in new.segments)),
        ]
        for table, values in parts:
            rows = [{"plan_id": plan_id, **one} for one in values]
            if rows:
                self._session.execute(insert(table), rows)


def _values(
    record: object, table: type[ReleasedFileRow | SchoolRow | PatrolRow]
) -> dict[str, object]:
    names = [one.key for one in table.__table__.columns if one.key != "plan_id"]
    return {name: getattr(record, name) for name in names}


def _place(one: Feature, key: str) -> dict[str, object]:
    west, south, east, north = one.box
    return {
        key: one.feature_id, "properties": one.properties, "geometry": one.geometry,
        "min_x": west, "min_y": south, "max_x": east, "max_y": north,
    }  # fmt: skip


def _head(row: PlanRow) -> PlanHead:
    return PlanHead(**{name: getattr(row, name) for name in _HEAD})
