"""Roles, aims and the protocol's text, from the bundled files or a borough's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corridors.domain.plan import Aim, ProtocolTemplate, Role
from corridors.domain.vocabulary import PolicePresence
from corridors.errors import Problem, SourceError
from corridors.sources.bundled import bundled_path
from corridors.sources.incidents_words import read_categories
from corridors.sources.partners import POLICE
from corridors.sources.reference_table import ReferenceTable, read_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["read_aims", "read_protocol_template", "read_roles"]

_LEAST_POSTS = 2  # nobody walks alone
_ID = re.compile(r"[a-z][a-z0-9_-]{0,59}")


def read_roles(path: Path | str | None = None) -> dict[str, Role]:
    """Read the roles.

    Parameters
    ----------
    path
        A borough's own file; the bundled ``data/reference/roles.toml`` if None.

    Returns
    -------
    dict
        Role by its id, in the order of the file.

    Raises
    ------
    SourceError
        Every problem of the file at once.
    """
    file, top, problems = _open(path, "reference/roles.toml")
    roles = {}
    for role_id, values in top.tables("roles").items():
        table = ReferenceTable(f"{file}: roles.{role_id}", values, problems)
        _check_id(role_id, table)
        roles[role_id] = Role(
            role_id=role_id,
            name=table.text("name"),
            police=table.flag("police"),
            statutory=table.flag("statutory"),
            may_lead=table.flag("may_lead"),
            does=table.text("does"),
            does_not=table.text("does_not"),
            training=table.text("training"),
            school_linked=table.flag("school_linked", default=False),
        )
        table.finish()
    top.finish()
    if not problems and not roles:
        top.report("roles", "There is no role.", "Add at least one [roles.name] table.")
    _raise_any(problems)
    return roles


def read_aims(
    path: Path | str | None = None,
    *,
    roles: Mapping[str, Role] | None = None,
    categories: Collection[str] | None = None,
) -> dict[str, Aim]:
    """Read the aims and check them against the roles and the categories.

    Parameters
    ----------
    path
        A borough's own file; the bundled ``data/reference/aims.toml`` if None.
    roles
        From `read_roles`; the bundled ones if None.
    categories
        Slugs that incidents may have; the bundled ones if None.

    Returns
    -------
    dict
        Aim by its id, in the order of the file.

    Raises
    ------
    SourceError
        Every problem of the file at once. Two rules that contradict each other are both named.
    """
    file, top, problems = _open(path, "reference/aims.toml")
    known_roles = read_roles() if roles is None else roles
    known_categories = read_categories().by_slug if categories is None else categories
    partnership_aims = top.texts("partnership_aims")
    aims = {}
    for aim_id, values in top.tables("aims").items():
        table = ReferenceTable(f"{file}: aims.{aim_id}", values, problems)
        _check_id(aim_id, table)
        aim = aims[aim_id] = _aim(aim_id, table)
        table.finish()
        if aim.partnership_aim and aim.partnership_aim not in partnership_aims:
            table.report(
                "partnership_aim",
                "It is not one of the partnership aims.",
                "Use the words of partnership_aims at the top of the file.",
            )
        for category in sorted(set(aim.categories) - set(known_categories)):
            table.report(
                "categories",
                f"There is no category {category}.",
                "Use a category of data/reference/categories.toml.",
            )
        _check_roles(aim, known_roles, table, is_bundled=path is None)
        _check_mix(aim, known_roles, table)
    top.finish()
    n_for_any = sum(not aim.categories and not aim.enforcement for aim in aims.values())
    if n_for_any != 1:
        top.report(
            "aims",
            f"{n_for_any} aims without enforcement suit any category, instead of one.",
            "Give exactly one aim an empty list of categories: the one to fall back on.",
        )
    _raise_any(problems)
    return aims


def read_protocol_template(
    path: Path | str | None = None, *, aims: Collection[str] | None = None
) -> ProtocolTemplate:
    """Read the text that every protocol starts from.

    Parameters
    ----------
    path
        A borough's own file; the bundled ``data/reference/protocol.toml`` if None.
    aims
        Ids of the aims that may add to it; not checked if None. What the bundled file adds for
        an aim that a borough's own aims do without is left out.

    Raises
    ------
    SourceError
        Every problem of the file at once.
    """
    file, top, problems = _open(path, "reference/protocol.toml")
    call_when: dict[str, tuple[str, ...]] = {}
    not_for: dict[str, tuple[str, ...]] = {}
    for aim_id, values in top.tables("aims", optional=True).items():
        table = ReferenceTable(f"{file}: aims.{aim_id}", values, problems)
        call_when[aim_id] = table.texts("call_police_when", default=())
        not_for[aim_id] = table.texts("not_for_police", default=())
        table.finish()
        if aims is not None and aim_id not in aims:
            if path is None:
                del call_when[aim_id], not_for[aim_id]
                continue
            table.report("", "There is no such aim.", "Use the id of an aim of the aims file.")
    template = ProtocolTemplate(
        police_party=top.text("police_party"),
        call_police_when=top.texts("call_police_when"),
        call_police_how=top.text("call_police_how"),
        not_for_police=top.texts("not_for_police"),
        withdraw_to=top.text("withdraw_to"),
        contacts=top.texts("contacts"),
        call_police_when_by_aim=call_when,
        not_for_police_by_aim=not_for,
    )
    top.finish()
    for key in ("call_police_when", "not_for_police", "contacts"):
        if not getattr(template, key) and not problems:
            top.report(key, "The list is empty.", "A protocol without it cannot be agreed.")
    _raise_any(problems)
    return template


def _open(path: Path | str | None, bundled: str) -> tuple[str, ReferenceTable, list[Problem]]:
    file = bundled_path(bundled) if path is None else Path(path)
    problems: list[Problem] = []
    return file.name, ReferenceTable(file.name, read_toml(file), problems), problems


def _check_id(name: str, table: ReferenceTable) -> None:
    """Ids become names of protocols and stand in rules: they are kept plain."""
    if not _ID.fullmatch(name) or name == POLICE:
        mend = f'Use up to 60 small letters, digits and _, and not the word "{POLICE}".'
        table.report("", "This id cannot be used.", mend)


def _raise_any(problems: list[Problem]) -> None:
    if problems:
        raise SourceError(problems)


def _aim(aim_id: str, table: ReferenceTable) -> Aim:
    police: Any = table.text("police")
    if police and police not in set(PolicePresence):
        table.report("police", "It is not a known word.", "Use needed, on_call or absent.")
    return Aim(
        aim_id=aim_id,
        name=table.text("name"),
        partnership_aim=table.text("partnership_aim"),
        why=table.text("why"),
        categories=table.texts("categories"),
        lead_roles=table.texts("lead_roles"),
        needed=table.groups("needed"),
        welcome=table.texts("welcome", default=()),
        unsuitable=table.texts("unsuitable", default=()),
        min_posts=table.integer("min_posts"),
        police=PolicePresence(police) if police in set(PolicePresence) else PolicePresence.ABSENT,
        police_why=table.text("police_why"),
        enforcement=table.flag("enforcement", default=False),
        priority=table.integer("priority", default=0),
        after_bell_min=table.pair("after_bell_min"),
    )


def _check_roles(
    aim: Aim, roles: Mapping[str, Role], table: ReferenceTable, *, is_bundled: bool
) -> None:
    """Every role is known, leads may lead, and police lead enforcement only."""
    mend = "Use a role of the roles file."
    if is_bundled:  # then the roles are the borough's own
        mend = "Keep this id in the roles file, or give aims of your own under [reference]."
    lists = {
        "lead_roles": set(aim.lead_roles),
        "needed": {role for group in aim.needed for role in group},
        "welcome": set(aim.welcome),
        "unsuitable": set(aim.unsuitable),
    }
    for key, listed in lists.items():
        for role_id in sorted(listed - set(roles)):
            table.report(key, f"There is no role {role_id}.", mend)
    if not aim.needed or not all(aim.needed):
        table.report("needed", "An aim or a group has no role.", "List the roles that it needs.")
    if not aim.lead_roles:
        table.report("lead_roles", "Nobody may lead.", "List at least one role that may lead.")
    for role_id in aim.lead_roles:
        if role_id in roles and not roles[role_id].may_lead:
            table.report(
                "lead_roles",
                f"{role_id} may not lead by the roles file (may_lead = false).",
                "Take it out here or change it there.",
            )
        if role_id in roles and roles[role_id].police and not aim.enforcement:
            table.report(
                "lead_roles",
                f"{role_id} is police and the aim is not enforcement.",
                "Police support and another role leads: name another lead.",
            )
    here = lists["lead_roles"] | lists["needed"] | lists["welcome"]
    for role_id in sorted(here & lists["unsuitable"]):
        keys = [k for k in ("lead_roles", "needed", "welcome") if role_id in lists[k]]
        table.report(
            "unsuitable",
            f"{role_id} is in unsuitable and in {' and '.join(keys)}: they contradict.",
            "Keep it in one of them.",
        )


def _check_mix(aim: Aim, roles: Mapping[str, Role], table: ReferenceTable) -> None:
    """Never alone; police are there where they are needed, and only as police."""
    if aim.min_posts < _LEAST_POSTS:
        table.report("min_posts", "It is under 2.", "Nobody walks alone: 2 or more.")
    police = {role_id for role_id, role in roles.items() if role.police}
    police_groups = [group for group in aim.needed if set(group) & police]
    for group in police_groups:
        if not set(group) <= police:
            table.report(
                "needed",
                f"The group {', '.join(group)} mixes police and other roles.",
                "Police never stand in for another role: make two groups or leave police out.",
            )
    if police_groups and aim.police is not PolicePresence.NEEDED:
        table.report(
            "needed",
            f"It needs police and police is {aim.police}: the two contradict.",
            'Take the police roles out, or set police = "needed" and say why.',
        )
    if not police_groups and aim.police is PolicePresence.NEEDED:
        table.report(
            "police",
            "It is needed and no group of needed names a police role: the two contradict.",
            "Add a group of police roles, or set police to on_call or absent.",
        )
    for role_id in sorted(set(aim.welcome) & police):
        table.report(
            "welcome",
            f"{role_id} is police: police join only where they are needed.",
            "Take it out of welcome.",
        )
    if aim.enforcement and aim.police is not PolicePresence.NEEDED:
        table.report(
            "enforcement",
            f"It is true and police is {aim.police}: the two contradict.",
            'Set police = "needed", or enforcement to false.',
        )
