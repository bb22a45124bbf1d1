"""What partners say, on both databases: kept once, the newest counts, the log holds no words."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from api.area_name import AreaName
from api.errors import Conflict, NotFound
from api.loading import load_plan_folder
from api.store import Store
from api.store.partner_records import AnswerWord, plain_party
from api.store.records import Actor
from tests.api.conftest import Clock
from tests.api.small_folder import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.store.records import PlanHead

AREA = AreaName("north", "North Council")
SOMEBODY = Actor("account:1")
ON = date(2026, 11, 20)
PROTOCOL, TRUST = "no-police-aim-A1", "Lantern Youth Project"
SECRET_WORDS = "Not past the underpass"  # noqa: S105 -- of a comment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    store = Store(database_url, clock)
    yield store
    store.close()


@pytest.fixture
def head(store: Store, small_folder: Path) -> PlanHead:
    return load_plan_folder(store, AREA, small_folder)


def give(
    store: Store, head: PlanHead, word: str, text: str = "", *,
    party: str = TRUST, follows: int | None = None,
) -> int:  # fmt: skip
    with store.writing(SOMEBODY) as unit:
        return unit.answers.give(
            "north", head.plan_id, PROTOCOL, party, word, text, ON, follows=follows
        ).answer_id


def test_who_was_asked_is_not_asked_twice(store: Store, head: PlanHead) -> None:
    with store.writing(SOMEBODY) as unit:
        first = unit.answers.ask(head, [TRUST, "NHS"])
    with store.writing(SOMEBODY) as unit:
        again = unit.answers.ask(head, ["lantern  youth project", "Council"])
        assert unit.answers.ask(head, ["council"]) == again
    assert [one.party for one in first] == ["Lantern Youth Project", "NHS"]
    assert [one.party for one in again] == ["Council", "Lantern Youth Project", "NHS"]
    with store.reading() as unit:
        entries = unit.log.about(head.name, "ask_agreement")
    assert [json.loads(one.details)["parties"] for one in entries] == [
        ["Lantern Youth Project", "NHS"],
        ["Council"],
    ]


def test_the_newest_answer_of_each_party_stands(store: Store, head: PlanHead) -> None:
    give(store, head, "agrees")
    give(store, head, "agrees", party="NHS")
    last = give(store, head, "declines", SECRET_WORDS, party="LANTERN youth project")
    with store.reading() as unit:
        standing = unit.answers.standing("north")
        assert [(plain_party(one.party), one.word) for one in standing] == [
            ("lantern youth project", AnswerWord.DECLINES),
            ("nhs", AnswerWord.AGREES),
        ]
        assert (standing[0].answer_id, standing[0].on) == (last, ON)
        assert len(unit.answers.of_party("north", TRUST)) == 2
        assert unit.answers.standing("south") == []
        assert unit.answers.get("south", last) is None
        assert unit.answers.get("north", last) == standing[0]


def test_an_answer_to_a_plan_of_another_area_is_not_kept(store: Store, head: PlanHead) -> None:
    with pytest.raises(NotFound), store.writing(SOMEBODY) as unit:
        unit.answers.give("south", head.plan_id, PROTOCOL, TRUST, "agrees", "", ON)


def test_a_stale_answer_and_one_sent_twice_are_told(store: Store, head: PlanHead) -> None:
    first = give(store, head, "agrees", follows=0)
    with pytest.raises(Conflict, match="answered on this protocol meanwhile"):
        give(store, head, "agrees", follows=0)
    give(store, head, "proposes", "At three", follows=first)
    with store.reading() as unit:
        assert len(unit.answers.all("north")) == 2


def test_answers_at_once_one_is_kept_and_the_others_are_told(store: Store, head: PlanHead) -> None:
    def try_it(n: int) -> bool:
        try:
            give(store, head, "agrees", str(n), follows=0)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(try_it, range(5))) == 1
    with store.reading() as unit:
        assert len(unit.answers.all("north")) == 1
        assert unit.log.verify().broken_entry is None


def test_a_comment_is_kept_once_by_area_week_and_organisation(store: Store, head: PlanHead) -> None:
    del head
    with store.writing(SOMEBODY) as unit:
        mine, theirs = (unit.areas.add_organisation(name) for name in ("Mine", "Theirs"))
        made = unit.comments.add("north", mine, WEEK, "corridor-A1", SECRET_WORDS)
        unit.comments.add("north", theirs, WEEK, "corridor-A1", SECRET_WORDS)
    with pytest.raises(Conflict, match="already"), store.writing(SOMEBODY) as unit:
        unit.comments.add("north", mine, WEEK, "corridor-A1", SECRET_WORDS)
    with store.reading() as unit:
        assert len(unit.comments.of_week("north", WEEK)) == 2
        assert unit.comments.of_week("north", WEEK, mine) == [made]
        assert unit.comments.recent("north", mine) == [made]
        assert unit.comments.of_week("north", WEEK + timedelta(days=7)) == []
        assert unit.comments.get("south", made.comment_id) is None


def test_the_log_holds_no_words_of_anybody(store: Store, head: PlanHead) -> None:
    give(store, head, "declines", SECRET_WORDS)
    with store.writing(SOMEBODY) as unit:
        organisation_id = unit.areas.add_organisation("Mine")
        unit.comments.add("north", organisation_id, WEEK, "corridor-A1", SECRET_WORDS)
    with store.reading() as unit:
        entries = unit.log.entries("north")
    assert {one.action for one in entries} >= {"answer_plan", "comment"}
    assert SECRET_WORDS not in str(entries)


# --- links


def account_of(store: Store) -> int:
    with store.writing(SOMEBODY) as unit:
        organisation_id = unit.areas.add_organisation("Mine")
        return unit.accounts.add(
            organisation_id=organisation_id, email="ann@example.org", shown_name="Ann"
        )


def test_a_link_is_good_once_and_for_a_while(store: Store, clock: Clock) -> None:
    account_id = account_of(store)
    with store.writing(SOMEBODY) as unit:
        unit.links.add("a" * 64, account_id, valid_s=60)
        assert unit.links.find("b" * 64) is None
        assert not unit.links.use("b" * 64)
        assert unit.links.use("a" * 64)
        assert not unit.links.use("a" * 64)
    with store.reading() as unit:
        kept = unit.links.find("a" * 64)
    assert kept is not None
    assert kept.used_at == clock.now
    with store.writing(SOMEBODY) as unit:
        unit.links.add("c" * 64, account_id, valid_s=60)
    clock.pass_s(60)
    with store.writing(SOMEBODY) as unit:
        assert not unit.links.use("c" * 64)


def test_a_new_link_ends_the_one_before_it(store: Store) -> None:
    account_id = account_of(store)
    with store.writing(SOMEBODY) as unit:
        unit.links.add("a" * 64, account_id, valid_s=60)
        unit.links.add("b" * 64, account_id, valid_s=60)
        assert not unit.links.use("a" * 64)
        assert unit.links.use("b" * 64)


def test_links_used_at_once_one_is_told_yes(store: Store) -> None:
    account_id = account_of(store)
    with store.writing(SOMEBODY) as unit:
        unit.links.add("a" * 64, account_id, valid_s=60)

    def try_it(_: int) -> bool:
        with store.writing(SOMEBODY) as unit:
            return unit.links.use("a" * 64)

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(try_it, range(5))) == 1


def test_links_that_are_long_over_are_forgotten(store: Store, clock: Clock) -> None:
    account_id = account_of(store)
    with store.writing(SOMEBODY) as unit:
        unit.links.add("a" * 64, account_id, valid_s=60)
    clock.now += timedelta(days=40)
    with store.writing(SOMEBODY) as unit:
        made = unit.links.add("b" * 64, account_id, valid_s=60)
        assert unit.links.find("a" * 64) is None
    assert made.expires_at - made.made_at == timedelta(seconds=60)
    assert isinstance(made.made_at, datetime)
