"""The demonstration: the bundled fictional borough, planned and published once.

It plans, so it loads what takes seconds to load: import it only where a demonstration is wanted.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from api.area_name import DEMO_AREA
from api.loading import load_plan_folder
from api.plan_folder import PlanFolder, read_plan_folder
from api.store import Store
from api.store.records import Actor
from corridors.demo import DEMO_ISSUED_ON, DEMO_WEEK, demo_area_file
from corridors.pipeline import plan_week
from corridors.pipeline.stages import Stages

__all__ = ["load_demo"]


def load_demo(store: Store, tell: Callable[[str], object]) -> bool:
    """Plan and publish the fictional borough's week, once; tell whether it was done now.

    The bundled borough waits for some agreements on purpose. For the demonstration everybody in
    it agrees: what is shown to parents is never a draft.
    """
    with store.reading() as unit:
        if unit.plans.published(DEMO_AREA.area_id):
            return False
    tell("Planning the week of the fictional borough, once: about half a minute")
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
    with store.writing(actor) as unit:
        unit.plans.publish(head, head.row_version, reason="Demonstration")
    return True


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
