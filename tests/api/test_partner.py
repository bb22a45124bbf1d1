"""What partners answer and say, as JSON: their own alone, kept, and heard before publishing."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from api.errors import Conflict
from api.partners.agreeing import check_agreement, lacking_parties
from api.rights import Role
from api.store.records import Actor
from api.store.work_records import ChangeKind, JobKind
from api.workspace import add_answers
from corridors.errors import BadInput
from tests.api.conftest import OWN
from tests.api.partners import COUNCIL, POLICE, TRUST, add_draft, add_material, sign_in_for
from tests.api.small_folder import PROTOCOL, WEEK

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.api.conftest import World

API = "/api/v1/areas/north"
WHY = "We would rather meet at the station."
ANSWER = {"week": WEEK.isoformat(), "version": 2, "protocol_id": PROTOCOL, "word": "agrees"}
NOT_BESIDE_POLICE = {"kind": "refusal", "others": ["police"]}


def answer(client: TestClient, **other: object) -> dict[str, object]:
    made = client.post(f"{API}/answers", json=ANSWER | other)
    assert made.status_code == 201, made.text
    body: dict[str, object] = made.json()
    return body


def jobs(world: World) -> list[dict[str, object]]:
    with world.store.reading() as unit:
        return [
            {**one.asked, "key": one.idempotency_key}
            for one in unit.jobs.recent("north")
            if one.kind == JobKind.PLAN_WEEK
        ]


# --- answers


def test_an_answer_is_kept_and_read_by_the_team(world_on_each: World) -> None:
    world = world_on_each
    trust = sign_in_for(world, TRUST)
    made = answer(trust, word="declines", text=WHY)
    assert (made["party"], made["word"], made["text"]) == (TRUST, "declines", WHY)
    assert (made["on"], made["version"], made["is_standing"]) == ("2026-11-20", 2, True)
    (read,) = world.signed_in(Role.PLANNER).get(f"{API}/answers").json()
    assert read == {key: value for key, value in made.items() if key != "job_ids"}
    assert trust.get(f"{API}/answers").json() == [read]
    assert trust.get(f"{API}/answers/{made['answer_id']}").json() == read


def test_another_organisations_answer_is_not_there(world: World) -> None:
    trust, council = sign_in_for(world, TRUST), sign_in_for(world, COUNCIL)
    made = answer(trust, word="declines", text=WHY)
    assert council.get(f"{API}/answers").json() == []
    theirs = council.get(f"{API}/answers/{made['answer_id']}")
    none = council.get(f"{API}/answers/999")
    assert theirs.status_code == none.status_code == 404
    assert theirs.content == none.content


def test_the_newest_answer_stands(world: World) -> None:
    trust = sign_in_for(world, TRUST)
    first = answer(trust)
    second = answer(trust, word="proposes", text=WHY, follows=first["answer_id"])
    listed = trust.get(f"{API}/answers").json()
    assert [(one["answer_id"], one["is_standing"]) for one in listed] == [
        (second["answer_id"], True),
        (first["answer_id"], False),
    ]


WRONG_ANSWERS: list[tuple[dict[str, object], int]] = [
    ({"follows": 0}, 409),
    ({"version": 1, "follows": 1}, 409),  # a newer version took its place
    ({"version": 9, "follows": 1}, 404),
    ({"week": "2026-11-30", "follows": 1}, 404),
    ({"week": "2020-01-06", "follows": 1}, 404),
    ({"protocol_id": "no-police-x-B2", "follows": 1}, 404),
    ({"word": "declines", "follows": 1}, 400),
    ({"word": "proposes", "text": " \n ", "follows": 1}, 400),
    ({"word": "perhaps"}, 422),
    ({"text": "a\x00b"}, 422),
    ({"text": "x" * 2001}, 422),
    ({"party": COUNCIL}, 422),
]


def test_an_answer_that_cannot_be_is_told_and_not_kept(world: World) -> None:
    trust = sign_in_for(world, TRUST)
    first = answer(trust)
    assert first["answer_id"] == 1
    for other, status in WRONG_ANSWERS:
        refused = trust.post(f"{API}/answers", json=ANSWER | other)
        assert (other, refused.status_code) == (other, status)
        assert refused.headers["content-type"] == "application/problem+json"
    assert len(trust.get(f"{API}/answers").json()) == 1


def test_who_is_not_asked_cannot_answer(world: World) -> None:
    other = sign_in_for(world, "Another Trust")
    assert other.post(f"{API}/answers", json=ANSWER).status_code == 404


# --- an answer changes the plan


def test_the_last_missing_agreement_asks_for_the_plan_once(world: World, tmp_path: Path) -> None:
    head = add_draft(world, tmp_path / "draft")
    add_material(world)
    trust, police = sign_in_for(world, TRUST), sign_in_for(world, POLICE)
    assert answer(trust, version=3)["job_ids"] == []
    last = answer(police, version=3)
    assert len(last["job_ids"]) == 1  # type: ignore[arg-type]
    assert jobs(world) == [
        {
            "week": "2026-11-23",
            "follows": ["2026-11-23", 3],
            "publish": False,
            "key": f"agreed:{head.plan_id}:{last['answer_id']}",
        }
    ]


def test_taking_an_agreement_back_asks_for_the_plan(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    made = answer(trust, word="declines", text=WHY)
    assert len(made["job_ids"]) == 1  # type: ignore[arg-type]
    assert str(jobs(world)[0]["key"]).startswith("not-agreed:")
    # it waits to be begun, and will read whatever is said until then
    again = answer(trust, word="proposes", text=WHY, follows=made["answer_id"])
    assert again["job_ids"] == made["job_ids"]
    assert len(jobs(world)) == 1


def test_without_the_areas_material_nothing_is_asked_for(world: World) -> None:
    assert answer(sign_in_for(world, TRUST), word="declines", text=WHY)["job_ids"] == []


def test_what_stands_becomes_the_area_files_agreements(world: World) -> None:
    """By them alone the library says whether a plan is agreed: `corridors.planning.protocol`."""
    trust, police = sign_in_for(world, TRUST), sign_in_for(world, POLICE)
    answer(trust, word="declines", text=WHY)
    answer(police)
    on = date(2026, 11, 1)
    paper = {"agreements": {PROTOCOL: [{"by": f" {TRUST.upper()}", "on": on}]}}
    with world.store.reading() as unit:
        found = add_answers(paper, unit.answers.standing("north"))["agreements"]
    assert found == {PROTOCOL: [{"by": POLICE, "on": date(2026, 11, 20)}]}


def test_who_takes_their_word_back_is_heard_before_the_next_plan_is_there(world: World) -> None:
    with world.store.reading() as unit:
        head = unit.plans.head("north", WEEK, 2)
        assert head is not None
        assert head.status == "agreed"
        document = json.loads(unit.plans.document(head.plan_id))
    check_agreement(document, [])
    answer(sign_in_for(world, TRUST), word="declines", text=WHY)
    with world.store.reading() as unit:
        standing = unit.answers.standing("north")
    assert lacking_parties(document, standing) == ((PROTOCOL, TRUST),)
    with pytest.raises(Conflict, match=TRUST):
        check_agreement(document, standing)


def test_an_agreed_plan_that_somebody_declines_is_not_published(world: World) -> None:
    trust = sign_in_for(world, TRUST)
    made = answer(trust, word="declines", text=WHY)
    approver = world.signed_in(Role.APPROVER)
    where, body = f"{API}/plans/{WEEK}/2/publish", {"reason": "Agreed on Tuesday"}
    refused = approver.post(where, json=body, headers={"if-match": '"1"'})
    assert refused.status_code == 409
    assert TRUST in refused.json()["detail"]
    answer(trust, follows=made["answer_id"])
    assert approver.post(where, json=body, headers={"if-match": '"1"'}).status_code == 200


# --- statements


def test_what_is_said_of_ones_posts_stands_until_it_is_taken_back(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    made = trust.post(f"{API}/statements", json=NOT_BESIDE_POLICE).json()
    assert made["words"] == "All our posts do not walk beside police."
    assert made["document"] == {"who": TRUST, "refuses": ["police"]}
    assert [one["key"] for one in jobs(world)] == [f"change:{made['change_id']}:2026-11-23"]
    assert made["job_ids"] == [1]
    (listed,) = trust.get(f"{API}/statements").json()
    assert listed["change_id"] == made["change_id"]
    assert trust.delete(f"{API}/statements/{made['change_id']}").status_code == 204
    assert trust.get(f"{API}/statements").json() == []
    assert trust.delete(f"{API}/statements/{made['change_id']}").status_code == 409


SAID: list[tuple[dict[str, object], str]] = [
        ({"kind": "refusal", "who": "yw-1", "others": ["ward_officer", POLICE]},
         "YW-1 does not walk beside Neighbourhood policing team and a police officer of the ward."),
        ({"kind": "pairing", "who": "YW-2", "others": ["YW-1", "school_staff"]},
         "YW-2 walks only beside YW-1 or a member of school staff."),
        ({"kind": "pairing", "others": ["school_staff"]},
         "All our posts walk only beside a member of school staff."),
        ({"kind": "absence", "who": "YW-1", "first_day": "2026-11-24"},
         "YW-1 is away on Tuesday 24 November 2026."),
        ({"kind": "absence", "who": "YW-1", "first_day": "2026-11-24", "last_day": "2026-11-25"},
         "YW-1 is away from Tuesday 24 November 2026 to Wednesday 25 November 2026."),
]  # fmt: skip


def test_every_kind_of_statement(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    for asked, words in SAID:
        made = trust.post(f"{API}/statements", json=asked)
        assert made.status_code == 201, made.text
        assert made.json()["words"] == words
        assert trust.delete(f"{API}/statements/{made.json()['change_id']}").status_code == 204


WRONG_STATEMENTS: list[tuple[dict[str, object], int]] = [
        ({"kind": "refusal", "who": "SS-1", "others": ["police"]}, 404),
        ({"kind": "absence", "who": "SS-1", "first_day": "2026-11-24"}, 404),
        ({"kind": "refusal", "who": COUNCIL, "others": ["police"]}, 404),
        ({"kind": "refusal", "who": "youth_worker", "others": ["police"]}, 404),
        ({"kind": "refusal", "who": "NO-1", "others": ["police"]}, 404),
        ({"kind": "refusal", "others": []}, 400),
        ({"kind": "refusal", "others": ["SS-1"]}, 400),  # nobody learns of others' posts
        ({"kind": "refusal", "others": ["NO-1"]}, 400),
        ({"kind": "absence", "first_day": "2026-11-24"}, 400),
        ({"kind": "absence", "who": "YW-1"}, 400),
        ({"kind": "absence", "who": "YW-1", "first_day": "2026-11-01"}, 400),
        ({"kind": "absence", "who": "YW-1", "first_day": "2026-11-25", "last_day": "2026-11-24"},
         400),
        ({"kind": "absence", "who": "YW-1", "first_day": "2026-11-24", "last_day": "2028-01-01"},
         400),
        ({"kind": "absence", "who": "YW-1", "first_day": "soon"}, 422),
        ({"kind": "aim", "others": ["police"]}, 422),
]  # fmt: skip


def test_a_statement_that_cannot_be_is_told(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    for asked, status in WRONG_STATEMENTS:
        refused = trust.post(f"{API}/statements", json=asked)
        assert (asked, refused.status_code) == (asked, status)
    assert trust.get(f"{API}/statements").json() == []
    assert jobs(world) == []


def test_anothers_post_and_no_post_look_the_same(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    said_of = (
        trust.post(f"{API}/statements", json={**NOT_BESIDE_POLICE, "who": who}).content
        for who in ("SS-1", "NO-1")
    )
    assert len(set(said_of)) == 1


def pair_ward_officer(world: World) -> None:
    """Let the police say that their officer walks only beside the trust."""
    with world.store.writing(Actor("command")) as unit:
        organisation_id = unit.areas.add_organisation(POLICE)
        rule = {"who": "WO-1", "beside": [TRUST]}
        unit.changes.add("north", organisation_id, ChangeKind.PAIRING, rule, reason="Agreed")


def test_nobody_elses_rule_vetoes_a_refusal(world: World) -> None:
    add_material(world)
    pair_ward_officer(world)
    trust = sign_in_for(world, TRUST)
    made = trust.post(f"{API}/statements", json=NOT_BESIDE_POLICE)
    assert made.status_code == 201, made.text
    assert "WO-1" not in made.text
    assert len(made.json()["job_ids"]) == 1
    # the team's own changes are checked against all of it, and the plan tells them what to mend
    with world.store.writing(Actor("command")) as unit:
        rule = {"who": "WO-1", "beside": ["YW-1"]}
        with pytest.raises(BadInput, match="WO-1 must walk beside somebody"):
            unit.changes.add("north", 1, ChangeKind.PAIRING, rule, reason="Asked for")


def test_what_contradicts_ones_own_word_is_told_without_others_posts(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    assert trust.post(f"{API}/statements", json=NOT_BESIDE_POLICE).status_code == 201
    only_police = {"kind": "pairing", "others": ["ward_officer"]}
    refused = trust.post(f"{API}/statements", json=only_police)
    assert refused.status_code == 400
    assert "you said something else" in refused.text
    for hidden in ("WO-1", "SS-1", "pairings[", "refusals["):
        assert hidden not in refused.text
    assert len(trust.get(f"{API}/statements").json()) == 1


def test_only_the_newest_version_of_a_coming_week_is_released_to_partners(world: World) -> None:
    trust, planner = sign_in_for(world, TRUST), world.signed_in(Role.PLANNER)
    old, newest = (f"{API}/plans/{WEEK}/{version}/released" for version in (1, 2))
    assert trust.get(newest).status_code == 200
    assert trust.get(old).status_code == 404
    assert planner.get(old).status_code == 200
    world.clock.now = world.clock.now.replace(day=30)  # the week is over
    assert sign_in_for(world, COUNCIL).get(newest).status_code == 404


def test_another_organisations_statement_is_not_there(world: World) -> None:
    add_material(world)
    trust, council = sign_in_for(world, TRUST), sign_in_for(world, COUNCIL)
    made = trust.post(f"{API}/statements", json=NOT_BESIDE_POLICE).json()
    assert council.get(f"{API}/statements").json() == []
    assert council.delete(f"{API}/statements/{made['change_id']}").status_code == 404
    assert len(trust.get(f"{API}/statements").json()) == 1


def test_the_team_does_not_overrule_a_refusal(world: World) -> None:
    add_material(world)
    made = sign_in_for(world, TRUST).post(f"{API}/statements", json=NOT_BESIDE_POLICE).json()
    planner, page = world.signed_in(Role.PLANNER), "/team/north/changes"
    where = f"{API}/changes/{made['change_id']}/withdraw"
    assert planner.post(where, json={"reason": "We need them"}).status_code == 403
    fields = {
        "csrf_token": planner.headers["x-csrf-token"],
        f"reason-{made['change_id']}": "We need them",
    }
    assert planner.post(f"{page}/{made['change_id']}/withdraw", data=fields).status_code == 403
    with world.store.reading() as unit:
        assert [one.change_id for one in unit.changes.standing("north")] == [made["change_id"]]


def test_a_change_of_the_team_is_no_statement_of_a_partner(world: World) -> None:
    """Nor can it be taken back by somebody of the same organisation who only takes part."""
    add_material(world)
    council = sign_in_for(world, COUNCIL)
    with world.store.writing(Actor("account:1")) as unit:
        organisation_id = unit.areas.add_organisation(COUNCIL)
        change = unit.changes.add(
            "north", organisation_id, ChangeKind.AIM,
            {"school": "A1", "aim": "visible_reassurance"}, reason="Asked for",
        )  # fmt: skip
    assert council.get(f"{API}/statements").json() == []
    assert council.delete(f"{API}/statements/{change.change_id}").status_code == 404


def test_the_same_is_not_said_twice(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    assert trust.post(f"{API}/statements", json=NOT_BESIDE_POLICE).status_code == 201
    assert trust.post(f"{API}/statements", json=NOT_BESIDE_POLICE).status_code == 409


def test_an_absence_touches_its_own_weeks_only(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    later = {"kind": "absence", "who": "YW-1", "first_day": "2026-12-07"}
    assert trust.post(f"{API}/statements", json=later).json()["job_ids"] == []
    assert jobs(world) == []


# --- comments


def test_comments_are_read_by_the_team_and_by_ones_own(world_on_each: World) -> None:
    world = world_on_each
    trust, council = sign_in_for(world, TRUST), sign_in_for(world, COUNCIL)
    asked = {"week": WEEK.isoformat(), "corridor_id": "corridor-A1", "text": "It floods."}
    made = trust.post(f"{API}/comments", json=asked).json()
    assert (made["organisation"], made["text"]) == (TRUST, "It floods.")
    planner = world.signed_in(Role.PLANNER)
    for path in ("/comments", f"/comments?week={WEEK}"):
        assert planner.get(f"{API}{path}").json() == [made]
        assert trust.get(f"{API}{path}").json() == [made]
        assert council.get(f"{API}{path}").json() == []
    one = f"{API}/comments/{made['comment_id']}"
    assert planner.get(one).json() == trust.get(one).json() == made
    assert council.get(one).status_code == 404
    assert council.get(one).content == council.get(f"{API}/comments/999").content
    assert trust.post(f"{API}/comments", json=asked).status_code == 409
    assert council.post(f"{API}/comments", json=asked).status_code == 201


def test_a_comment_that_cannot_be_is_told(world: World) -> None:
    trust = sign_in_for(world, TRUST)
    good = {"week": WEEK.isoformat(), "corridor_id": "corridor-A1", "text": "It floods."}
    wrong: list[tuple[dict[str, object], int]] = [
        ({"corridor_id": "corridor-B2"}, 404),
        ({"week": "2020-01-06"}, 404),
        ({"text": "  "}, 422),
        ({"text": "a\x00bc"}, 422),
    ]
    for other, status in wrong:
        assert trust.post(f"{API}/comments", json=good | other).status_code == status
    assert trust.get(f"{API}/comments").json() == []


def test_everything_is_in_the_log_and_none_of_the_words(world: World) -> None:
    add_material(world)
    trust = sign_in_for(world, TRUST)
    answer(trust, word="declines", text=WHY)
    trust.post(f"{API}/comments", json={
        "week": WEEK.isoformat(), "corridor_id": "corridor-A1", "text": "It floods."})  # fmt: skip
    trust.post(f"{API}/statements", json=NOT_BESIDE_POLICE)
    with world.store.reading() as unit:
        entries = unit.log.entries(OWN.area_id)
    assert {"answer_plan", "comment", "add_change", "ask_job"} <= {one.action for one in entries}
    assert WHY not in str(entries)
    assert "floods" not in str(entries)
