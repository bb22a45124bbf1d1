"""What an organisation says changes the plan: the real pipeline, by a real worker's child."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from api.rights import Role
from api.store.records import Actor
from api.store.work_records import ChangeKind
from tests.api.conftest import sign_in
from tests.api.small_work import ask_plan, fill, worker_over
from tests.small_area import WEEK

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from api.store.records import PlanHead
    from tests.api.conftest import MakeWorld, World

API = "/api/v1/areas/small"
TRUST, COUNCIL, POLICE = "Small Youth Trust", "Small Council", "Neighbourhood policing team"
PROTOCOL = "no-police-group_disputes-S1"


def person(world: World, organisation: str, role: Role = Role.PARTNER) -> TestClient:
    email = f"{role}.{organisation.replace(' ', '-').lower()}@example.org"
    world.add_account(email, {"small": {role}}, organisation)
    client = world.visitor()
    assert sign_in(client, email).status_code == 303
    client.headers["x-csrf-token"] = client.get("/api/v1/me").json()["csrf_token"]
    return client


def newest(world: World) -> tuple[PlanHead, dict[str, Any]]:
    with world.store.reading() as unit:
        head = unit.plans.heads("small")[0]
        return head, json.loads(unit.plans.document(head.plan_id))


def work(world: World) -> tuple[PlanHead, dict[str, Any]]:
    """Do what was asked for, and give the newest plan."""
    assert worker_over(world.store).work_once()
    return newest(world)


def answer(client: TestClient, head: PlanHead, word: str, follows: int = 0) -> dict[str, Any]:
    asked = {
        "week": head.week.isoformat(), "version": head.version, "protocol_id": PROTOCOL,
        "word": word, "text": "Because of the fair", "follows": follows,
    }  # fmt: skip
    made = client.post(f"{API}/answers", json=asked)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


def publish(approver: TestClient, head: PlanHead) -> int:
    return approver.post(
        f"{API}/plans/{head.week}/{head.version}/publish",
        json={"reason": "Agreed at the meeting"},
        headers={"if-match": f'"{head.row_version}"'},
    ).status_code


def together(document: dict[str, Any], *posts: str) -> list[str]:
    """List the patrols on which these posts walk together."""
    return [
        patrol["patrol_id"]
        for patrol in document["patrols"]
        if set(posts) <= {post["post_id"] for post in patrol["posts"]}
    ]


@pytest.mark.slow
def test_agreement_makes_the_plan_and_a_refusal_changes_it(
    make_world: MakeWorld, sqlite_url: str, tmp_path: Path
) -> None:
    world = make_world(sqlite_url)
    world.clock.now = datetime(2026, 6, 29, 9, tzinfo=UTC)
    fill(world.store, tmp_path)
    trust, council, police = (person(world, one) for one in (TRUST, COUNCIL, POLICE))
    approver = person(world, COUNCIL, Role.APPROVER)
    with world.store.writing(Actor("account:1", 1)) as unit:
        unit.changes.add(
            "small", 1, ChangeKind.AIM, {"school": "S1", "aim": "group_disputes"}, reason="Asked"
        )
    ask_plan(world.store)

    # nobody has agreed: a draft, which cannot be published
    head, document = work(world)
    assert (head.week, head.status) == (WEEK, "draft")
    assert publish(approver, head) == 409
    (protocol,) = document["protocols"]
    assert set(protocol["needed_from"]) == {TRUST, COUNCIL, POLICE}

    # two of three is not enough; the third makes the plan
    for client in (trust, council):
        assert answer(client, head, "agrees")["job_ids"] == []
    assert publish(approver, head) == 409
    assert len(answer(police, head, "agrees")["job_ids"]) == 1
    head, document = work(world)
    assert head.status == "agreed"
    assert together(document, "YW1", "YW2")

    # what its posts will not do changes who walks
    refusal = {"kind": "refusal", "who": "YW1", "others": ["YW2"]}
    assert len(trust.post(f"{API}/statements", json=refusal).json()["job_ids"]) == 1
    head, document = work(world)
    assert together(document, "YW1", "YW2") == []
    assert together(document, "YW1")

    # who takes their word back is heard at once, and the next plan is a draft again
    mine = trust.get(f"{API}/answers").json()[0]["answer_id"]
    assert len(answer(trust, head, "declines", mine)["job_ids"]) == 1
    assert publish(approver, head) == 409
    head, _ = work(world)
    assert head.status == "draft"
    assert publish(approver, head) == 409
