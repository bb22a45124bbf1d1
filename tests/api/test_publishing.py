"""Publishing: in time or plainly at short notice, once, and told to whoever asked for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest

from api.errors import BadRequest, Conflict
from api.loading import load_plan_folder
from api.mail.words import Differences, patrol_words
from api.publishing import check_up_to_date, differences, publish
from api.rights import Role
from api.store.records import Actor, Patrol
from api.store.work_records import Change, ChangeKind
from tests.api.conftest import OWN
from tests.api.small_folder import WEEK, write_small_folder
from tests.api.test_public_api import is_problem

if TYPE_CHECKING:
    from pathlib import Path

    from api.store.message_records import Message
    from tests.api.conftest import World

NEXT = WEEK + timedelta(days=7)
APPROVER = Actor("account:1", 1)


def add(world: World, folder: Path, **how: object) -> None:
    load_plan_folder(world.store, OWN, write_small_folder(folder, **how))  # type: ignore[arg-type]


def publish_newest(world: World, today: date, reason: str = "", week: date = WEEK) -> str:
    with world.store.writing(APPROVER) as unit:
        head = next(one for one in unit.plans.heads("north") if one.week == week)
        done = publish(
            unit, head, head.row_version, reason="Agreed", short_notice_reason=reason, today=today
        )
    return done.status


def subscribe(world: World, email: str, school_id: str = "A1", *, confirmed: bool = True) -> str:
    with world.store.writing(Actor("visitor")) as unit:
        token = unit.subscriptions.ask("north", school_id, email).token
        if confirmed:
            unit.subscriptions.confirm(token)
    return token


def waiting(world: World) -> list[Message]:
    with world.store.writing(Actor("worker")) as unit:
        return unit.messages.take_due(100)


def test_the_lead_time_is_three_days_counted_in_calendar_days(world: World, tmp_path: Path) -> None:
    for n, days_before in enumerate((4, 3, 2, 0), start=1):
        week = WEEK + timedelta(days=7 * n)
        add(world, tmp_path / str(n), week=week)
        today = week - timedelta(days=days_before)
        if days_before < 3:
            with pytest.raises(BadRequest) as refused:
                publish_newest(world, today, week=week)
            assert refused.value.where == "short_notice_reason"
            assert "3 days" in refused.value.what
            for nothing in ("  ", "x", "x" * 301):
                with pytest.raises(BadRequest):
                    publish_newest(world, today, nothing, week)
            assert publish_newest(world, today, "A youth worker was ill", week) == "published"
        else:
            assert publish_newest(world, today, week=week) == "published"


def test_a_refused_publication_leaves_nothing(world: World, tmp_path: Path) -> None:
    subscribe(world, "parent@example.org")
    add(world, tmp_path / "next", week=NEXT)
    with pytest.raises(BadRequest):
        publish_newest(world, NEXT, week=NEXT)
    with world.store.reading() as unit:
        assert [one.status for one in unit.plans.heads("north") if one.week == NEXT] == ["agreed"]
        assert unit.log.about(f"plan:north/{NEXT}/1", "publish_plan") == []
    assert waiting(world) == []


def test_patrols_that_have_begun_are_not_announced(world: World, tmp_path: Path) -> None:
    add(world, tmp_path / "next", week=NEXT)
    with pytest.raises(Conflict, match="has begun"):
        publish_newest(world, NEXT + timedelta(days=1), "Late", NEXT)
    # on the day itself it is the hour that counts: the patrol begins at three
    world.clock.pass_s((NEXT - world.clock.now.date()).days * 86_400 + 6 * 3600 + 60)
    with pytest.raises(Conflict, match="has begun"):
        publish_newest(world, NEXT, "Late", NEXT)
    world.clock.pass_s(-120)
    assert publish_newest(world, NEXT, "Late", NEXT) == "published"


def test_a_new_version_may_come_while_the_week_runs(world: World, tmp_path: Path) -> None:
    """The patrol of Monday is over; Wednesday's is cancelled on Tuesday: no reason is needed."""
    add(world, tmp_path / "less", days=(0,))
    assert publish_newest(world, WEEK + timedelta(days=1)) == "published"


def test_a_change_at_short_notice_needs_its_reason(world: World, tmp_path: Path) -> None:
    add(world, tmp_path / "moved", hour=16)
    with pytest.raises(BadRequest):
        publish_newest(world, WEEK - timedelta(days=1))
    assert publish_newest(world, WEEK - timedelta(days=1), "The bell rings later") == "published"


def test_the_public_page_and_the_paper_say_it_plainly(world: World, tmp_path: Path) -> None:
    add(world, tmp_path / "moved", hour=16)
    publish_newest(world, WEEK - timedelta(days=1), "The <b>bell</b> rings later")
    visitor = world.visitor()
    for path in ("/areas/north/schools/A1", "/areas/north/schools/A1/notice"):
        page = visitor.get(path).text
        assert page.count("<strong>Short notice.</strong>") == 1
        assert "at least 3 days before" in page
        assert "The &lt;b&gt;bell&lt;/b&gt; rings later." in page
        assert "<b>bell" not in page


def test_over_the_api_the_reason_is_a_part_of_the_body(world: World) -> None:
    world.clock.pass_s(2 * 86_400)  # Sunday; version 2 of the week is as version 1
    approver = world.signed_in(Role.APPROVER)
    path = f"/api/v1/areas/north/plans/{WEEK}/2/publish"
    done = approver.post(path, json={"reason": "Agreed"}, headers={"if-match": '"1"'})
    assert done.status_code == 200, "nothing is new or changed, so nothing is late"


