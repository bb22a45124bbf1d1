"""Publishing a plan: the one way, from API, page, job and command alike.

Agreed, in time or plainly at short notice, and told to whoever asked for messages: all in the
transaction of the publication, or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.errors import BadRequest, Conflict
from api.mail.words import Differences, patrol_words, school_path, stop_path
from api.partners.agreeing import check_agreement
from api.store import Unit
from api.store.message_records import ShortNotice
from api.store.records import Patrol, PlanHead
from api.store.work_records import Change, ChangeKind

__all__ = ["LEAD_DAYS", "check_up_to_date", "differences", "late_words", "publish"]

LEAD_DAYS = 3
"""Where a plan does not say how long before its first patrol people are told."""
_LONGEST_REASON = 300
_BINDING = frozenset(
    {ChangeKind.REFUSAL, ChangeKind.PAIRING, ChangeKind.ABSENCE, ChangeKind.CANCELLATION}
)


def publish(
    unit: Unit,
    head: PlanHead,
    row_version: int,
    *,
    reason: str,
    short_notice_reason: str = "",
    today: date,
) -> PlanHead:
    """Publish an agreed plan, and queue messages to whoever asked for them.

    Parameters
    ----------
    unit
        The transaction.
    head, row_version
        The plan, and the state of it that was looked at.
    reason
        For the log.
    short_notice_reason
        What everybody reads where a new or changed patrol is sooner than the lead time.
    today
        The day on the area's calendar; the demonstration's own in a demonstration.

    Raises
    ------
    Conflict
        When somebody else was quicker, the plan is not agreed, somebody who has to agree does not
        any more, something was said that it does not know, or its patrols are past.
    BadRequest
        When it is short notice and nothing says why; ``where`` is ``short_notice_reason``.
    """
    area = unit.areas.get(head.area_id)
    timezone = area.timezone if area else "Europe/London"
    before = _replaced(unit, head)
    published = unit.plans.publish(head, row_version, reason=reason)
    document = unit.plans.document(head.plan_id)
    check_agreement(json.loads(document), unit.answers.standing(head.area_id))
    check_up_to_date(head, unit.changes.standing(head.area_id))
    old = unit.plans.patrols(before.plan_id) if before else []
    new = unit.plans.patrols(head.plan_id)
    if before is None and any(_has_begun(one, today, unit.now, timezone) for one in new):
        raise Conflict(
            "A patrol of this plan has begun or is over: nobody could be told of it in advance.",
            "Make the plan again for what is still to come.",
        )
    lead_days = _lead_days(document)
    found = differences(old, new)
    told = (*found.new, *(after for _, after in found.changed))
    why = " ".join(short_notice_reason.split())
    if any(0 <= (_day(one, timezone) - today).days < lead_days for one in told):
        _check_reason(why, lead_days)
    if why:
        unit.messages.set_short_notice(head.plan_id, ShortNotice(lead_days, why[:_LONGEST_REASON]))
    _queue(unit, published, before, today, timezone)
    return published


def check_up_to_date(head: PlanHead, standing: Iterable[Change]) -> None:
    """Refuse a plan that does not know of a refusal, a pairing, an absence or a cancellation.

    Parameters
    ----------
    head
        The plan; it was created from what stood at `created_at`.
    standing
        The area's changes that stand.

    Raises
    ------
    Conflict
        When one of these came later. What it would like otherwise in aim, mix or corridor does not
        stand against publishing: no limit of anybody is overruled by that.
    """
    end = head.week + timedelta(days=6)
    for one in standing:
        if one.kind not in _BINDING or one.made_at <= head.created_at:
            continue
        days = [str(one.document.get(key, "")) for key in ("from", "to", "on")]
        first, last = (days[2] or days[0]), (days[2] or days[1])
        if first and last and (last < head.week.isoformat() or first > end.isoformat()):
            continue
        raise Conflict(
            "Somebody said since what they will not do, or cancelled something: this plan does "
            "not know of it.",
            "Make the plan again, and publish that one.",
        )


def differences(old: Iterable[Patrol], new: Iterable[Patrol]) -> Differences:
    """Compare patrols by their identifiers."""
    before, after = ({one.uid: one for one in patrols} for patrols in (old, new))
    return Differences(
        new=tuple(one for uid, one in after.items() if uid not in before),
        changed=tuple(
            (before[uid], one)
            for uid, one in after.items()
            if uid in before and _told(before[uid]) != _told(one)
        ),
        cancelled=tuple(one for uid, one in before.items() if uid not in after),
    )


def late_words(notice: ShortNotice) -> str:
    """Say plainly that something comes late, and why."""
    days = "1 day" if notice.lead_days == 1 else f"{notice.lead_days} days"
    stop = "" if notice.reason.endswith((".", "!", "?")) else "."
    return (
        f"We aim to tell you at least {days} before. "
        f"Why it is later this time: {notice.reason}{stop}"
    )


def _told(patrol: Patrol) -> tuple[object, ...]:
    return patrol.starts_at, patrol.ends_at, patrol.streets, patrol.description


def _replaced(unit: Unit, head: PlanHead) -> PlanHead | None:
    held = [one for one in unit.plans.published(head.area_id) if one.week == head.week]
    return held[0] if held else None


def _lead_days(document: str) -> int:
    parameters = json.loads(document).get("parameters")
    days = parameters.get("notice_lead_days") if isinstance(parameters, dict) else None
    return days if isinstance(days, int) and days >= 0 else LEAD_DAYS


def _day(patrol: Patrol, timezone: str) -> date:
    return patrol.starts_at.astimezone(ZoneInfo(timezone)).date()


def _has_begun(patrol: Patrol, today: date, now: datetime, timezone: str) -> bool:
    day = _day(patrol, timezone)
    is_real_today = now.astimezone(ZoneInfo(timezone)).date() == today
    return day < today or (day == today and is_real_today and patrol.starts_at <= now)


def _check_reason(why: str, lead_days: int) -> None:
    if len(why) < 3:
        raise BadRequest(
            f"A patrol of this plan is sooner than the {lead_days} days in which people are told.",
            "Say why, in words for everybody: the public page shows them.",
            where="short_notice_reason",
        )
    if len(why) > _LONGEST_REASON:
        raise BadRequest(
            "The reason for the short notice is too long.",
            f"Use at most {_LONGEST_REASON} characters.",
            where="short_notice_reason",
        )


def _queue(unit: Unit, plan: PlanHead, before: PlanHead | None, today: date, timezone: str) -> None:
    """Make a message for each confirmed subscription whose school something changes for."""
    subscriptions = unit.subscriptions.confirmed(plan.area_id)
    if not subscriptions:
        return
    schools = {
        school.school_id: school
        for version in (before, plan)
        if version is not None
        for school in unit.plans.schools(version.plan_id)
    }
    notice = unit.messages.short_notice(plan.plan_id)
    found_of: dict[str, Differences] = {}
    for one in subscriptions:
        school = schools.get(one.school_id)
        if school is None:
            continue
        if one.school_id not in found_of:
            found_of[one.school_id] = _coming(unit, plan, before, one.school_id, today, timezone)
        if not (found := found_of[one.school_id]):
            continue
        subject, body = patrol_words(
            school.name,
            school_path(plan.area_id, school.file),
            plan.week,
            timezone,
            found,
            one.token,
            late_words=late_words(notice) if notice else "",
        )
        key = f"{plan.name}:{one.subscription_id}"
        stop_url = f"{{address}}{stop_path(one.token)}"
        unit.messages.add(key, "patrols", one.email, subject, body, stop_url)


def _coming(
    unit: Unit,
    plan: PlanHead,
    before: PlanHead | None,
    school_id: str,
    today: date,
    timezone: str,
) -> Differences:
    """Compare what two versions tell of a school, for the days that are still to come."""
    old, new = (
        [
            one
            for one in (unit.plans.patrols(version.plan_id, school_id) if version else [])
            if _day(one, timezone) >= today
        ]
        for version in (before, plan)
    )
    return differences(old, new)
