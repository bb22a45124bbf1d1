"""One week as people live it: a real service with its worker, in a real browser.

An analyst brings a force's export with unknown columns, names them and plans; a planner changes a
corridor; a youth organisation says that it does not walk beside police; everybody agrees; the
approver publishes; a parent on a phone reads the notice, follows the calendar and asks for e-mail;
a patrol is cancelled and the parent learns of it; the auditor sees it all. Nothing else is started
than what `make serve` starts.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, Page, expect, sync_playwright

from corridors.demo import demo_area_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

WEEK = "2026-11-23"
TEAM, PARTNER = "/team/haverness", "/partner/haverness"
SCHOOL = "/areas/haverness/schools/H002"
PATIENCE_MS = 180_000  # for a plan on a machine that has much else to do
COLUMNS = {
    "Crime Number": "Ref",
    "Committed From Date": "Start Day",
    "Committed From Time": "Start Clock",
    "Committed To Date": "End Day",
    "Committed To Time": "End Clock",
    "Offence Group": "Class",
    "Recorded As": "What",
    "How Reported": "Came By",
    "Easting": "Grid E",
    "Northing": "Grid N",
}
MEANT = {
    "map_id": "Ref",
    "map_from": "Start Day",
    "map_from_time": "Start Clock",
    "map_to": "End Day",
    "map_to_time": "End Clock",
    "map_category": "What",
    "map_origin": "Came By",
    "map_easting": "Grid E",
    "map_northing": "Grid N",
}


@dataclass(frozen=True)
class Serving:
    """A service that runs."""

    base: str
    password: str
    mail: Path


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Start the demonstration as its own processes: the service, and the worker beside it."""
    folder = tmp_path_factory.mktemp("service")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environ = {
        **os.environ,
        "SAFER_CORRIDORS_DEMO": "1",
        "SAFER_CORRIDORS_DATABASE_URL": f"sqlite:///{folder / 'service.sqlite'}",
        "SAFER_CORRIDORS_MAIL_FOLDER": str(folder / "mail"),
    }
    told = folder / "told.txt"
    with told.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.admin", "serve", "--port", str(port)],
            env=environ, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait_until_up(base, process, told)
        found = re.search(r"Their password, told this once: (\S+)", told.read_text())
        assert found is not None, told.read_text()
        yield Serving(base, found[1], folder / "mail")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, told.read_text()
    assert "Traceback" not in told.read_text()


def _wait_until_up(base: str, process: subprocess.Popen[bytes], told: Path) -> None:
    for _ in range(900):
        assert process.poll() is None, told.read_text()
        try:
            if httpx2.get(f"{base}/health").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.2)
    raise AssertionError(told.read_text())


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


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, browser: Browser, serving: Serving, **context: Any) -> None:
        self.noted: list[str] = []
        made = browser.new_context(base_url=serving.base, **context)
        self.page: Page = made.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.noted.append(str(error)))
        self.page.on("request", lambda one: self._note_other_sites(one.url, serving.base))

    def _note_other_sites(self, url: str, base: str) -> None:
        if not url.startswith((base, "data:", "blob:")):
            self.noted.append(url)

    def sign_in(self, who: str, serving: Serving) -> Person:
        self.page.goto("/sign-in")
        self.page.get_by_label("Email").fill(f"{who}@haverness.example")
        self.page.get_by_label("Password").fill(serving.password)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("link", name="Your account")).to_be_visible()
        return self

    def press(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()

    def wait_for_plan(self) -> int:
        """Wait at a job until the plan is made; give its version."""
        link = self.page.get_by_role("main").get_by_role("link", name="See the plan")
        link.wait_for(timeout=PATIENCE_MS)
        link.click()
        found = re.search(rf"/plans/{WEEK}/(\d+)", self.page.url)
        assert found is not None, self.page.url
        return int(found[1])


def as_text(page: Page) -> str:
    return page.get_by_role("main").inner_text()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Give the borough's incidents as another force would write them."""
    with (demo_area_file().parent / "incidents.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    path = tmp_path / "export of October.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[COLUMNS[name] for name in header], *rows])
    return path


def test_a_week(chromium: Browser, serving: Serving, export: Path) -> None:
    people = {
        who: Person(chromium, serving).sign_in(who, serving)
        for who in ("analyst", "planner", "approver", "partner", "auditor")
    }
    take_an_export_into_use(people["analyst"].page, export)
    planned = plan(people["analyst"])
    changed = forbid_a_street(people["planner"], planned)
    refused = refuse_to_walk_beside_police(people["partner"], people["planner"], changed)
    agreed = ask_and_agree(chromium, serving, people["planner"], refused)
    parent = Person(chromium, serving, viewport={"width": 390, "height": 844}, is_mobile=True)
    before = read_the_feed(parent.page, serving)
    publish(people["approver"], agreed)
    follow_as_a_parent(parent.page, serving)
    told = read_the_feed(parent.page, serving)
    assert told != before
    cancel_a_patrol(people["approver"], agreed)
    learn_of_it(parent.page, serving, told)
    read_the_log(people["auditor"].page)
    for name, one in {**people, "parent": parent}.items():
        assert one.noted == [], name