def test_over_the_api_short_notice_without_a_reason_is_named(world: World, tmp_path: Path) -> None:
    add(world, tmp_path / "moved", hour=16)
    world.clock.pass_s(2 * 86_400)
    approver = world.signed_in(Role.APPROVER)
    path = f"/api/v1/areas/north/plans/{WEEK}/3/publish"
    ask = {"reason": "Agreed"}
    refused = approver.post(path, json=ask, headers={"if-match": '"1"'})
    assert is_problem(refused, 400)
    assert refused.json()["problems"][0]["where"] == "short_notice_reason"
    ask["short_notice_reason"] = "The bell rings later"
    assert approver.post(path, json=ask, headers={"if-match": '"1"'}).status_code == 200


@pytest.mark.parametrize(
    ("kind", "document", "is_refused"),
    [
        (ChangeKind.REFUSAL, {"who": "Trust", "refuses": ["police"]}, True),
        (ChangeKind.ABSENCE, {"post": "Y1", "from": "2026-11-27", "to": "2026-12-04"}, True),
        (ChangeKind.ABSENCE, {"post": "Y1", "from": "2026-11-30", "to": "2026-12-04"}, False),
        (ChangeKind.CANCELLATION, {"school": "A1", "on": "2026-11-24"}, True),
        (ChangeKind.CANCELLATION, {"school": "A1", "on": "2026-12-01"}, False),
        (ChangeKind.AIM, {"school": "A1", "aim": "road_danger"}, False),
    ],
)
def test_a_plan_that_does_not_know_what_was_said_since_is_not_published(
    world: World, kind: ChangeKind, document: dict[str, object], *, is_refused: bool
) -> None:
    with world.store.reading() as unit:
        head = next(one for one in unit.plans.heads("north") if one.week == WEEK)
    said = Change(
        1,
        "north",
        1,
        kind,
        document,
        "Partner, Trust",
        "Because",
        head.created_at,
        "account:1",
        None,
    )
    check_up_to_date(head, [said])  # it was there when the plan was made
    later = replace(said, made_at=head.created_at + timedelta(seconds=1))
    if is_refused:
        with pytest.raises(Conflict, match="does not know"):
            check_up_to_date(head, [later])
    else:
        check_up_to_date(head, [later])


def test_two_at_once_one_wins_and_tells_once(world_on_each: World, tmp_path: Path) -> None:
    subscribe(world_on_each, "parent@example.org")
    add(world_on_each, tmp_path / "moved", hour=16)
    answers: list[str] = []
    start = Barrier(4)

    def try_it() -> None:
        start.wait()
        try:
            answers.append(publish_newest(world_on_each, WEEK - timedelta(days=5)))
        except Conflict:
            answers.append("told")

    threads = [Thread(target=try_it) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(answers) == ["published", "told", "told", "told"]
    assert len(waiting(world_on_each)) == 1


# --- who is told what


def test_whoever_confirmed_is_told_of_their_school_only(world: World, tmp_path: Path) -> None:
    token = subscribe(world, "parent@example.org")
    subscribe(world, "other@example.org", "B2")
    subscribe(world, "silent@example.org", confirmed=False)
    add(world, tmp_path / "next", week=NEXT)
    publish_newest(world, NEXT - timedelta(days=5), week=NEXT)
    (message,) = waiting(world)
    assert message.to_email == "parent@example.org"
    assert message.subject == "After-school patrols near Alder School, week of 30 November"
    assert "Monday 30 November 2026, 3pm to 4pm" in message.body
    assert "{address}/areas/north/schools/A1\n" in message.body
    assert message.stop_url == f"{{address}}/emails/{token}/stop"
    assert "Short notice" not in message.body


def test_a_change_says_before_and_after_and_what_is_cancelled(world: World, tmp_path: Path) -> None:
    subscribe(world, "parent@example.org")
    add(world, tmp_path / "moved", hour=16, days=(0,))
    publish_newest(world, WEEK - timedelta(days=1), "The bell rings later")
    (message,) = waiting(world)
    assert message.subject == "Changed: after-school patrols near Alder School, week of 23 November"
    assert "Monday 23 November 2026, 4pm to 5pm (before: 3pm to 4pm)" in message.body
    cancelled = message.body.split("Cancelled. These patrols do not take place:")[1]
    assert "Wednesday 25 November 2026, 3pm to 4pm" in cancelled
    assert "Why it is later this time: The bell rings later." in message.body


def test_nothing_changed_for_a_school_nothing_is_sent(world: World) -> None:
    subscribe(world, "parent@example.org")
    publish_newest(world, WEEK - timedelta(days=1))
    assert waiting(world) == []


def test_differences_go_by_identifier() -> None:
    def patrol(uid: str, minute: int = 0) -> Patrol:
        at = datetime(2026, 11, 23, 15, minute, tzinfo=UTC)
        return Patrol(uid, "A1", at, at + timedelta(hours=1), "Alder Street", "", 0)

    found = differences(
        [patrol("a"), patrol("b"), patrol("c")], [patrol("b", 30), patrol("c"), patrol("d")]
    )
    assert [one.uid for one in found.new] == ["d"]
    assert [(old.uid, new.starts_at.minute) for old, new in found.changed] == [("b", 30)]
    assert [one.uid for one in found.cancelled] == ["a"]
    assert not Differences()
    subject, _ = patrol_words(
        "S", "/x", WEEK, "Europe/London", Differences(cancelled=(patrol("a"),)), "t"
    )
    assert subject.startswith("Cancelled: after-school patrol near")
