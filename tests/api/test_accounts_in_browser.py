"""Pages of partners, administrators and auditors in a browser: axe, keyboard, a phone."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import sync_playwright

from api.app import create_app
from api.rights import Role
from api.services import Seams
from api.settings import Settings
from api.store import Store
from tests.api.conftest import PASSWORD, QUICK, World
from tests.api.partners import TRUST, add_draft, add_material
from tests.api.small_folder import PROTOCOL, WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

HERE = f"/partner/north/plans/{WEEK}/3"
OF_PARTNER = ("/partner/north", HERE, f"{HERE}/protocols/{PROTOCOL}",
              f"{HERE}/corridors/corridor-A1", "/partner/north/posts")  # fmt: skip
OF_ADMINISTRATOR = ("/accounts/north", "/accounts/north/invite", "/accounts/north/people/1",
                    "/accounts/north/keys", "/account/password")  # fmt: skip
OF_AUDITOR = ("/audit/north", "/audit/north?what=read_plan&since=2026-01-01",
              "/audit/north?since=soon", "/audit/north/export", "/audit/north/chain")  # fmt: skip
OF_VISITOR = ("/password/forgotten", "/password/set/x")
NEW = "badger lantern Thursday"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, filled_sqlite: Path) -> Iterator[str]:
    """Serve two small areas with a draft, and people of three kinds in the first."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(filled_sqlite, folder / "store.sqlite")
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    url = f"sqlite:///{folder / 'store.sqlite'}"
    settings = Settings(url, "", base, is_demo=True, request_burst=100_000)
    app = create_app(settings, Seams(passwords=QUICK))
    store: Store = app.state.services.store
    world = World(app, store, app.state.services.clock, app.state.services)
    for role, organisation in (
        (Role.PARTNER, TRUST), (Role.ADMINISTRATOR, ""), (Role.AUDITOR, ""),
    ):  # fmt: skip
        world.add_account(f"{role}@example.org", {"north": {role}}, organisation)
    add_material(world)
    add_draft(world, folder / "draft")
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
    """Give a page that runs no script of ours, and notes every request to elsewhere."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=address)
    page = context.new_page()
    noted: list[str] = []
    page.on("console", lambda message: noted.append(message.text))
    page.on(
        "request",
        lambda request: (
            noted.append(request.url) if not request.url.startswith((address, "data:")) else None
        ),
    )
    yield page
    context.close()
    refused = re.compile(r"status of 4\d\d|does not conform to the required format")  # on purpose
    assert [one for one in noted if not refused.search(one)] == []


def sign_in(page: Page, role: Role, password: str = PASSWORD, email: str = "") -> None:
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(email or f"{role}@example.org")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def check(page: Page) -> None:
    """Ask axe on a phone and on a desk; nothing may be wider than the screen."""
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url} {found.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{page.url} is wider than a screen of {width}"


@pytest.mark.parametrize(
    ("role", "paths"),
    [
        (Role.PARTNER, OF_PARTNER),
        (Role.ADMINISTRATOR, OF_ADMINISTRATOR),
        (Role.AUDITOR, OF_AUDITOR),
        (None, OF_VISITOR),
    ],
)
def test_axe_finds_nothing(page: Page, role: Role | None, paths: tuple[str, ...]) -> None:
    if role is not None:
        sign_in(page, role)
    for path in paths:
        page.goto(path)
        check(page)


def test_axe_finds_nothing_on_forms_that_were_refused(page: Page) -> None:
    sign_in(page, Role.PARTNER)
    for path, button in ((OF_PARTNER[2], "Send your answer"), (OF_PARTNER[3], "Send comment"),
                         (OF_PARTNER[4], "Say this")):  # fmt: skip
        page.goto(path)
        page.get_by_role("button", name=button).click()
        assert "There is a problem" in page.get_by_role("alert").inner_text()
        check(page)


def test_a_partner_answers_by_keyboard_alone_and_without_script(
    chromium: Browser, address: str
) -> None:
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, Role.PARTNER)
    page.goto("/partner/north")
    tab_to(page, "Say whether you agree: Visible reassurance after school, Alder School")
    page.keyboard.press("Enter")
    page.wait_for_url("**/protocols/**")
    page.locator("#word-2").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("We would rather meet at the station.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=declines")
    assert "Your organisation declines" in page.get_by_role("main").inner_text()
    page.goto("/partner/north/posts")
    page.get_by_label("Not beside").check()
    page.get_by_label("Police, whatever their role").check()
    page.get_by_role("button", name="Say this").click()
    assert "All our posts do not walk beside police." in page.get_by_role("main").inner_text()
    page.goto("/partner/north/posts")
    tab_to(page, "Take back: All our posts do not walk beside police.")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=taken-back")
    context.close()


def tab_to(page: Page, words: str) -> None:
    """Go on by the tabulator until what has the focus says this."""
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.locator(":focus")
        if found.count() and words in " ".join(found.inner_text().split()).replace(" :", ":"):
            return
    pytest.fail(f"nothing called {words} can be reached by keyboard")


def test_an_invitation_a_password_and_a_first_sign_in(page: Page) -> None:
    sign_in(page, Role.ADMINISTRATOR)
    page.goto("/accounts/north")
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("Email address").fill("ann@example.org")
    page.get_by_label("What pages call them").fill("Ann")
    page.get_by_label("Planner").check()
    page.get_by_label("Why").fill("She joined the team")
    page.get_by_role("button", name="Invite").click()
    check(page)
    link = page.locator("code.secret").inner_text()
    page.context.clear_cookies()
    page.goto(link)
    check(page)
    for label in ("New password", "The same again"):
        page.get_by_label(label).fill(NEW)
    page.get_by_role("button", name="Set password").click()
    assert "Your password is set" in page.get_by_role("main").inner_text()
    check(page)
    page.goto(link)
    assert "used already" in page.get_by_role("heading", level=1).inner_text()
    sign_in(page, Role.PLANNER, NEW, "ann@example.org")
    assert "Ann" in page.get_by_role("main").inner_text()


def test_an_auditor_filters_and_takes_the_table_away(page: Page) -> None:
    sign_in(page, Role.AUDITOR)
    page.goto("/audit/north")
    page.get_by_label("What", exact=True).select_option("publish_plan")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody tr").count() == 1
    assert "Agreed" in page.locator("tbody tr").inner_text()
    page.get_by_label("Why").fill("Yearly review")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.endswith(".csv")
    page.get_by_role("link", name="Go through the whole log").click()
    assert "The log is whole" in page.get_by_role("main").inner_text()
