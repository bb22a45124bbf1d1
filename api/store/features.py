"""What has a place: corridors of published plans for everybody, segments for the team."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from api.store.records import Feature, FeaturePage
from api.store.tables_plans import CorridorRow, PlanRow, SegmentRow

__all__ = ["Box", "Features"]

Box = tuple[float, float, float, float]
"""West, south, east, north, in WGS84 degrees."""


class Features:
    """Corridors and segments within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def corridors(
        self, *, box: Box | None, area_id: str | None, limit: int, offset: int
    ) -> FeaturePage:
        """List corridors of each area's newest published plan, by area and id."""
        wanted = [*_within(CorridorRow, box)]
        if area_id is not None:
            wanted.append(PlanRow.area_id == area_id)
        query = (
            select(CorridorRow, PlanRow.area_id)
            .join(PlanRow, PlanRow.plan_id == CorridorRow.plan_id)
            .where(_is_newest_published(), *wanted)
        )
        order = (PlanRow.area_id, CorridorRow.corridor_id)
        rows = self._session.execute(query.order_by(*order).limit(limit).offset(offset)).all()
        found = tuple(_feature(row, row.corridor_id, area) for row, area in rows)
        return FeaturePage(found, self._count(query))

    def corridor(self, area_id: str, corridor_id: str) -> Feature | None:
        """Give a corridor of an area's newest published plan."""
        row = self._session.execute(
            select(CorridorRow, PlanRow.area_id)
            .join(PlanRow, PlanRow.plan_id == CorridorRow.plan_id)
            .where(
                _is_newest_published(),
                PlanRow.area_id == area_id,
                CorridorRow.corridor_id == corridor_id,
            )
        ).first()
        return None if row is None else _feature(row[0], row[0].corridor_id, row[1])

    def corridors_of(self, plan_id: int, area_id: str) -> list[Feature]:
        """List the released corridors of one plan, whatever its status."""
        rows = self._session.scalars(
            select(CorridorRow)
            .where(CorridorRow.plan_id == plan_id)
            .order_by(CorridorRow.corridor_id)
        )
        return [_feature(row, row.corridor_id, area_id) for row in rows]

    def segments(
        self, plan_id: int, area_id: str, *, box: Box | None, limit: int, offset: int
    ) -> FeaturePage:
        """List segments of one plan with their exact figures, by id."""
        query = select(SegmentRow).where(SegmentRow.plan_id == plan_id, *_within(SegmentRow, box))
        rows = self._session.scalars(
            query.order_by(SegmentRow.segment_id).limit(limit).offset(offset)
        )
        found = tuple(_feature(row, row.segment_id, area_id) for row in rows)
        return FeaturePage(found, self._count(query))

    def streets(self, plan_id: int) -> list[tuple[bytes, str]]:
        """List geometry and properties of every segment of a plan, for a map."""
        found = self._session.execute(
            select(SegmentRow.geometry, SegmentRow.properties)
            .where(SegmentRow.plan_id == plan_id)
            .order_by(SegmentRow.segment_id)
        )
        return [(geometry, properties) for geometry, properties in found]

    def extent(self) -> Box | None:
        """Give the box around all corridors of the newest published plans."""
        row = self._session.execute(
            select(
                func.min(CorridorRow.min_x), func.min(CorridorRow.min_y),
                func.max(CorridorRow.max_x), func.max(CorridorRow.max_y),
            )
            .join(PlanRow, PlanRow.plan_id == CorridorRow.plan_id)
            .where(_is_newest_published())
        ).one()  # fmt: skip
        west, south, east, north = (None if one is None else float(one) for one in row)
        if west is None or south is None or east is None or north is None:
            return None
        return west, south, east, north

    def _count(self, query: Select[CorridorRow, str] | Select[SegmentRow]) -> int:
        return self._session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _is_newest_published() -> ColumnElement[bool]:
    newest = (
        select(PlanRow.area_id, func.max(PlanRow.week).label("week"))
        .where(PlanRow.status == "published")
        .group_by(PlanRow.area_id)
        .subquery()
    )
    return and_(
        PlanRow.status == "published",
        select(newest.c.week).where(newest.c.area_id == PlanRow.area_id).scalar_subquery()
        == PlanRow.week,
    )


def _within(table: type[CorridorRow | SegmentRow], box: Box | None) -> list[ColumnElement[bool]]:
    """Keep what has its own box meet the asked one."""
    if box is None:
        return []
    west, south, east, north = box
    return [
        table.min_x <= east, table.max_x >= west, table.min_y <= north, table.max_y >= south,
    ]  # fmt: skip


def _feature(row: CorridorRow | SegmentRow, feature_id: str, area_id: str) -> Feature:
    box = (row.min_x, row.min_y, row.max_x, row.max_y)
    return Feature(feature_id, area_id, row.properties, row.geometry, box)
