"""From what lies in the store to a folder that the pipeline reads, and nothing outside of it.

The service never plans in its own way: an area's file and the files that it names are written into
a temporary folder, standing changes and answers are added as entries of the area file, and the
pipeline makes the plan as the command line does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tomli_w

from api.store import Unit
from api.store.area_text import is_inside, matches, named_files, parse_document, toml_value
from api.store.partner_records import Answer, AnswerWord, plain_party
from api.store.records import PlanHead
from api.store.work_records import Change, ChangeKind, InputFile, InputKind
from corridors.errors import BadInput, Problem

__all__ = [
    "AREA_FILE",
    "LAST_PLAN",
    "ChangeEntry",
    "add_answers",
    "add_changes",
    "area_dict",
    "followed_plan",
    "materialise",
    "write_area",
    "write_last_plan",
]

AREA_FILE = "area.toml"
LAST_PLAN = "last-plan.json"
_KEY_OF = {
    ChangeKind.EDIT: "corridors",
    ChangeKind.AIM: "aims",
    ChangeKind.MIX: "mixes",
    ChangeKind.REFUSAL: "refusals",
    ChangeKind.PAIRING: "pairings",
    ChangeKind.ABSENCE: "absences",
    ChangeKind.CANCELLATION: "cancellations",
}
_SAYS_WHY = frozenset(ChangeKind) - {ChangeKind.ABSENCE}
_SAYS_BY = _SAYS_WHY - {ChangeKind.REFUSAL, ChangeKind.PAIRING}


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """A change as the area file has it."""

    kind: ChangeKind
    document: Mapping[str, Any]
    reason: str
    by: str

    @property
    def key(self) -> str:
        """Give the table that it is an entry of."""
        return _KEY_OF[self.kind]

    def as_entry(self) -> dict[str, Any]:
        """Give the entry, with reason and ``by`` where the area file knows them."""
        entry = dict(toml_value(self.document))
        if self.kind in _SAYS_WHY:
            entry["reason"] = self.reason
        if self.kind in _SAYS_BY:
            entry["by"] = self.by
        return entry


def area_dict(unit: Unit, area_id: str) -> dict[str, Any]:
    """Give an area's file as it was written, parsed.

    Raises
    ------
    BadInput
        When the area has none.
    """
    found = unit.inputs.document(area_id)
    if found is None:
        raise BadInput(
            Problem(
                "area file",
                "Nothing is known of this area yet: it has no area file.",
                "Load one: python -m api.admin load-area AREA.toml.",
            )
        )
    return parse_document(found.document)


def add_changes(
    document: Mapping[str, Any], changes: Iterable[Change | ChangeEntry]
) -> dict[str, Any]:
    """Add changes to an area file, in their order."""
    wanted = dict(document)
    for one in changes:
        entry = ChangeEntry(one.kind, one.document, one.reason, one.by)
        there = wanted.get(entry.key, [])
        entries = [there] if isinstance(there, Mapping) else list(there)
        wanted[entry.key] = [*entries, entry.as_entry()]
    return wanted


def add_answers(document: Mapping[str, Any], answers: Iterable[Answer]) -> dict[str, Any]:
    """Add agreements; who declines, or proposes something else, no longer agrees."""
    agreements: dict[str, list[Any]] = {
        protocol: [given] if isinstance(given, Mapping) else list(given)
        for protocol, given in dict(document.get("agreements", {})).items()
    }
    for one in answers:
        party = plain_party(one.party)
        others = [
            entry
            for entry in agreements.get(one.protocol_id, [])
            if not isinstance(entry, Mapping) or plain_party(str(entry.get("by", ""))) != party
        ]
        if one.word == AnswerWord.AGREES:
            others.append({"by": one.party, "on": one.on})
        agreements[one.protocol_id] = others
    wanted = dict(document)
    if agreements:
        wanted["agreements"] = agreements
    return wanted


def materialise(unit: Unit, area_id: str, folder: Path) -> Path:
    """Write an area's file, with standing changes and answers, and every file that it names.

    Parameters
    ----------
    unit
        A transaction that reads.
    area_id
        The area.
    folder
        An empty folder.

    Returns
    -------
    Path
        The area file.

    Raises
    ------
    BadInput
        With every file that is missing, erased, or would lie outside of the folder.
    """
    document = add_changes(area_dict(unit, area_id), unit.changes.standing(area_id))
    document = add_answers(document, unit.answers.standing(area_id))
    return write_area(unit, area_id, document, folder)


def write_area(
    unit: Unit,
    area_id: str,
    document: Mapping[str, Any],
    folder: Path,
    beside: frozenset[str] = frozenset(),
) -> Path:
    """Write an area file that is made up already, and the files that it names.

    Parameters
    ----------
    unit, area_id, folder
        As for `materialise`.
    document
        The area file.
    beside
        Files that it names and that lie in the folder already.
    """
    files = unit.inputs.files(area_id)
    named = [one for one in named_files(document) if one[1] not in beside]
    problems = [*_streets_problems(document), *_file_problems(named, files, folder)]
    if problems:
        raise BadInput(problems)
    for one in files:
        if any(matches(one.path, written) for _, written, _ in named):
            target = folder / one.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                file.writelines(unit.inputs.pieces(one.input_id))
    area_file = folder / AREA_FILE
    area_file.write_text(tomli_w.dumps(dict(document)), "utf-8")
    return area_file


def followed_plan(
    unit: Unit, area_id: str, week: date, follows: tuple[date, int] | None
) -> PlanHead | None:
    """Find the plan that a new one follows or replaces.

    Where it is not said: the week's published version, else its newest one, else the published
    plan of the nearest week before.
    """
    if follows is not None:
        return unit.plans.head(area_id, *follows)
    heads = unit.plans.heads(area_id)
    of_week = [one for one in heads if one.week == week]
    published = [one for one in heads if one.status == "published"]
    found = [
        *(one for one in of_week if one.status == "published"),
        *of_week,
        *(one for one in published if one.week < week),
    ]
    return found[0] if found else None


def write_last_plan(unit: Unit, head: PlanHead, folder: Path) -> Path:
    """Write the plan that a new one follows, for the pipeline."""
    path = folder / LAST_PLAN
    path.write_text(unit.plans.document(head.plan_id), "utf-8")
    return path


def _streets_problems(document: Mapping[str, Any]) -> list[Problem]:
    streets = document.get("streets")
    if isinstance(streets, Mapping) and "place" in streets:
        return [
            Problem(
                "streets.place",
                "The service asks nobody for streets: they have to come from a file.",
                "Save the area's streets as a file, and upload it as streets.",
            )
        ]
    return []


def _file_problems(
    named: list[tuple[str, str, InputKind]], files: list[InputFile], folder: Path
) -> list[Problem]:
    problems = []
    for where, written, _ in named:
        if not is_inside(written) or not (folder / written).resolve().is_relative_to(
            folder.resolve()
        ):
            what = "The path leads out of the area's own files."
            problems.append(Problem(where, what, "Name a file beside the area file."))
            continue
        meant = [one for one in files if matches(one.path, written)]
        erased = [one for one in meant if one.erased_at is not None]
        if not meant:
            what = "The file that the area names is not in the store."
            problems.append(Problem(where, what, "Upload it, or load the area again."))
        for one in erased:
            day = f"{one.erased_at:%d %B %Y}".lstrip("0")
            problems.append(
                Problem(
                    where,
                    f"The rows of {one.path} were erased on {day}: the time they may be kept was "
                    "over. Plans that were made keep their aggregated evidence.",
                    "Upload a newer export that replaces it.",
                )
            )
    return problems