def take_an_export_into_use(page: Page, export: Path) -> None:
    page.goto(f"{TEAM}/uploads/new")
    page.get_by_label("File", exact=True).set_input_files(export)
    page.get_by_role("main").get_by_role("button", name="Send it").click()
    page.get_by_role("link", name="See what was read").click(timeout=PATIENCE_MS)
    here = page.url
    for name, column in MEANT.items():
        page.locator(f"select[name={name}]").select_option(column)
    page.locator("select[name=place_precision]").select_option(label="Exact")
    page.get_by_label("It takes the place of incidents.csv").check()
    page.get_by_role("button", name="Read it with these columns").click()
    page.get_by_role("link", name="See what was read").click(timeout=PATIENCE_MS)
    assert page.url == here
    told = as_text(page)
    assert "4,111 rows in = 4,083 used + 28 set aside" in told
    assert "The row has no position" in told
    for cell in ("HV/25/007000", "619574"):
        assert cell not in page.content()
    page.get_by_label("Name", exact=True).fill("Haverness force, 2026")
    page.get_by_role("button", name="Save the mapping").click()
    expect(page.get_by_text("The mapping was saved.")).to_be_visible()
    page.get_by_label("Why is it taken?").fill("The force's new export.")
    page.get_by_role("button", name="Take it into use").click()
    expect(page.get_by_text("The file is in use.")).to_be_visible()


def plan(analyst: Person) -> int:
    page = analyst.page
    page.goto(TEAM)
    page.get_by_label("Week", exact=True).select_option(WEEK)
    page.get_by_label("Why is it made now?").fill("New incidents.")
    analyst.press("Make the plan")
    version = analyst.wait_for_plan()
    assert version == 3
    assert "St Osyth's Catholic School" in as_text(page)
    return version


def forbid_a_street(planner: Person, version: int) -> int:
    page = planner.page
    page.goto(f"{TEAM}/plans/{WEEK}/{version}")
    assert "Foxglove Street" in as_text(page)
    page.goto(f"{TEAM}/changes/new/edit?school=H001")
    page.get_by_label("Keep off some streets").check()
    page.get_by_label("Foxglove Street", exact=True).check()
    page.get_by_label("Why?", exact=True).fill("Closed for works until spring.")
    planner.press("Keep the change")
    expect(page.get_by_text("Closed for works until spring.").first).to_be_visible()
    page.get_by_label("Why is it made again?").fill("A street is closed.")
    planner.press("Make the plan again")
    changed = planner.wait_for_plan()
    assert changed == version + 1
    corridor = as_text(page)
    assert "Closed for works until spring." in corridor
    notice = page.request.get(f"/api/v1/areas/haverness/plans/{WEEK}/{changed}").json()
    first = next(one for one in notice["corridors"] if "H001" in one["school_ids"])
    assert "Foxglove Street" not in first["streets"]
    assert first["edits"][0]["need_cost"] >= 0
    return changed


