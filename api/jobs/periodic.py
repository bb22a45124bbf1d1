"""What workers do again and again, one of them at a time: the week's draft, and erasing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from logging import getLogger

from api.jobs.kinds import shown_day
from api.mail.sending import clear_up, send_due
from api.settings import Settings
from api.store import Store
from api.store.inputs import WEEKDAYS
from api.store.records import Actor
from api.store.work_records import JobKind

__all__ = ["PERIODIC", "Periodic", "ask_weekly_drafts", "erase_due"]

Periodic = Callable[[Store, Settings, datetime], object]
_log = getLogger("api.jobs")


def ask_weekly_drafts(store: Store, settings: Settings, now: datetime) -> int:
    """Ask for the next week's draft of every area whose day it is, or was in this week.

    A week whose plan somebody made already is left alone. The key lets a week be asked for once,
    whatever the clock does.
    """
    with store.reading() as unit:
        areas = unit.areas.all()
    n_asked = 0
    for area in areas:
        today = shown_day(settings, now, area.timezone)
        with store.reading() as unit:
            weekday = unit.inputs.weekly_day(area.area_id)
            is_planned = unit.inputs.document(area.area_id) is not None
            week = _next_monday(today)
            is_there = any(one.week == week for one in unit.plans.heads(area.area_id))
            key = f"weekly:{week.isoformat()}"
            is_asked = unit.jobs.by_key(area.area_id, key) is not None
        is_due = weekday is not None and today.weekday() >= WEEKDAYS.index(weekday)
        if is_due and is_planned and not is_there and not is_asked:
            with store.writing(Actor("worker", area.organisation_id)) as unit:
                unit.jobs.ask(
                    area.area_id,
                    area.organisation_id,
                    JobKind.PLAN_WEEK,
                    {"week": week.isoformat(), "follows": None, "publish": False},
                    key=key,
                    reason="The weekly draft",
                )
            n_asked += 1
    return n_asked


def erase_due(store: Store, settings: Settings, now: datetime) -> int:
    """Erase incident-level rows whose time is over."""
    del settings, now
    with store.writing(Actor("worker")) as unit:
        n_erased = unit.retention.erase_due()
    # each time: a discarded upload, or a round in which somebody was reading, may have left some
    if not store.compact():
        _log.info("the write-ahead log is in use: it is emptied in the next round")
    if n_erased:
        _log.info("erased %d files whose time was over", n_erased)
    return n_erased


def _next_monday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


PERIODIC: tuple[tuple[str, float, Periodic], ...] = (
    ("weekly_drafts", 300.0, ask_weekly_drafts),
    ("erase", 3600.0, erase_due),
    ("mail", 10.0, send_due),
    ("mail_clear_up", 3600.0, clear_up),
)
"""Name, seconds between two runs, and the function."""
