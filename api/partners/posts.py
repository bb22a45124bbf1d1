"""The posts that an organisation answers for: of the area's roster, never anybody else's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from api.store import Unit
from api.store.area_text import parse_document
from api.store.partner_records import plain_party
from corridors.errors import BadInput

__all__ = ["OwnPost", "own_posts"]


@dataclass(frozen=True, slots=True, order=True)
class OwnPost:
    """A post of the organisation that asks."""

    post_id: str
    role: str


def own_posts(
    unit: Unit, area_id: str, party: str, documents: Iterable[Mapping[str, Any]] = ()
) -> tuple[OwnPost, ...]:
    """List an organisation's posts, by id.

    Parameters
    ----------
    unit
        Where the roster is looked up.
    area_id, party
        The area, and the organisation's name.
    documents
        Plans, for an area whose roster is not kept here: those who walk are known from them.
    """
    listed = [*_of_roster(unit, area_id), *_of_plans(documents)]
    wanted = plain_party(party)
    return tuple(
        sorted(
            {
                post_id: OwnPost(post_id, role)
                for post_id, role, organisation in reversed(listed)
                if plain_party(organisation) == wanted
            }.values()
        )
    )


def _of_roster(unit: Unit, area_id: str) -> tuple[tuple[str, str, str], ...]:
    document = unit.inputs.document(area_id)
    if document is None:
        return ()
    roster = parse_document(document.document).get("roster")
    path = roster.get("path") if isinstance(roster, Mapping) else None
    for file in unit.inputs.files(area_id):
        if file.path == path and file.erased_at is None:
            content = unit.inputs.content(file.input_id)
            return () if content is None else _read(content, PurePosixPath(file.path).suffix)
    return ()


@lru_cache(maxsize=16)
def _read(content: bytes, suffix: str) -> tuple[tuple[str, str, str], ...]:
    """Read a roster with the reader that plans use; reading tables takes a second to load."""
    reader = import_module("corridors.sources.roster")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"roster{suffix}"
        path.write_bytes(content)
        try:
            table = reader.read_roster(path).table
        except BadInput:  # a plan would tell it to the team
            return ()
    columns = (table[name].tolist() for name in ("post_id", "role", "organisation"))
    return tuple(zip(*columns, strict=True))


def _of_plans(documents: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    return [
        (post["post_id"], post["role"], post["organisation"])
        for document in documents
        for patrol in document.get("patrols", ())
        if isinstance(patrol, Mapping)
        for post in patrol["posts"]
    ]
