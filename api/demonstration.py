"""The demonstration: the bundled fictional borough, planned and published once.

It plans, so it loads what takes seconds to load: import it only where a demonstration is wanted.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from api.area_name import DEMO_AREA
from api.loading import load_area, load_plan_folder
from api.passwords import Passwords
from api.plan_folder import PlanFolder, read_plan_folder
from api.publishing import publish
from api.rights import Role
from api.store import Store
from api.store.records import Actor
from corridors.demo import DEMO_ISSUED_ON, DEMO_WEEK, demo_area_file
from corridors.pipeline import plan_week
from corridors.pipeline.stages import Stages

__all__ = ["DEMO_PEOPLE", "load_demo"]

DEMO_PEOPLE: tuple[tuple[str, Role, str], ...] = (
    ("analyst", Role.ANALYST, DEMO_AREA.organisation),
    ("planner", Role.PLANNER, DEMO_AREA.organisation),
    ("approver", Role.APPROVER, DEMO_AREA.organisation),
    ("auditor", Role.AUDITOR, DEMO_AREA.organisation),
    ("administrator", Role.ADMINISTRATOR, DEMO_AREA.organisation),
    ("partner", Role.PARTNER, "Lantern Youth Project"),
    ("partner-council", Role.PARTNER, "Haverness Borough Council"),
    ("partner-nhs", Role.PARTNER, "Saltmarsh NHS Trust"),
    ("partner-police", Role.PARTNER, "Neighbourhood policing team"),
)
"""Who can sign in, at haverness.example: name, role and organisation as the roster writes it."""


def load_demo(store: Store, tell: Callable[[str], object]) -> bool:
    """Plan and publish the fictional borough's week, once; tell whether it was done now.

    The bundled borough waits for some agreements on purpose. For the demonstration everybody in
    it agrees: what is shown to parents is never a draft. Its material is loaded too, so that the
    next week can be planned, and people are made who can sign in.
    """
    with store.reading() as unit:
        is_planned = bool(unit.plans.published(DEMO_AREA.area_id))
        has_people = unit.accounts.by_email("analyst@haverness.example") is not None
    if not is_planned:
        tell("Planning the week of the fictional borough, once: about half a minute")
        _plan_and_publish(store)
    if not has_people:
        _add_people(store, tell)
    return not is_planned


def _plan_and_publish(store: Store) -> None:
    actor = Actor("command")
    with TemporaryDirectory() as temporary:
        source, out = Path(temporary) / "area", Path(temporary) / "plan"
        shutil.copytree(demo_area_file().parent, source)
        area_file = source / demo_area_file().name
        _plan(area_file, out)
        draft = read_plan_folder(out)
        load_plan_folder(
            store, DEMO_AREA, out, actor=actor, reason="Demonstration: before everybody agreed"
        )
        area_file.write_text(_with_agreements(area_file.read_text("utf-8"), draft), "utf-8")
        _plan(area_file, out)
        head = load_plan_folder(store, DEMO_AREA, out, actor=actor, reason="Demonstration")
        # fictional rows are no secret: they are kept
        load_area(store, DEMO_AREA, area_file, keep_days=None, actor=actor, reason="Demonstration")
    with store.writing(actor) as unit:
        publish(unit, head, head.row_version, reason="Demonstration", today=DEMO_ISSUED_ON)


def _add_people(store: Store, tell: Callable[[str], object]) -> None:
    """Make the accounts with one password, which is told this once."""
    password, hashing = secrets.token_urlsafe(12), Passwords()
    with store.writing(Actor("command")) as unit:
        for name, role, organisation in DEMO_PEOPLE:
            email = f"{name}@haverness.example"
            if unit.accounts.by_email(email) is not None:
                continue
            account_id = unit.accounts.add(
                organisation_id=unit.areas.add_organisation(organisation),
                email=email,
                shown_name=f"{name.replace('-', ' ').capitalize()} (demonstration)",
                password_hash=hashing.hash(password),
            )
            unit.accounts.grant(account_id, DEMO_AREA.area_id, [role])
            unit.log.write(
                "give_roles",
                f"account:{account_id}",
                area_id=DEMO_AREA.area_id,
                details={"roles": [str(role)], "is_new": True},
            )
    names = ", ".join(name for name, _, _ in DEMO_PEOPLE)
    tell(f"Sign in as one of {names}, each @haverness.example.")
    tell(f"Their password, told this once: {password}")


def _plan(area_file: Path, out: Path) -> None:
    plan_week(
        area_file,
        DEMO_WEEK,
        out,
        as_of=None,
        issued_on=DEMO_ISSUED_ON,
        today=DEMO_ISSUED_ON,
        stages=Stages(),
    )


def _with_agreements(text: str, plan: PlanFolder) -> str:
    """Write the area file again with every agreement that the plan's protocols ask for."""
    lines = ["[agreements]"]
    protocols = plan.document["protocols"]
    if not isinstance(protocols, list):
        raise TypeError
    for protocol in protocols:
        parties = ", ".join(
            f'{{ by = "{party}", on = {DEMO_ISSUED_ON.isoformat()} }}'
            for party in protocol["needed_from"]
        )
        lines.append(f"{protocol['protocol_id']} = [{parties}]")
    before, rest = text.split("\n[agreements]\n", 1)
    after = re.split(r"^(?=\[)", rest, maxsplit=1, flags=re.MULTILINE)[1]
    return before + "\n" + "\n".join(lines) + "\n\n" + after
