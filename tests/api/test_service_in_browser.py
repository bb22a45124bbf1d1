"""The demonstration in a browser: a parent's phone, a keyboard, paper; axe on every page."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, sync_playwright

from api.app import create_app
from api.demonstration import load_demo
from api.rights import Role
from api.services import Seams
from api.settings import Settings
from api.store import Store
from api.store.records import Actor
from tests.api.conftest import PASSWORD, QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SCHOOL = "/areas/haverness/schools/H001"
PAGES = ["/", "/areas/haverness", SCHOOL, "/areas/haverness/schools/H004", "/sign-in", "/docs",
         "/nothing", "/areas/haverness/map", f"{SCHOOL}/notice"]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demonstration, as `make serve` does, on a free port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'store.sqlite'}"
    settings = Settings(url, "", base, is_demo=True, request_burst=10_000)
    store = Store(url)
    store.upgrade()
    assert load_demo(store, lambda _: None)
    assert not load_demo(store, lambda _: None), "once"
    with store.writing(Actor("command")) as unit:
        organisation_id = unit.areas.add_organisation("Haverness Borough Council (fictional)")
        account_id = unit.accounts.add(
            organisation_id=organisation_id,
            email="ann@example.org",
            shown_name="Ann",
            password_hash=QUICK.hash(PASSWORD),
        )
        unit.accounts.grant(account_id, "haverness", {Role.PLANNER})
    store.close()
    app = create_app(settings, Seams(passwords=QUICK))
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


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """Give a phone-sized page that notes every message and request to elsewhere."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, base_url=address)
    page = context.new_page()
    noted: list[str] = []
    page.on("console", lambda message: noted.append(message.text))
    page.on("pageerror", lambda error: noted.append(str(error)))
    page.on(
        "request",
        lambda request: (
            noted.append(request.url) if not request.url.startswith((address, "data:")) else None
        ),
    )
    yield page
    context.close()
    refused = ("404 (Not Found)", "401 (Unauthorized)")  # asked for on purpose
    assert [one for one in noted if not any(word in one for word in refused)] == []


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email address").fill("ann@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(page: Page, path: str) -> None:
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(path)
        # axe is put into the page from outside its policy, as its own users do
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"wider than a screen of {width}"


def test_axe_finds_nothing_when_signed_in_or_wrong(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").inner_text().startswith("There is a problem")
    assert Axe().run(page).violations_count == 0
    sign_in(page)
    assert page.get_by_role("heading", level=1).inner_text() == "Your account"
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("link", name="Sign in").is_visible()


def test_a_parent_finds_the_notice_and_the_feed(page: Page) -> None:
    page.goto("/")
    assert "fictional borough" in page.get_by_role("complementary").inner_text()
    page.get_by_role("link", name="Haverness (fictional)").click()
    page.get_by_role("link", name="Ringway Academy").click()
    main = page.get_by_role("main").inner_text()
    assert "DRAFT" not in main
    wanted = ["Tuesday 24 November 2026", "Yarrow Street", "Youth worker", "Why", "Ask, object"]
    for words in [*wanted, "Local places for young people"]:
        assert words in main
    assert page.locator("main svg[role=img]").count() == 1
    feed = page.get_by_role("link", name="Calendar of Ringway Academy").get_attribute("href")
    answer = page.request.get(str(feed))
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text().count("BEGIN:VEVENT") == 3
    assert "STATUS:CONFIRMED" in answer.text()
    page.get_by_role("link", name="This notice to print or pass on").click()
    assert page.get_by_role("heading", level=1).is_visible()


def test_the_map_is_drawn_under_its_policy(page: Page) -> None:
    page.goto("/areas/haverness/map")
    page.wait_for_function("document.documentElement.dataset.map === 'drawn'")


def test_everything_by_keyboard_and_without_script(chromium: Browser, address: str) -> None:
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/areas/haverness")
    page.goto("/sign-in")
    page.locator("#email").focus()
    page.keyboard.type("ann@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    context.close()


def test_a_school_fits_on_paper(page: Page) -> None:
    page.goto(SCHOOL)
    assert page.pdf(format="A4").count(b"/Type /Page\n") <= 3
