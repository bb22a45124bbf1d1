"""What comes to the door: too much, too deep, too often, of the wrong kind, or from elsewhere."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from api.answers import page_policy
from api.fragments import notice_fragment
from api.guard import RateLimit, depth_of
from api.rights import Role
from tests.api.test_public_api import is_problem
from tests.payloads import PAYLOADS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import MakeWorld, World

KEYS = "/api/v1/areas/north/keys"
EVERYWHERE = ["/", "/areas/north", "/areas/north/schools/A1", "/areas/north/map", "/sign-in",
              "/docs", "/health", "/api/v1/areas", "/nothing", "/api/v1/me", "/static/service.css",
              "/api/v1/areas/north/schools/A1/calendar.ics"]  # fmt: skip


@pytest.mark.parametrize("path", EVERYWHERE)
def test_headers_that_protect_the_reader(world: World, path: str) -> None:
    headers = world.visitor().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    # not no-referrer: browsers would then send a form of ours with "Origin: null"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "http" not in policy
    assert "script-src 'unsafe" not in policy
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_our_pages_allow_no_script_and_no_inline_style(world: World) -> None:
    for path in ("/", "/areas/north", "/areas/north/schools/A1", "/sign-in", "/docs"):
        answer = world.visitor().get(path)
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]
        for word in ("<script", "<style", " style=", "javascript:", " onclick="):
            assert word not in answer.text, path


def test_a_released_page_runs_its_own_scripts_and_no_other(world: World) -> None:
    policy = world.visitor().get("/areas/north/map").headers["content-security-policy"]
    # sha256 of the one script of the small map: "1"
    assert "script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=';" in policy
    data = b'<script type="application/json">{}</script>'
    assert "script-src 'none'" in page_policy(data)


# --- too much


def ask_raw(
    world: World, headers: list[tuple[bytes, bytes]], chunks: Callable[[], bytes | None]
) -> tuple[int, int, bytes]:
    """Send a body piece by piece; give the status, how many pieces were taken, and the answer."""
    taken = 0
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        body = chunks()
        return {"type": "http.request", "body": body or b"", "more_body": body is not None}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "https", "path": KEYS, "raw_path": KEYS.encode(), "query_string": b"",
        "root_path": "", "headers": headers, "client": ("127.0.0.1", 1), "server": ("x", 443),
    }  # fmt: skip
    asyncio.run(world.app(scope, receive, send))
    return sent[0]["status"], taken, sent[1]["body"]


def test_a_gigabyte_that_says_so_is_refused_unread(world: World) -> None:
    headers = [(b"content-length", b"1000000000"), (b"content-type", b"application/json")]
    status, taken, body = ask_raw(world, headers, lambda: b"x" * 65_536)
    assert (status, taken) == (413, 0)
    assert json.loads(body)["detail"].startswith("The body is too large.")


def test_a_gigabyte_that_does_not_say_so_is_refused_early(world: World) -> None:
    headers = [(b"transfer-encoding", b"chunked"), (b"content-type", b"application/json")]
    status, taken, _ = ask_raw(world, headers, lambda: b"x" * 65_536)
    assert status == 413
    assert taken == 16, "just over a million bytes, in pieces of 65,536"


def test_a_length_that_is_no_number_is_refused(world: World) -> None:
    for told in (b"-1", b"1e9", b"x"):
        assert ask_raw(world, [(b"content-length", told)], lambda: None)[0] == 400


# --- too deep


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_a_hundred_thousand_levels_are_refused(world: World, deep: str) -> None:
    administrator = world.signed_in(Role.ADMINISTRATOR)
    answer = administrator.post(KEYS, content=deep, headers={"content-type": "application/json"})
    assert is_problem(answer, 400)
    assert "nested too deeply" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("1", 0), ("[]", 1), ('[{"a":[1]}]', 3), ('"[[[["', 0), (r'["\"[[["]', 1),
        ('["\\\\", [[]]]', 3), ("[][][]", 1), ('"[[[', 0),
    ],
)  # fmt: skip
def test_depth(text: str, depth: int) -> None:
    assert depth_of(text.encode(), 32) == depth


# --- of the wrong kind


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/json", "multipart/form-data; boundary=x", "application/xml", ""]
)
def test_another_kind_of_body_is_refused(world: World, kind: str) -> None:
    administrator = world.signed_in(Role.ADMINISTRATOR)
    body = json.dumps({"name": "Website", "actions": ["list_plans"]})
    assert is_problem(administrator.post(KEYS, content=body, headers={"content-type": kind}), 415)
    visitor = world.visitor()
    assert (
        visitor.post("/sign-in", content="a=b", headers={"content-type": kind}).status_code == 415
    )


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "null", "[]", '"x"', "NaN", '{"name": "x"}', '{"name": 1, "actions": []}',
        '{"name": "abc", "actions": ["publish_plan"]}',
        '{"name": "abc", "actions": ["manage_keys"]}',
        '{"name": "abc", "actions": ["list_plans"], "days": 1e400}',
        '{"name": "a\\u0000bc", "actions": ["list_plans"]}',
        '{"name": "\\ud800abc", "actions": ["list_plans"]}',
        '{"name": "abc", "actions": ["list_plans"], "area_id": "south"}',
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_named_and_not_quoted(world_on_each: World, body: str) -> None:
    administrator = world_on_each.signed_in(Role.ADMINISTRATOR)
    answer = administrator.post(KEYS, content=body, headers={"content-type": "application/json"})
    assert is_problem(answer, 422)
    assert administrator.get(KEYS).json() == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/areas/north%00/schools", "/areas/%00", "/areas/north/schools/..%2f..%2fmap",
        "/areas/north/schools/A1%2f..%2fB2", "/static/..%2flayout.html.j2",
        "/static/%2e%2e%2fapp.py",
        "/areas/../../etc/passwd", "/areas/north/schools/" + "A" * 5000,
        "/api/v1/areas/north'--/schools",
    ],
)  # fmt: skip
def test_nothing_else_can_be_named(world_on_each: World, path: str) -> None:
    answer = world_on_each.visitor().get(path, headers={"accept": "application/json"})
    assert answer.status_code in {404, 422}
    assert is_problem(answer, answer.status_code)


@pytest.mark.parametrize("query", ["bbox=%00", "limit=%00", "area=%00"])
def test_a_nul_in_a_question_is_refused(world_on_each: World, query: str) -> None:
    answer = world_on_each.visitor().get(f"/api/v1/collections/corridors/items?{query}")
    assert is_problem(answer, 400)


def test_a_huge_number_is_refused_on_both_databases(world_on_each: World) -> None:
    analyst = world_on_each.signed_in(Role.ANALYST)
    for path in ("/2026-11-23/99999999999999999999", "/9999-12-31/1", "/0001-01-01/1", "/x/1"):
        assert analyst.get(f"/api/v1/areas/north/plans{path}").status_code in {404, 422}


def test_methods_that_are_not_there(world: World) -> None:
    for method in ("PUT", "PATCH", "DELETE", "TRACE"):
        answer = world.visitor().request(method, "/api/v1/areas", headers={"accept": "*/*"})
        assert is_problem(answer, 405)
        assert answer.headers["allow"]


# --- too often


def test_one_address_is_slowed_and_others_are_not() -> None:
    now = 0.0
    limit = RateLimit(2.0, 3, lambda: now)
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 1]
    assert limit.take("b") == 0
    now = 0.5
    assert [limit.take("a") for _ in range(2)] == [0, 1]
    now = 1000.0
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 1], "a bucket holds no more than full"


def test_addresses_are_forgotten_not_gathered() -> None:
    limit = RateLimit(1.0, 1, lambda: 0.0)
    for n in range(20_000):
        limit.take(str(n))
    assert len(limit._buckets) == 10_000


def test_too_many_requests_are_told_when_to_come_back(
    make_world: MakeWorld, filled_url: str
) -> None:
    visitor = make_world(filled_url, requests_per_s=0.1, request_burst=3).visitor()
    answers = [visitor.get("/api/v1/areas") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert is_problem(answers[-1], 429)
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert answers[-1].headers["x-content-type-options"] == "nosniff"


# --- faults


def test_a_fault_of_ours_tells_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("api.routes.areas.list_areas", fail)
    answer = world.visitor().get("/api/v1/areas")
    assert is_problem(answer, 500)
    assert "hunter2" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_browser_gets_a_page_and_a_program_gets_json(world: World) -> None:
    page = world.visitor().get("/nothing", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert ">Page not found</h1>" in page.text
    assert is_problem(world.visitor().get("/nothing"), 404)
    assert is_problem(world.visitor().get("/api/v1/x", headers={"accept": "text/html"}), 404)


# --- names and notices


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_notice_that_was_tampered_with_only_shows(payload: str) -> None:
    for inside in (
        payload,
        f"<svg>{payload}</svg>",
        f'<p title="{payload}">x</p>',
        f"<p {payload}>x</p>",
    ):
        shown = notice_fragment(f"<html><body><main><section>{inside}</section></main></body>")
        lowered = shown.lower()
        for word in (
            "<script",
            "<img",
            "<iframe",
            "<a ",
            "<style",
            "<math",
            "<foreignobject",
            "<use",
        ):
            assert word not in lowered
        # no attribute but ours is left on any element
        for tag in [part.partition(">")[0] for part in shown.split("<")[1:]]:
            assert " on" not in tag.lower() or '"' in tag.lower().partition(" on")[0]
            assert " href" not in tag.lower().split('"')[0]
            assert " style" not in tag.lower().split('"')[0]


def test_what_a_notice_may_hold_stays_as_it_is() -> None:
    inside = (
        '<section aria-labelledby="a"><h2 id="a">W &amp; x</h2><svg viewBox="0 0 1 1" role="img">'
        '<title id="t">M</title><path d="M0 0" stroke="#fff"/></svg></section>'
    )
    assert notice_fragment(f"<body><main>{inside}</main><p>after</p></body>") == inside


def test_names_are_shown_and_never_run(world: World) -> None:
    page = world.visitor().get("/areas/north").text
    assert "Birch &lt;i&gt;School&lt;/i&gt;" in page
    assert "<i>" not in page
