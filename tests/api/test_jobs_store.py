"""Jobs in the store, on both databases: done once, by one worker, whatever the clock does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from api.errors import Conflict
from api.jobs.periodic import ask_weekly_drafts
from api.store import Store
from api.store.jobs import LEASE_S, MAX_ATTEMPTS, LeaseLost
from api.store.records import Actor, Area
from api.store.work_records import Job, JobKind, JobStatus
from tests.api.conftest import TEST_SETTINGS, Clock
from tests.api.small_work import PLANNER, ask_plan, job_of

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKER = Actor("worker")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    store = Store(database_url, clock)
    with store.writing(PLANNER) as unit:
        unit.areas.add_organisation("Small Council")
        unit.areas.add(Area("small", 1, "Small", "EPSG:27700", "Europe/London"))
        unit.inputs.set_document("small", 'name = "Small"', reason="To test")
    yield store
    store.close()


def lease(store: Store, worker: str) -> Job | None:
    with store.writing(WORKER) as unit:
        return unit.jobs.lease(worker)


def finish(store: Store, job: Job, beside: str = "") -> None:
    with store.writing(PLANNER) as unit:
        if beside:
            unit.inputs.set_document("small", beside, reason="In the same transaction")
        unit.jobs.finish(job, {"done": job.worker})


def test_what_is_asked_twice_is_there_once(store: Store) -> None:
    first, second = ask_plan(store, "one"), ask_plan(store, "one")
    assert first == second
    assert ask_plan(store, "two").job_id != first.job_id
    with pytest.raises(Conflict, match="Something else"):
        ask_plan(store, "one", week="2026-07-13")
    with store.reading() as unit:
        assert [one.action for one in unit.log.entries("small")].count("ask_job") == 2


def test_two_asks_at_once_are_one_job(store: Store) -> None:
    def ask(_n: int) -> int:
        return ask_plan(store, "same").job_id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_many_workers_share_the_jobs_and_none_is_taken_twice(store: Store) -> None:
    asked = {ask_plan(store, f"job-{n}").job_id for n in range(12)}

    def work(name: str) -> list[int]:
        taken = []
        while (job := lease(store, name)) is not None:
            taken.append(job.job_id)
            finish(store, job)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [one for part in pool.map(work, "abcd") for one in part]
    assert sorted(taken) == sorted(asked)


def test_a_worker_that_lost_its_lease_keeps_nothing(store: Store, clock: Clock) -> None:
    job = ask_plan(store)
    first = lease(store, "first")
    assert first is not None
    assert lease(store, "second") is None
    clock.pass_s(LEASE_S + 1)
    second = lease(store, "second")
    assert second is not None
    assert (second.job_id, second.attempt) == (job.job_id, 2)
    # the first comes back with a result: neither it nor what it wrote beside it is kept
    with pytest.raises(LeaseLost):
        finish(store, first, beside='name = "Of the first"')
    with pytest.raises(LeaseLost), store.writing(WORKER) as unit:
        unit.jobs.beat(first)
    finish(store, second)
    assert job_of(store, job).result == {"done": "second"}
    with store.reading() as unit:
        document = unit.inputs.document("small")
        assert document is not None
        assert document.version == 1
    with pytest.raises(LeaseLost):
        finish(store, second)


def test_a_beat_keeps_the_lease(store: Store, clock: Clock) -> None:
    ask_plan(store)
    job = lease(store, "first")
    assert job is not None
    for _ in range(4):
        clock.pass_s(LEASE_S - 1)
        with store.writing(WORKER) as unit:
            unit.jobs.beat(job, {"words": "Going on"})
        assert lease(store, "second") is None
    assert job_of(store, job).progress == {"words": "Going on"}
    finish(store, job)


def test_a_job_whose_workers_die_ends_with_words(store: Store, clock: Clock) -> None:
    job = ask_plan(store)
    for n in range(MAX_ATTEMPTS):
        assert lease(store, f"worker-{n}") is not None
        clock.pass_s(LEASE_S + 1)
    assert lease(store, "last") is None
    ended = job_of(store, job)
    assert ended.status == JobStatus.FAILED
    assert "begun 3 times" in ended.result["problems"][0]["what"]
    assert lease(store, "last") is None


def test_what_is_given_back_does_not_count_and_what_broke_off_does(store: Store) -> None:
    job = ask_plan(store)
    for _ in range(2 * MAX_ATTEMPTS):
        held = lease(store, "first")
        assert held is not None
        with store.writing(WORKER) as unit:
            unit.jobs.give_back(held)
    problems = [{"where": "job", "what": "It broke off.", "mend": "Ask again."}]
    for attempt in range(1, MAX_ATTEMPTS + 1):
        held = lease(store, "first")
        assert held is not None
        assert held.attempt == attempt
        with store.writing(WORKER) as unit:
            unit.jobs.retry(held, problems)
    assert job_of(store, job).status == JobStatus.FAILED
    assert job_of(store, job).result == {"problems": problems}


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400), timedelta(hours=-1)])
def test_a_clock_that_jumps_neither_loses_nor_doubles_a_job(
    store: Store, clock: Clock, jump: timedelta
) -> None:
    job = ask_plan(store)
    first = lease(store, "first")
    assert first is not None
    clock.now += jump
    # its worker may be dead: it is not waited for until the old time comes again
    second = lease(store, "second")
    assert second is not None
    with pytest.raises(LeaseLost):
        finish(store, first)
    finish(store, second)
    assert job_of(store, job).status == JobStatus.DONE
    assert lease(store, "third") is None


def test_a_small_step_back_takes_no_living_workers_job(store: Store, clock: Clock) -> None:
    ask_plan(store)
    job = lease(store, "first")
    assert job is not None
    clock.pass_s(-LEASE_S / 2)
    assert lease(store, "second") is None
    finish(store, job)


def test_a_periodic_task_is_one_workers_and_comes_again(store: Store, clock: Clock) -> None:
    def take(worker: str) -> bool:
        with store.writing(WORKER) as unit:
            return unit.tasks.lease("sweep", worker, every_s=100, lease_s=30)

    def end(worker: str) -> None:
        with store.writing(WORKER) as unit:
            unit.tasks.end("sweep", worker)

    assert [take("a"), take("b")] == [True, False]
    clock.pass_s(99)
    end("a")
    assert not take("b")
    clock.pass_s(1)
    assert take("b")
    clock.pass_s(101)  # it died: its lease and its time are over
    assert take("a")
    clock.pass_s(-10_000)  # the clock ran ahead
    assert take("c")


THURSDAY = datetime(2026, 11, 19, 9, tzinfo=UTC)


def test_the_weekly_draft_is_asked_for_once(store: Store, clock: Clock) -> None:
    def jobs() -> list[tuple[str, str]]:
        with store.reading() as unit:
            return [
                (one.idempotency_key, one.asked["week"]) for one in unit.jobs.recent("small", 100)
            ]

    for day in range(-3, 0):
        clock.now = THURSDAY + timedelta(days=day)
        assert ask_weekly_drafts(store, TEST_SETTINGS, clock.now) == 0
    clock.now = THURSDAY
    assert ask_weekly_drafts(store, TEST_SETTINGS, clock.now) == 1
    for jump in (timedelta(0), timedelta(days=-2), timedelta(days=3), timedelta(hours=-30)):
        clock.now = THURSDAY + jump
        assert ask_weekly_drafts(store, TEST_SETTINGS, clock.now) == 0
    assert jobs() == [("weekly:2026-11-23", "2026-11-23")]
    # a worker that slept through Thursday catches up on Saturday
    clock.now = THURSDAY + timedelta(days=9)
    assert ask_weekly_drafts(store, TEST_SETTINGS, clock.now) == 1
    assert jobs()[0] == ("weekly:2026-11-30", "2026-11-30")


def test_the_weekly_day_is_the_areas_own(store: Store, clock: Clock) -> None:
    clock.now = THURSDAY
    with store.writing(PLANNER) as unit:
        assert unit.inputs.weekly_day("small") == "thu"
        unit.inputs.set_weekly_day("small", "fri", reason="Meetings moved")
    assert ask_weekly_drafts(store, TEST_SETTINGS, clock.now) == 0
    clock.pass_s(86_400)
    assert ask_weekly_drafts(store, TEST_SETTINGS, clock.now) == 1
    with store.writing(PLANNER) as unit:
        unit.inputs.set_weekly_day("small", None, reason="Holidays")
    clock.pass_s(7 * 86_400)
    assert ask_weekly_drafts(store, TEST_SETTINGS, clock.now) == 0
    with pytest.raises(ValueError, match="someday"), store.writing(PLANNER) as unit:
        unit.inputs.set_weekly_day("small", "someday", reason="No")


def test_an_areas_day_is_on_its_own_calendar(store: Store, clock: Clock) -> None:
    """Late on Wednesday in London it is Thursday in Sydney."""
    with store.writing(PLANNER) as unit:
        unit.areas.add(Area("small", 1, "Small", "EPSG:28356", "Australia/Sydney"))
    clock.now = THURSDAY - timedelta(hours=12)
    assert ask_weekly_drafts(store, TEST_SETTINGS, clock.now) == 1


def test_another_areas_job_is_not_there(store: Store) -> None:
    job = ask_plan(store)
    with store.reading() as unit:
        assert unit.jobs.get("other", job.job_id) is None
        assert unit.jobs.recent("other") == []
        assert job.kind == JobKind.PLAN_WEEK
        assert date.fromisoformat(job.asked["week"]).weekday() == 0
