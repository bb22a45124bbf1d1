"""What each table holds: one frozen spec a table, used to check it and to document it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.domain.vocabulary import Origin, PlacePrecision, TimePrecision

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "INCIDENTS",
    "ROSTER",
    "SCHOOLS",
    "SEGMENTS",
    "SET_ASIDE",
    "Column",
    "TableMismatch",
    "TableSpec",
]


class TableMismatch(ValueError):  # noqa: N818 -- a broken promise between our own rooms
    """A table breaks its spec: a fault of ours, not of the input."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its kind, unit and meaning, and what it may hold."""

    name: str
    kind: str
    """``text``, ``int``, ``float``, ``bool``, ``time`` (UTC datetime64) or ``geometry``."""
    meaning: str
    unit: str = ""
    allowed: tuple[str, ...] = ()
    nullable: bool = False
    optional: bool = False
    """Whether a table may do without it: then every row is the empty text."""


_KINDS = {"int": "iu", "float": "f", "bool": "b", "time": "M"}


@dataclass(frozen=True, slots=True)
class TableSpec:
    """The columns that a table must have."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    def check(self, table: pd.DataFrame) -> None:
        """Raise `TableMismatch` naming column, rule and number of rows; change nothing."""
        for column in self.columns:
            if column.name not in table:
                if column.optional:
                    continue
                raise TableMismatch(f"{self.name}: no column {column.name!r}")
            self._check_column(column, table[column.name])

    def _check_column(self, column: Column, values: pd.Series) -> None:
        kinds = _KINDS.get(column.kind)
        kind = getattr(values.dtype, "kind", "O")
        if kinds is not None and kind not in kinds:
            raise TableMismatch(f"{self.name}.{column.name}: {values.dtype}, not {column.kind}")
        n_missing = int(values.isna().sum())
        if n_missing and not column.nullable:
            raise TableMismatch(f"{self.name}.{column.name}: missing in {n_missing} rows")
        if column.kind == "float" and np.isinf(values.to_numpy(float)).any():
            raise TableMismatch(f"{self.name}.{column.name}: not finite")
        if column.allowed:
            n_odd = int((~values.dropna().isin(column.allowed)).sum())
            if n_odd:
                raise TableMismatch(f"{self.name}.{column.name}: {n_odd} rows outside the list")


INCIDENTS = TableSpec(
    "incidents",
    (
        Column("incident_id", "text", "the source's own id, or made from file and line"),
        Column("source", "int", "index of the input in the report"),
        Column("line", "int", "line or record number in that input, counted as a reader would"),
        Column("starts_at", "time", "earliest time it can have happened, UTC"),
        Column("ends_at", "time", "latest time it can have happened, UTC; equal when exact"),
        Column("time_precision", "text", "", allowed=tuple(TimePrecision)),
        Column("category", "text", "a category of data/reference/categories.toml, or other"),
        Column("origin", "text", "", allowed=tuple(Origin)),
        Column("x", "float", "easting in the area's CRS", "m"),
        Column("y", "float", "northing in the area's CRS", "m"),
        Column("place_precision", "text", "", allowed=tuple(PlacePrecision)),
    ),
)

SEGMENTS = TableSpec(
    "segments",
    (
        Column("segment_id", "text", "stable for the same streets file"),
        Column("u", "int", "node at the start of the geometry, row of node_xy"),
        Column("v", "int", "node at its end"),
        Column("length_m", "float", "length along the street", "m"),
        Column("name", "text", "street name, or empty"),
        Column("highway", "text", "OSM highway class"),
        Column("layer", "int", "OSM layer: 0 is the ground"),
        Column("bridge", "bool", ""),
        Column("tunnel", "bool", ""),
        Column("component", "int", "number of the connected part, 0 is the longest"),
        Column("geometry", "geometry", "LineString from u to v in the area's CRS"),
    ),
)

SCHOOLS = TableSpec(
    "schools",
    (
        Column("school_id", "text", "URN or the local id"),
        Column("name", "text", "as given; escaped wherever it is shown"),
        Column("x", "float", "gate, easting in the area's CRS", "m"),
        Column("y", "float", "gate, northing in the area's CRS", "m"),
    ),
)

ROSTER = TableSpec(
    "roster",
    (
        Column("post_id", "text", "a post, never a person"),
        Column("role", "text", "a role of data/reference/roles.toml"),
        Column("organisation", "text", ""),
        Column("school_ids", "text", "schools the post is tied to, separated by ';'; empty: any"),
        Column("weekdays", "text", "mon;tue;... on which it is available"),
        Column("from_min", "int", "minutes after midnight, local", "min"),
        Column("to_min", "int", "minutes after midnight, local", "min"),
        Column("walks_with_police", "bool", "False is a refusal: a hard constraint"),
        Column("max_patrols_week", "int", "", "patrols"),
        Column(
            "refuses",
            "text",
            "posts, roles, organisations or 'police' that it does not walk beside, by ';'",
            optional=True,
        ),
        Column(
            "walks_only_with",
            "text",
            "posts, roles or organisations of whom one must walk too, by ';'; empty: anybody",
            optional=True,
        ),
    ),
)

SET_ASIDE = TableSpec(
    "set_aside",
    (
        Column("file", "text", "path as in the area file"),
        Column("line", "int", "line or record number, counted as a reader would"),
        Column("reason", "text", "a reason code; never a value of the row"),
    ),
)
