"""Names for the ids of roles, aims and categories, from the bundled files or a borough's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from corridors.sources.bundled import bundled_path

__all__ = ["Category", "Names", "bundled_categories", "bundled_names", "inner_words", "names_with"]


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called."""

    roles: Mapping[str, str]
    police_roles: frozenset[str]
    aims: Mapping[str, str]

    def role(self, role_id: str) -> str:
        """Name a role; one that is not known by its id."""
        return self.roles.get(role_id, role_id.replace("_", " "))

    def aim(self, aim_id: str) -> str:
        """Name an aim, also where a person set the mix of one school."""
        plain = aim_id.partition("@")[0]
        return self.aims.get(plain, plain.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Category:
    """A category of incidents of ours."""

    slug: str
    name: str
    is_discovered: bool
    """By police activity, unless the source says otherwise: it scores nothing."""
    why: str


def inner_words(name: str) -> str:
    """Say a name inside a sentence: "Youth worker" loses its capital, "CAMHS lead" does not."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


@cache
def bundled_names() -> Names:
    """Read the bundled names, once."""
    return names_with(None, None)


def names_with(roles: str | None, aims: str | None) -> Names:
    """Give names from a borough's own files.

    Parameters
    ----------
    roles, aims
        The files' texts; None for the bundled ones. One that is no TOML counts as none: the reader
        of area files tells what is wrong with it.
    """
    role_tables = _tables(roles, "roles")
    return Names(
        roles={key: str(one.get("name", key)) for key, one in role_tables.items()},
        police_roles=frozenset(key for key, one in role_tables.items() if one.get("police")),
        aims={key: str(one.get("name", key)) for key, one in _tables(aims, "aims").items()},
    )


@cache
def bundled_categories() -> dict[str, Category]:
    """Read our categories by slug, once."""
    text = bundled_path("reference/categories.toml").read_text("utf-8")
    return {
        slug: Category(
            slug, str(one["name"]), one["origin"] == "discovered", str(one.get("why", ""))
        )
        for slug, one in tomllib.loads(text)["category"].items()
    }


def _tables(text: str | None, key: str) -> dict[str, Any]:
    bundled = bundled_path(f"reference/{key}.toml").read_text("utf-8")
    try:
        found = tomllib.loads(bundled if text is None else text).get(key, {})
    except (ValueError, RecursionError):
        found = {}
    return {name: one for name, one in found.items() if isinstance(one, dict)}
