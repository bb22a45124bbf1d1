"""A partner's pages: released things, its own posts, its own words, and nothing else."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from api.loading import load_plan_folder
from api.rights import Role
from api.store.records import Actor
from tests.api.conftest import OWN
from tests.api.partners import COUNCIL, POLICE, TRUST, add_draft, add_material, sign_in_for
from tests.api.small_folder import PROTOCOL, WEEK, write_small_folder

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.api.conftest import World

START = "/partner/north"
HERE = f"{START}/plans/{WEEK}/2"
PROTOCOL_PAGE = f"{HERE}/protocols/{PROTOCOL}"
CORRIDOR_PAGE = f"{HERE}/corridors/corridor-A1"
POSTS = f"{START}/posts"
PAGES = (START, HERE, f"{HERE}/map", PROTOCOL_PAGE, CORRIDOR_PAGE, POSTS)
WHY = "We would rather meet at the station."


def send(client: TestClient, path: str, **data: object) -> Response:
    text = client.get(path).text
    fields = dict(re.findall(r'name="(csrf_token|follows)" value="([^"]*)"', text))
    return client.post(path, data=fields | data)


@pytest.fixture
def trust(world: World) -> TestClient:
    return sign_in_for(world, TRUST)


def test_a_partner_sees_its_own_posts_and_others_by_role_only(
    world: World, trust: TestClient
) -> None:
    add_material(world)
    week = trust.get(HERE).text
    assert "YW-1 (youth worker, leads), beside: member of school staff." in " ".join(week.split())
    council = sign_in_for(world, COUNCIL).get(HERE).text
    assert "SS-1" in council
    assert "YW-1" not in council
    pages = {path: trust.get(path).text for path in PAGES}
    for path, page in pages.items():
        for hidden in ("SS-1", "WO-1", "example.org", "n_incidents", "segment", "0.4", "1-2-0",
                       "theft", ">17<"):  # fmt: skip
            assert hidden not in page, f"{hidden} on {path}"
    assert "YW-2" in pages[POSTS], "of the roster, though it walks nowhere this week"


def test_an_organisation_that_walks_nowhere_sees_what_is_released(world: World) -> None:
    other = sign_in_for(world, "Another Trust")
    page = other.get(HERE).text
    assert "Monday 23 November 2026" in page
    assert "YW-1" not in page
    assert "What needs your word" not in page
    assert other.get(PROTOCOL_PAGE).status_code == 404
    assert "No post of your organisation" in other.get(POSTS).text


def test_only_the_newest_version_of_a_coming_week_is_shown(
    world: World, trust: TestClient, tmp_path: Path
) -> None:
    older = trust.get(f"{START}/plans/{WEEK}/1")
    assert (older.status_code, older.headers["location"]) == (303, HERE)
    assert trust.get(f"{START}/plans/{WEEK}/3").status_code == 404
    add_draft(world, tmp_path / "draft")
    assert trust.get(HERE).headers["location"] == f"{START}/plans/{WEEK}/3"
    world.clock.now = world.clock.now.replace(day=30)  # the week is over
    later = sign_in_for(world, POLICE)
    assert "No week to come is planned yet" in later.get(START).text
    assert later.get(f"{START}/plans/{WEEK}/3").status_code == 404


def test_what_waits_is_on_the_first_page(world: World, tmp_path: Path) -> None:
    head = add_draft(world, tmp_path / "draft")
    trust, council = sign_in_for(world, TRUST), sign_in_for(world, COUNCIL)
    assert "Say whether you agree" in trust.get(START).text
    assert "Say whether you agree" not in council.get(START).text, "it agreed on paper"
    assert "The team asks for your word" not in trust.get(START).text
    with world.store.writing(Actor("command")) as unit:
        unit.answers.ask(head, [TRUST])
    assert "The team asks for your word" in trust.get(START).text


def test_a_protocol_is_read_and_answered(world: World, trust: TestClient) -> None:
    page = trust.get(PROTOCOL_PAGE).text
    for words in ("Youth worker", "Somebody is hurt.", "Ring 999.", "Noise.", "gate",
                  "Of 2 other parties, 2 agree"):  # fmt: skip
        assert words in page
    done = send(trust, PROTOCOL_PAGE, word="declines", text=WHY)
    assert (done.status_code, done.headers["location"]) == (303, f"{HERE}?done=declines")
    assert "You decline" in trust.get(done.headers["location"]).text
    assert WHY in trust.get(PROTOCOL_PAGE).text
    council = sign_in_for(world, COUNCIL).get(PROTOCOL_PAGE).text
    assert WHY not in council
    assert "Of 2 other parties, 1 agrees" in council


def test_an_answer_that_is_refused_keeps_what_was_written(trust: TestClient) -> None:
    for data, field in (({"text": WHY}, "word"), ({"word": "declines"}, "text"),
                        ({"word": "x", "text": WHY}, "word")):  # fmt: skip
        refused = send(trust, PROTOCOL_PAGE, **data)
        assert refused.status_code == 400
        assert "There is a problem" in refused.text
        assert f'href="#{field}"' in refused.text
        assert data.get("text", "") in refused.text


def test_a_form_sent_twice_is_told(world: World, trust: TestClient) -> None:
    text = trust.get(PROTOCOL_PAGE).text
    fields = dict(re.findall(r'name="(csrf_token|follows)" value="([^"]*)"', text))
    data = fields | {"word": "proposes", "text": WHY}
    assert trust.post(PROTOCOL_PAGE, data=data).status_code == 303
    again = trust.post(PROTOCOL_PAGE, data=data)
    assert again.status_code == 409
    assert "answered on this protocol meanwhile" in again.text
    with world.store.reading() as unit:
        assert len(unit.answers.all("north")) == 1


def test_a_form_of_a_replaced_version_is_told_with_the_newest_beside_it(
    world: World, trust: TestClient, tmp_path: Path
) -> None:
    text = trust.get(PROTOCOL_PAGE).text
    fields = dict(re.findall(r'name="(csrf_token|follows)" value="([^"]*)"', text))
    add_draft(world, tmp_path / "draft")
    stale = trust.post(PROTOCOL_PAGE, data=fields | {"word": "declines", "text": WHY})
    assert stale.status_code == 409
    assert "newer version of this plan" in stale.text
    assert f"{START}/plans/{WEEK}/3/protocols/{PROTOCOL}" in stale.text
    assert WHY in stale.text, "what was written is kept"


def test_a_protocol_that_reads_differently_is_told(
    world: World, trust: TestClient, tmp_path: Path
) -> None:
    send(trust, PROTOCOL_PAGE, word="agrees")
    folder = tmp_path / "draft"
    path = write_small_folder(folder) / "internal" / "plan.json"
    document = json.loads(path.read_text())
    document["protocols"][0]["leads"] = "Member of school staff"
    path.write_text(json.dumps(document))
    load_plan_folder(world.store, OWN, folder)
    page = trust.get(PROTOCOL_PAGE.replace("/2/", "/3/")).text
    assert "reads differently" in page


def test_a_comment_is_made_and_shown_to_its_own(world: World, trust: TestClient) -> None:
    done = send(trust, CORRIDOR_PAGE, text="It <b>floods</b>.")
    assert done.headers["location"] == f"{CORRIDOR_PAGE}?done=commented"
    assert "It &lt;b&gt;floods&lt;/b&gt;." in trust.get(CORRIDOR_PAGE).text
    assert "1 comment of yours" in trust.get(HERE).text
    assert "floods" not in sign_in_for(world, COUNCIL).get(CORRIDOR_PAGE).text
    assert send(trust, CORRIDOR_PAGE, text="It <b>floods</b>.").status_code == 409
    assert send(trust, CORRIDOR_PAGE, text="  ").status_code == 400
    assert trust.get(f"{HERE}/corridors/corridor-B2").status_code == 404


def test_what_posts_will_not_do_is_said_and_taken_back(world: World, trust: TestClient) -> None:
    add_material(world)
    done = send(trust, POSTS, kind="refusal", who="", others=["police"], reason="Trust")
    assert done.status_code == 303
    page = trust.get(POSTS).text
    assert "All our posts do not walk beside police." in page
    path = re.search(r'action="(/partner/north/posts/\d+/withdraw)"', page)
    assert path is not None
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    council = sign_in_for(world, COUNCIL)
    theirs = {"csrf_token": council.headers["x-csrf-token"]}
    assert council.post(path[1], data=theirs).status_code == 404
    assert trust.post(path[1], data={"csrf_token": token[1]}).status_code == 303
    assert "All our posts do not" not in trust.get(POSTS).text
    assert trust.post(path[1], data={"csrf_token": token[1]}).status_code == 409


def test_a_statement_that_is_refused_keeps_what_was_chosen(world: World, trust: TestClient) -> None:
    add_material(world)
    for data, field in (
        ({"who": "YW-1"}, "kind"), ({"kind": "refusal", "who": "YW-1"}, "others"),
        ({"kind": "absence", "who": "YW-1", "first_day": "soon"}, "first_day"),
        ({"kind": "absence", "who": "YW-1", "first_day": "2026-11-25", "last_day": "2026-11-24"},
         "last_day"),
    ):  # fmt: skip
        refused = send(trust, POSTS, **data)
        assert refused.status_code == 400
        assert f'href="#{field}"' in refused.text
        assert re.search(r'value="YW-1"[^>]* selected', refused.text)
    assert send(trust, POSTS, kind="refusal", who="SS-1", others=["police"]).status_code == 404


def test_forms_without_their_token_change_nothing(world: World, trust: TestClient) -> None:
    for path, data in ((PROTOCOL_PAGE, {"word": "agrees"}), (CORRIDOR_PAGE, {"text": "It floods"}),
                       (POSTS, {"kind": "refusal", "others": "police"})):  # fmt: skip
        assert trust.post(path, data=data).status_code == 403
    with world.store.reading() as unit:
        assert unit.answers.all("north") == []
        assert unit.comments.recent("north") == []


def test_the_teams_own_pages_are_not_a_partners(world: World, trust: TestClient) -> None:
    planner = world.signed_in(Role.PLANNER)
    assert planner.get(START).status_code == 403
    assert trust.get("/team/north").status_code == 403
    assert trust.get("/partner/south").status_code == 404