def refuse_to_walk_beside_police(partner: Person, planner: Person, version: int) -> int:
    page = partner.page

    def beside_police(version: int) -> set[str]:
        made = planner.page.request.get(f"/api/v1/areas/haverness/plans/{WEEK}/{version}").json()
        return {
            post["organisation"]
            for patrol in made["patrols"]
            if any(post["police"] for post in patrol["posts"])
            for post in patrol["posts"]
        }

    assert "Lantern Youth Project" in beside_police(version)
    page.goto(f"{PARTNER}/posts")
    page.get_by_label("Which of your posts").select_option(label="All our posts")
    page.get_by_label("Not beside").check()
    page.get_by_label("Police, whatever their role").check()
    page.get_by_label("Why, if you want to say").fill("Young people stop talking to us.")
    partner.press("Say this")
    expect(page.get_by_text("All our posts do not walk beside police.").first).to_be_visible()
    refused = version + 1
    made = planner.page.get_by_role("link", name=re.compile(f"version {refused}", re.IGNORECASE))
    for _ in range(PATIENCE_MS // 500):
        if made.count():
            break
        planner.page.wait_for_timeout(500)
        planner.page.goto(f"{TEAM}/plans")
    assert "Lantern Youth Project" not in beside_police(refused)
    return refused


def ask_and_agree(chromium: Browser, serving: Serving, planner: Person, version: int) -> int:
    """Let every party agree to what it has not agreed to yet; the plan is then agreed."""
    page = planner.page
    page.goto(f"{TEAM}/plans/{WEEK}/{version}")
    ask = page.get_by_role("main").get_by_role("link", name="Ask for agreement")
    if ask.count():
        ask.click()
        planner.press("Ask for agreement")
    for who in ("partner", "partner-council", "partner-nhs", "partner-police"):
        person = Person(chromium, serving).sign_in(who, serving)
        person.page.goto(f"{PARTNER}/plans/{WEEK}/{version}")
        hrefs = {
            str(link.get_attribute("href"))
            for link in person.page.locator("main a[href*='/protocols/']").all()
        }
        for href in sorted(hrefs):
            person.page.goto(href)
            if "You agree" not in as_text(person.page):
                person.page.get_by_label("We agree").check()
                person.press("Send your answer")
    heads: list[dict[str, Any]] = []
    for _ in range(PATIENCE_MS // 500):
        heads = page.request.get("/api/v1/areas/haverness/plans").json()
        newest = max(one["version"] for one in heads)
        if next(one for one in heads if one["version"] == newest)["status"] == "agreed":
            return int(newest)
        page.wait_for_timeout(500)
    raise AssertionError(heads)


def publish(approver: Person, version: int) -> None:
    page = approver.page
    page.goto(f"{TEAM}/plans/{WEEK}/{version}")
    page.get_by_role("main").get_by_role("link", name="Publish", exact=True).click()
    page.get_by_label("Why is it published now?").fill("Everybody agreed.")
    approver.press("Publish")
    page.goto(f"{TEAM}/plans/{WEEK}/{version}")
    assert "Published" in as_text(page)


def read_the_feed(page: Page, serving: Serving) -> dict[str, tuple[str, int]]:
    """Give status and sequence of every event, by its identifier, as a phone reads them."""
    page.goto("/")
    page.get_by_role("link", name="Haverness (fictional)").click()
    page.get_by_role("link", name="St Osyth's Catholic School").first.click()
    assert page.url == serving.base + SCHOOL
    href = page.locator("main a[href*='calendar.ics']").first.get_attribute("href")
    assert href is not None
    answer = page.request.get(re.sub(r"^webcal:", "http:", href))
    assert answer.ok
    return {
        str(event["UID"]): (str(event.get("STATUS", "CONFIRMED")), int(event.get("SEQUENCE", 0)))
        for event in Calendar.from_ical(answer.body()).walk("VEVENT")
    }


def follow_as_a_parent(page: Page, serving: Serving) -> None:
    page.goto(SCHOOL)
    told = as_text(page)
    for words in ("Who will be there", "Why", "Tuesday 24 November"):
        assert words in told
    assert "VO-0" not in told, "no post is named outside"
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, "nothing is cut off on a phone"
    page.get_by_role("link", name=re.compile("e-?mail", re.IGNORECASE)).first.click()
    page.get_by_label(re.compile("e-?mail", re.IGNORECASE)).fill("parent@home.example")
    page.get_by_role("main").get_by_role("button").first.click()
    link = find_link(serving, "parent@home.example", "/confirm")
    page.goto(link)
    page.get_by_role("main").get_by_role("button").first.click()


def find_link(serving: Serving, to: str, part: str) -> str:
    """Wait for the message to an address, and give the link in it."""
    for _ in range(PATIENCE_MS // 500):
        for path in sorted(serving.mail.glob("*.eml"), reverse=True):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            if to in str(message["To"]) and body is not None:
                found = re.search(rf"{re.escape(serving.base)}\S*{part}\S*", body.get_content())
                if found is not None:
                    return found[0]
        time.sleep(0.5)
    raise AssertionError(list(serving.mail.glob("*")))


def cancel_a_patrol(approver: Person, version: int) -> None:
    page = approver.page
    page.goto(f"{TEAM}/plans/{WEEK}/{version}/patrols/corridor-H002-2026-11-24/cancel")
    page.get_by_label("Why is it cancelled?").fill("A training day.")
    approver.press("Cancel this patrol")
    assert approver.wait_for_plan() == version + 1
    assert "Published" in as_text(page)


def learn_of_it(page: Page, serving: Serving, told: dict[str, tuple[str, int]]) -> None:
    now = read_the_feed(page, serving)
    assert set(now) == set(told)
    gone = {uid for uid, (status, _) in now.items() if status == "CANCELLED"}
    gone -= {uid for uid, (status, _) in told.items() if status == "CANCELLED"}
    assert len(gone) == 1
    assert all(now[uid][1] > told[uid][1] for uid in gone)
    page.reload()  # a browser may keep a public page for a minute
    notice = as_text(page)
    assert "Cancelled" in notice
    assert "Tuesday 24 November" in notice.split("Cancelled")[1]
    bodies: list[str] = []
    for _ in range(PATIENCE_MS // 500):
        bodies = [path.read_text() for path in serving.mail.glob("*.eml")]
        if any("parent@home.example" in one and "ancelled" in one for one in bodies):
            return
        page.wait_for_timeout(500)
    raise AssertionError(bodies)


def read_the_log(page: Page) -> None:
    page.goto("/audit/haverness")
    told = as_text(page)
    for reason in ("Everybody agreed.", "A training day."):
        assert reason in told
    actions = page.content()
    for action in ("publish_plan", "cancel_patrol", "add_plan"):
        assert action in actions, action
