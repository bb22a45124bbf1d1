"""Aims, roles, protocol, severity and words: the project's own, or those a borough brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corridors.domain.area import Area
from corridors.domain.plan import Aim, ProtocolTemplate, Role
from corridors.sources.incidents_words import read_categories
from corridors.sources.paths import resolve
from corridors.sources.reference import read_aims, read_protocol_template, read_roles

__all__ = ["Reference", "read_reference"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Aims, roles, protocol, severity and words: the project's, or the borough's own."""

    roles: Mapping[str, Role]
    aims: Mapping[str, Aim]
    protocol: ProtocolTemplate
    severity: Mapping[str, float]
    own_severity: Mapping[str, float] | None
    """The area's own table, whether or not it is the one in use."""
    category_names: Mapping[str, str]


def read_reference(area: Area, base_dir: Path) -> Reference:
    """Read what the project or the borough brings along.

    Severity weights are left empty: they are checked against the incidents, see
    `corridors.pipeline.severities.severity_of`.

    Parameters
    ----------
    area
        The area file.
    base_dir
        Its folder.
    """

    def path(written: str | None) -> Path | None:
        return resolve(base_dir, written) if written else None

    names = {slug: category.name for slug, category in read_categories().by_slug.items()}
    roles = read_roles(path(area.roles_path))
    aims = read_aims(path(area.aims_path), roles=roles, categories=names)
    return Reference(
        roles=roles,
        aims=aims,
        protocol=read_protocol_template(path(area.protocol_path), aims=aims),
        severity={},
        own_severity=None,
        category_names=names,
    )
