"""The forms by which a person changes corridor, aim, mix or roster: from fields to entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.store.work_records import ChangeKind
from api.team.forms import Errors, Fields, Option
from api.team.names import Names

__all__ = ["EDITS", "FORMS", "POLICE_CHOICES", "ROLE_CHOICES", "Choices", "document_from"]

EDITS = (
    Option("forbid", "Keep off some streets", "The best corridor that does not use them"),
    Option("require", "Walk some streets in any case", "The best corridor that holds them"),
    Option("shorten", "Make it shorter", "The best corridor of this length"),
    Option("redraw", "Draw it anew", "These streets and no others; they must hang together"),
)
POLICE_CHOICES = (
    Option("absent", "No police on these patrols"),
    Option("on_call", "Police are on call, not on the patrol"),
    Option("needed", "Police take part"),
)
ROLE_CHOICES = (
    Option("not", "Not needed"),
    Option("one_of", "One of several"),
    Option("must", "Must be there"),
)
_MOST_STREETS = 60


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen in an area."""

    schools: Mapping[str, str]
    names: Names
    posts: Mapping[str, str]
    """Id of each post, to words for it."""
    organisations: Sequence[str]

    @property
    def partners(self) -> list[Option]:
        """List everybody whom a rule can name: organisations, roles and posts."""
        return [
            *(Option(one, one) for one in self.organisations),
            *(Option(key, f"Every {name.lower()}") for key, name in self.names.roles.items()),
            *(Option(key, f"Post {key}: {words}") for key, words in self.posts.items()),
        ]


def document_from(
    kind: ChangeKind, fields: Fields, errors: Errors, choices: Choices
) -> dict[str, Any]:
    """Turn a form into the entry of the area file that it asks for, without reason and by.

    Parameters
    ----------
    kind
        Which form.
    fields, errors
        What was sent, and where to tell what is wrong with it. Whether the entry fits the area's
        material is checked when it is kept.
    choices
        What may be chosen.
    """
    return FORMS[kind](fields, errors, choices)


def _edit(fields: Fields, errors: Errors, choices: Choices) -> dict[str, Any]:
    document: dict[str, Any] = {"school": _school(fields, errors, choices)}
    kind = fields.text("edit")
    if kind not in {one.value for one in EDITS}:
        errors.add("edit", "Choose what is to change on the corridor.")
    elif kind == "shorten":
        length_m = fields.number("length_m")
        if length_m is None:
            errors.add("length_m", "Give the greatest length in whole metres, such as 800.")
        document["shorten_to_m"] = float(length_m or 0)
    else:
        document[kind] = _places(fields, errors)
    return document


def _places(fields: Fields, errors: Errors) -> list[str] | dict[str, list[str]]:
    """Take streets ticked or written, and single pieces of street."""
    written = [line.strip() for line in fields.text("more_streets").splitlines() if line.strip()]
    by_name = {name.casefold(): name for name in [*fields.texts("street"), *written]}
    streets, segments = list(by_name.values()), fields.texts("segment")
    if not streets and not segments:
        errors.add("street", "Choose at least one street.")
    if len(streets) + len(segments) > _MOST_STREETS:
        errors.add("street", f"These are too many: choose at most {_MOST_STREETS}.")
    if not segments:
        return streets
    return {"segments": segments} | ({"streets": streets} if streets else {})


def _aim(fields: Fields, errors: Errors, choices: Choices) -> dict[str, Any]:
    aim = fields.text("aim")
    if aim not in choices.names.aims:
        errors.add("aim", "Choose an aim.")
    return {"school": _school(fields, errors, choices), "aim": aim}


def _mix(fields: Fields, errors: Errors, choices: Choices) -> dict[str, Any]:
    names = choices.names
    civil = [role for role in names.roles if role not in names.police_roles]
    said = {role: fields.text(f"role-{role}", "not") for role in civil}
    needed = [[role] for role, word in said.items() if word == "must"]
    one_of = [role for role, word in said.items() if word == "one_of"]
    if len(one_of) == 1:
        errors.add(f"role-{one_of[0]}", "One of several needs another: choose “Must be there”.")
    if one_of:
        needed.append(one_of)
    if not needed and civil:
        errors.add(f"role-{civil[0]}", "Choose at least one role that is needed.")
    police = fields.text("police")
    if police not in {one.value for one in POLICE_CHOICES}:
        errors.add("police", "Choose whether police take part.")
    elif police == "needed":
        needed.append(sorted(names.police_roles))
    min_posts = fields.number("min_posts")
    if min_posts is None or not 2 <= min_posts <= 10:
        errors.add("min_posts", "Give a number from 2 to 10: nobody walks alone.")
    return {
        "school": _school(fields, errors, choices),
        "needed": needed,
        "min_posts": min_posts or 2,
        "police": police,
    }


def _absence(fields: Fields, errors: Errors, choices: Choices) -> dict[str, Any]:
    post = fields.text("post")
    if post not in choices.posts:
        errors.add("post", "Choose a post.")
    first, last = _day(fields, errors, "from"), _day(fields, errors, "to")
    if first and last and last < first:
        errors.add("to", "The last day lies before the first one.")
    return {"post": post, "from": first.isoformat() if first else "", "to": str(last or "")}


def _refusal(fields: Fields, errors: Errors, choices: Choices) -> dict[str, Any]:
    known = {one.value for one in choices.partners}
    who = _who(fields, errors, known)
    return {"who": who, "refuses": _others(fields, errors, "refuses", known | {"police"})}


def _pairing(fields: Fields, errors: Errors, choices: Choices) -> dict[str, Any]:
    known = {one.value for one in choices.partners}
    who = _who(fields, errors, known)
    return {"who": who, "beside": _others(fields, errors, "beside", known)}


def _who(fields: Fields, errors: Errors, known: set[str]) -> str:
    who = fields.text("who")
    if who not in known:
        errors.add("who", "Choose whom the rule is about.")
    return who


def _others(fields: Fields, errors: Errors, name: str, known: set[str]) -> list[str]:
    chosen = fields.texts(name)
    if not chosen or not set(chosen) <= known:
        errors.add(name, "Choose at least one.")
    return chosen


def _school(fields: Fields, errors: Errors, choices: Choices) -> str:
    school = fields.text("school")
    if school not in choices.schools:
        errors.add("school", "Choose a school.")
    return school


def _day(fields: Fields, errors: Errors, name: str) -> date | None:
    """Take a day from three fields, as people type it, or from one as 2026-11-23."""
    parts = [fields.number(f"{name}-{part}") for part in ("year", "month", "day")]
    year, month, day = parts
    try:
        if year is None or month is None or day is None:
            return date.fromisoformat(fields.text(name))
        return date(year, month, day)
    except ValueError:
        errors.add(name, "Give a day, such as 24 11 2026.")
        return None


FORMS: Mapping[ChangeKind, Callable[[Fields, Errors, Choices], dict[str, Any]]] = {
    ChangeKind.EDIT: _edit,
    ChangeKind.AIM: _aim,
    ChangeKind.MIX: _mix,
    ChangeKind.ABSENCE: _absence,
    ChangeKind.REFUSAL: _refusal,
    ChangeKind.PAIRING: _pairing,
}
"""The form of each kind of change that the team makes. Cancelling has a page of its own."""
