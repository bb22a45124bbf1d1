"""Changes in words: what somebody asked of the next plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.store.work_records import Change, ChangeKind
from api.team.names import Names, inner_words
from api.team.words import POLICE, day_words, list_words, local_words

__all__ = ["KINDS", "ChangeRow", "change_words", "view_changes"]

KINDS: Mapping[ChangeKind, tuple[str, str]] = {
    ChangeKind.EDIT: ("Corridor", "Keep off streets, walk others, shorten it or draw it anew"),
    ChangeKind.AIM: ("Aim", "What a school's patrols are for; it decides the mix"),
    ChangeKind.MIX: ("Mix", "Who has to be on a school's patrols, and whether police are"),
    ChangeKind.ABSENCE: ("Absence", "A post is away for some days"),
    ChangeKind.REFUSAL: ("Refusal", "Who does not walk beside whom"),
    ChangeKind.PAIRING: ("Pairing", "Who walks only beside others"),
    ChangeKind.CANCELLATION: ("Cancelled patrol", "A school's patrols of one day do not go out"),
}
"""What each kind is called, and what it does."""
_OWN_WORDS = frozenset({ChangeKind.ABSENCE, ChangeKind.REFUSAL, ChangeKind.PAIRING})


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change as the list shows it."""

    change_id: int
    kind: str
    words: str
    reason: str
    made: str
    by: str
    is_standing: bool
    withdrawn_by: str
    """Who alone can take it back; empty where whoever asks can."""


def view_changes(
    changes: Sequence[Change],
    schools: Mapping[str, str],
    names: Names,
    timezone: str,
    *,
    organisation_id: int | None = None,
    may_cancel: bool = False,
) -> tuple[ChangeRow, ...]:
    """Lay changes out, each with whose word it is: role and organisation, never a person.

    Parameters
    ----------
    changes
        In the order in which they are shown.
    schools, names
        What ids are called.
    timezone
        Of the area.
    organisation_id
        Of whoever asks: what another organisation says of its posts only that one takes back.
    may_cancel
        Whether whoever asks may cancel patrols, and so let them go out again.
    """
    return tuple(
        ChangeRow(
            change_id=one.change_id,
            kind=KINDS[one.kind][0],
            words=change_words(one.kind, one.document, schools, names),
            reason=one.reason,
            made=local_words(one.made_at, timezone),
            by=one.by,
            is_standing=one.withdrawn_at is None,
            withdrawn_by=_withdrawn_by(one, organisation_id, may_cancel=may_cancel),
        )
        for one in changes
    )


def _withdrawn_by(change: Change, organisation_id: int | None, *, may_cancel: bool) -> str:
    if change.kind in _OWN_WORDS and change.organisation_id != organisation_id:
        return change.by
    if change.kind is ChangeKind.CANCELLATION and not may_cancel:
        return "an approver"
    return ""


def change_words(
    kind: ChangeKind, document: Mapping[str, Any], schools: Mapping[str, str], names: Names
) -> str:
    """Say what a change asks for."""
    school = schools.get(str(document.get("school", "")), str(document.get("school", "")))
    if kind is ChangeKind.EDIT:
        return f"{school}: {_edit_words(document)}"
    if kind is ChangeKind.AIM:
        return f"{school}: the aim is “{names.aim(str(document['aim']))}”"
    if kind is ChangeKind.MIX:
        return f"{school}: {_mix_words(document, names)}"
    if kind is ChangeKind.ABSENCE:
        first, last = (date.fromisoformat(str(document[key])) for key in ("from", "to"))
        until = "" if first == last else f" to {day_words(last)}"
        return f"Post {document['post']} is away on {day_words(first)}{until}"
    if kind is ChangeKind.CANCELLATION:
        return f"{school}: no patrol on {day_words(date.fromisoformat(str(document['on'])))}"
    key, verb = "refuses", "does not walk beside"
    if kind is ChangeKind.PAIRING:
        key, verb = "beside", "walks only beside"
    others = [document[key]] if isinstance(document[key], str) else document[key]
    listed = " or ".join(_partner(one, names) for one in others)
    return f"{_partner(str(document['who']), names)} {verb} {listed}"


def _edit_words(document: Mapping[str, Any]) -> str:
    if "shorten_to_m" in document:
        return f"at most {document['shorten_to_m']:.0f} m long"
    verbs = {
        "forbid": "not along",
        "require": "in any case along",
        "redraw": "drawn anew along",
    }
    key = next(one for one in verbs if one in document)
    places = document[key]
    streets = places if isinstance(places, list) else places.get("streets", [])
    n = 0 if isinstance(places, list) else len(places.get("segments", ()))
    listed = [*streets, *([f"{n} piece{'s' if n > 1 else ''} of street"] if n else [])]
    return f"{verbs[key]} {list_words(listed)}"


def _mix_words(document: Mapping[str, Any], names: Names) -> str:
    groups = [
        " or ".join(inner_words(names.role(role)) for role in group) for group in document["needed"]
    ]
    n = document.get("min_posts", 2)
    police = POLICE.get(str(document["police"]), "")
    return f"needs {list_words(groups)}; at least {n} posts. {police}"


def _partner(word: str, names: Names) -> str:
    return f"every {inner_words(names.roles[word])}" if word in names.roles else word
