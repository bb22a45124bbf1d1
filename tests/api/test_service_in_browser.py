"""The demonstration in a browser: a parent's phone, a keyboard, paper; axe on every page."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, sync_playwright

from api.app import create_app
from api.demonstration import load_demo
from api.mail.sending import send_due
from api.mail.settings import MailSettings
from api.rights import Role
from api.services import Seams
from api.settings import Settings
from api.store import Store
from api.store.records import Actor
from corridors.demo import DEMO_WEEK
from tests.api.conftest import PASSWORD, QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SCHOOL = "/areas/haverness/schools/H001"
PLAN = f"/team/haverness/plans/{DEMO_WEEK.isoformat()}/2"
PAGES = ["/", "/areas/haverness", SCHOOL, "/areas/haverness/schools/H004", "/sign-in", "/docs",
         "/nothing", "/areas/haverness/map", f"{SCHOOL}/notice", "/privacy", f"{SCHOOL}/emails",
         f"{SCHOOL}/emails/asked", "/emails/x/confirm", "/emails/x/stop",
         "/team/haverness"]  # fmt: skip


class Served:
    """What is served, for what a worker does beside it."""

    settings: Settings


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demonstration, as `make serve` does, on a free port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'store.sqlite'}"
    mail = MailSettings("patrols@demo.example", folder=tmp_path_factory.mktemp("mail"))
    settings = Settings(url, "", base, is_demo=True, request_burst=10_000, mail=mail)
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
    Served.settings = settings
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
    refused = (
        "404 (Not Found)",
        "401 (Unauthorized)",
        "400 (Bad Request)",
        "willReadFrequently",
    )  # asked for on purpose
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
    subscribe = page.get_by_role("button", name="Add to your calendar").get_attribute("href")
    assert str(subscribe).startswith("webcal://127.0.0.1:")
    feed = page.get_by_role("link", name="Calendar of Ringway Academy").get_attribute("href")
    assert str(subscribe).endswith(str(feed))
    answer = page.request.get(str(feed))
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text().count("BEGIN:VEVENT") == 3
    assert "STATUS:CONFIRMED" in answer.text()
    page.get_by_role("link", name="This notice to print or pass on").click()
    assert page.get_by_role("heading", level=1).is_visible()


def test_a_parent_gets_emails_and_stops_them(page: Page) -> None:
    page.goto(SCHOOL)
    page.get_by_role("link", name="Get emails about Ringway Academy").click()
    page.get_by_role("button", name="Send me emails").click()
    assert page.title().startswith("Error: ")
    page.get_by_role("link", name="This is not an email address.").click()
    page.get_by_label("Email address").fill("parent@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/asked")
    assert page.get_by_role("heading", level=1).inner_text() == "Look for our email"
    link = read_link()
    page.goto(link)
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Confirm").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You will get emails"
    page.goto(link.replace("/confirm", "/stop"))
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Stop the emails").click()
    assert page.get_by_role("heading", level=1).inner_text() == "The emails are stopped"


def read_link() -> str:
    """Send what waits, as a worker does, and give the link of the newest message."""
    mail = Served.settings.mail
    assert mail is not None
    assert mail.folder is not None
    store = Store(Served.settings.database_url)
    assert send_due(store, Served.settings, datetime.now(UTC)) == 1
    store.close()
    newest = max(mail.folder.iterdir())
    message = message_from_bytes(newest.read_bytes(), policy=default)
    found = re.search(r"http\S+/confirm", message.get_content())
    assert found is not None
    return found[0]


def test_the_teams_map_is_drawn_and_can_be_asked(page: Page) -> None:
    sign_in(page)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{PLAN}/map")
        page.wait_for_selector("#map[data-drawn]")
        assert Axe().run(page).violations_count == 0
    is_drawn = """() => [...document.querySelectorAll('#map canvas')].some(one =>
        one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some(part => part))"""
    assert page.evaluate(is_drawn)
    page.get_by_role("link", name="Show the corridor of Ringway Academy on the map").click()
    page.wait_for_selector("#map[data-drawn]")
    blue = """() => [...document.querySelectorAll('#map canvas')].some(one => {
        const data = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
        for (let i = 0; i < data.length; i += 4) {
            if (data[i] < 60 && data[i + 2] > 120 && data[i + 3] > 150) { return true; }
        }
        return false; })"""
    page.wait_for_function(blue)
    assert "Yarrow Street" in page.get_by_role("main").inner_text(), "the list holds the same"


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
    assert page.pdf(format="A4").count(b"/Type /Page\n") <= 2
