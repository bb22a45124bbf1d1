"""The team's pages in a browser: axe on each, by keyboard, without script, on a phone."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from datetime import date
from typing import TYPE_CHECKING

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, sync_playwright

from api.app import create_app
from api.rights import Role
from api.services import Seams
from api.settings import Settings
from api.store import Store
from api.store.records import Actor
from api.store.work_records import InputKind, JobKind, UploadStatus
from tests.api.conftest import PASSWORD, QUICK
from tests.api.small_team import NOW, TEAM_AREA
from tests.small_area import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

BASE = "/team/small"
FIRST, DRAFT = f"{BASE}/plans/{WEEK}/1", f"{BASE}/plans/{WEEK}/2"
PEOPLE = (Role.PLANNER, Role.APPROVER)
PAGES = {
    Role.PLANNER: [
        BASE, f"{BASE}/plans", DRAFT, f"{BASE}/schools", f"{BASE}/changes", f"{BASE}/uploads",
        f"{BASE}/uploads/new", f"{BASE}/uploads/1", f"{BASE}/uploads/2", f"{BASE}/jobs",
        f"{BASE}/jobs/1", f"{DRAFT}/ask", f"{FIRST}/export",
        *(f"{BASE}/changes/new/{kind}"
          for kind in ("edit?school=S1", "aim", "mix", "absence", "refusal", "pairing")),
    ],
    Role.APPROVER: [
        FIRST, f"{FIRST}/publish", f"{DRAFT}/publish", f"{FIRST}/patrols/corridor-S1-{WEEK}/cancel",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, team_sqlite: Path) -> Iterator[Store]:
    """Give the small area with people, an upload in each state and a job under way."""
    path = tmp_path_factory.mktemp("browser") / "team.sqlite"
    shutil.copy(team_sqlite, path)
    store = Store(f"sqlite:///{path}", lambda: NOW)
    report = {"columns": ["A", "B"], "n_in": 3, "guess": {"from": "A"}, "format_guess": "mapped"}
    aside = [{"reason": "bad_time", "words": "No time.", "n": 1, "lines": [2]}]
    categories = [{"word": "Stop", "n": 9, "category": "stop_and_search"}]
    read = {**report, "n_used": 2, "set_aside": aside, "categories": categories}
    with store.writing(Actor("command", 1)) as unit:
        organisation_id = unit.areas.add_organisation(TEAM_AREA.organisation)
        for role in PEOPLE:
            account_id = unit.accounts.add(
                organisation_id=organisation_id,
                email=f"{role}@example.org",
                shown_name=str(role),
                password_hash=QUICK.hash(PASSWORD),
            )
            unit.accounts.grant(account_id, "small", {role})
        states = ((UploadStatus.RECEIVED, report), (UploadStatus.CHECKED, read))
        for n, (status, told) in enumerate(states):
            one = unit.uploads.add("small", 1, InputKind.INCIDENTS, f"{n}.csv", b"A,B\n")
            if status is UploadStatus.CHECKED:
                one = unit.uploads.choose(one, 1, {"format": "mapped", "use": "adds"})
            unit.uploads.report(one, one.row_version, status, told)
        asked = {"week": WEEK.isoformat(), "follows": None, "publish": False}
        unit.jobs.ask("small", 1, JobKind.PLAN_WEEK, asked, key="first", reason="To test")
    yield store
    store.close()


@pytest.fixture(scope="module")
def address(store: Store) -> Iterator[str]:
    """Serve it on a free port of this machine, shown as on the day on which it was planned."""
    url = str(store._engine.url)
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(url, "", base, is_demo=True, request_burst=10_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.services.DEMO_SHOWN_ON", date(2026, 6, 29))
        app = create_app(settings, Seams(clock=lambda: NOW, passwords=QUICK))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield base
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no system Chromium")
    with sync_playwright() as playwright:
        args = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=path, args=args)
        yield started
        started.close()


def signed_in(chromium: Browser, address: str, role: Role, *, script: bool = True) -> Page:
    """Give a page in which somebody is signed in; what it asks of elsewhere fails the test."""
    context = chromium.new_context(base_url=address, java_script_enabled=script)
    context.route(lambda url: not url.startswith((address, "data:")), lambda route: route.abort())
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(f"{role}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def check(page: Page, path: str) -> None:
    # axe is put into the page from outside its policy, as its own users do
    found = Axe().run(page)
    assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    check_width(page, path)


def check_width(page: Page, path: str) -> None:
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"{path} is wider than the screen"


@pytest.mark.parametrize("role", PEOPLE)
def test_axe_finds_nothing_and_everything_fits_a_phone(
    chromium: Browser, address: str, role: Role
) -> None:
    page = signed_in(chromium, address, role)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in PAGES[role]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        page.set_viewport_size({"width": 360, "height": 800})
        check(page, path)
        page.set_viewport_size({"width": 1280, "height": 800})
        check_width(page, path)
    assert said == []
    page.context.close()


def test_axe_finds_nothing_where_a_form_is_wrong(chromium: Browser, address: str) -> None:
    page = signed_in(chromium, address, Role.PLANNER)
    for path, button in (
        (BASE, "Make the plan"),
        (f"{BASE}/changes/new/absence", "Keep the change"),
        (f"{BASE}/changes/new/edit?school=S1", "Keep the change"),
        (f"{BASE}/uploads/new", "Send it"),
        (f"{BASE}/uploads/2", "Take it into use"),
        (f"{BASE}/uploads/1", "Read it with these columns"),
        (f"{FIRST}/export", "Take it away"),
    ):
        page.goto(path)
        page.get_by_role("button", name=button, exact=True).click()
        summary = page.get_by_role("alert")
        assert summary.inner_text().startswith("There is a problem"), path
        check(page, path)
        # each line leads to its field, which takes the keyboard
        link = summary.get_by_role("link").first
        target = str(link.get_attribute("href"))
        assert page.locator(target).count() == 1, f"{path}: {target}"
    page.context.close()


def test_a_change_is_made_by_keyboard_and_without_script(chromium: Browser, address: str) -> None:
    page = signed_in(chromium, address, Role.PLANNER, script=False)
    page.goto(f"{BASE}/changes/new/edit?school=S1")
    page.get_by_role("radio", name="Keep off some streets").focus()
    page.keyboard.press("Space")
    page.get_by_role("checkbox", name="Column 2", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_label("Why?").focus()
    page.keyboard.type("Closed for works.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/changes?done=change")
    assert page.get_by_role("heading", name="Row School: not along Column 2").is_visible()
    page.context.close()


def test_a_job_is_followed_and_its_end_is_seen(
    chromium: Browser, address: str, store: Store
) -> None:
    page = signed_in(chromium, address, Role.PLANNER)
    page.goto(f"{BASE}/jobs/1")
    with store.writing(Actor("command", 1)) as unit:
        job = unit.jobs.lease("tests")
        assert job is not None
        unit.jobs.beat(job, {"stage": 1, "words": "Reading the streets", "share": 0.25})
    page.get_by_text("Reading the streets").first.wait_for()
    assert page.locator("progress").get_attribute("value") == "25"
    with store.writing(Actor("command", 1)) as unit:
        unit.jobs.finish(job, {"plan": [WEEK.isoformat(), 2], "status": "draft"})
    page.get_by_role("link", name="See the plan").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Plan for the week")
    page.context.close()
