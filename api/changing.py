"""Check a change when it is made: with the reader of area files, in its own words.

Only what the area file names is read, not the incidents and the streets: those are empty files
here. Streets and segments are looked for in the newest plan. It loads what takes a second to load:
import it only where something is changed.

The team's changes are checked against everything that stands. An organisation's word about its own
posts is checked against its own words only: nobody else's rule can veto it, and nothing that is
told to it names others' posts or rules.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd
import tomli_w

from api.errors import BadRequest
from api.store.area_text import is_inside, matches, named_files
from api.store.work_records import ChangeKind, InputKind
from api.workspace import AREA_FILE, ChangeEntry, add_changes, area_dict
from corridors.domain.area import Area
from corridors.errors import AreaFileError, BadInput, Problem
from corridors.sources.area import read_area
from corridors.sources.area_references import check_references
from corridors.sources.incidents_words import read_categories
from corridors.sources.reference import read_aims, read_roles
from corridors.sources.roster import read_roster
from corridors.sources.schools import read_schools

if TYPE_CHECKING:
    from api.store import Unit

__all__ = ["check_change", "check_statement"]

_UNREAD = {InputKind.STREETS, InputKind.INCIDENTS}
_NO_ROSTER = ("post_id", "role", "organisation", "walks_with_police")
_MOST_SEGMENTS = 1_000_000
_RULES = {"refusals", "pairings"}
_RULES_OF_ROSTER = ["refuses", "walks_only_with"]
_WORDS = {ChangeKind.REFUSAL, ChangeKind.PAIRING, ChangeKind.ABSENCE}


def check_change(
    unit: Unit, area_id: str, kind: ChangeKind, document: Mapping[str, Any], reason: str
) -> None:
    """Refuse a change that the area's material contradicts.

    Parameters
    ----------
    unit
        The transaction in which it is made.
    area_id, kind, document, reason
        As for `api.store.changes.Changes.add`.

    Raises
    ------
    BadInput
        With every problem that the area file would have with it and has not without it.
    """
    before = add_changes(area_dict(unit, area_id), unit.changes.standing(area_id))
    if {"reason", "by"} & document.keys():
        mend = "Leave reason and by out: they are kept beside the change."
        raise BadInput(Problem(str(kind), "The entry says who changes it, and why.", mend))
    after = add_changes(before, [ChangeEntry(kind, document, reason, "The team")])
    problems = _problems_of(unit, area_id, after)
    if not problems:
        return
    known = set(_problems_of(unit, area_id, before))
    new = [one for one in problems if one not in known]
    if new:
        raise BadInput(new)


def check_statement(
    unit: Unit,
    area_id: str,
    organisation_id: int,
    kind: ChangeKind,
    document: Mapping[str, Any],
    reason: str,
) -> None:
    """Refuse what an organisation says of its posts only where it cannot be used at all.

    Where it contradicts somebody else's rule it is kept: the next plan then cannot be made, and
    the team is told which rules to mend.

    Parameters
    ----------
    unit, area_id, organisation_id, kind, document, reason
        As for `api.store.changes.Changes.add`.

    Raises
    ------
    BadRequest
        In general words: the area's material names others' posts.
    """
    try:
        whole = area_dict(unit, area_id)
    except BadInput:
        what = "Nothing can be kept here yet: the area has no material."
        raise BadRequest(what, "Ask the team to load it.") from None
    paper = {key: value for key, value in whole.items() if key not in _RULES}
    own = [
        one
        for one in unit.changes.standing(area_id)
        if one.kind in _WORDS and one.organisation_id == organisation_id
    ]
    before = add_changes(paper, own)
    after = add_changes(before, [ChangeEntry(kind, document, reason, "A partner")])
    problems = _problems_of(unit, area_id, after, _RULES_OF_ROSTER)
    if problems and set(problems) - set(_problems_of(unit, area_id, before, _RULES_OF_ROSTER)):
        raise BadRequest(
            "This cannot be used: somebody named has no post in the roster, or you said something "
            "else that contradicts it.",
            "Look at what you said already, name others, or ask the team.",
            where="who" if kind == ChangeKind.ABSENCE else "others",
        )


def _problems_of(
    unit: Unit, area_id: str, document: Mapping[str, Any], unheard: Collection[str] = ()
) -> list[Problem]:
    """List the problems of an area file, without what some columns of the roster say."""
    with TemporaryDirectory(prefix="safer-corridors-check-") as temporary:
        folder = Path(temporary)
        _write_small(unit, area_id, document, folder)
        try:
            area = read_area(folder / AREA_FILE)
            return _references(unit, area_id, area, folder, unheard)
        except BadInput as error:
            return list(error.problems)


def _references(
    unit: Unit, area_id: str, area: Area, folder: Path, unheard: Collection[str]
) -> list[Problem]:
    schools = read_schools(area.schools, folder, area.crs)
    names = {slug: one.name for slug, one in read_categories().by_slug.items()}
    roles = read_roles(folder / area.roles_path if area.roles_path else None)
    aims = read_aims(
        folder / area.aims_path if area.aims_path else None, roles=roles, categories=names
    )
    ids = set(schools.table["school_id"])
    roster = pd.DataFrame({name: pd.Series(dtype="str") for name in _NO_ROSTER})
    if area.roster_path:
        roster = read_roster(
            folder / area.roster_path, roles, school_ids=ids, shown=area.roster_path
        ).table
    roster = roster.drop(columns=list(unheard), errors="ignore")
    return check_references(area, ids, roster, roles, aims, _segments(unit, area_id))


def _write_small(unit: Unit, area_id: str, document: Mapping[str, Any], folder: Path) -> None:
    """Write the area file and what it names: streets and incidents without their content."""
    named = named_files(document)
    if not all(is_inside(written) for _, written, _ in named):
        what = "A path leads out of the area's own files."
        raise AreaFileError(Problem("area file", what, "Name files beside the area file."))
    for one in unit.inputs.files(area_id):
        if any(matches(one.path, written) for _, written, _ in named):
            target = folder / one.path
            target.parent.mkdir(parents=True, exist_ok=True)
            content = () if one.kind in _UNREAD else unit.inputs.pieces(one.input_id)
            with target.open("wb") as file:
                file.writelines(content)
    (folder / AREA_FILE).write_text(tomli_w.dumps(dict(document)), "utf-8")


def _segments(unit: Unit, area_id: str) -> pd.DataFrame | None:
    """Give the streets of the newest plan; None where there is no plan yet."""
    heads = unit.plans.heads(area_id)
    if not heads:
        return None
    page = unit.features.segments(
        heads[0].plan_id, area_id, box=None, limit=_MOST_SEGMENTS, offset=0
    )
    rows = [json.loads(one.properties) for one in page.features]
    return pd.DataFrame(
        {
            "segment_id": [row["segment_id"] for row in rows],
            "name": [row.get("name") or "" for row in rows],
        }
    )
