"""The demo's own pages in a real browser, and served by a real server."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import uvicorn

from api.folder.app import create_folder_app
from api.folder.settings import FolderSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

DEADLINE_S = 30


@pytest.fixture(scope="module")
def served(demo_folder: Path) -> Iterator[str]:
    """Serve the demo on a port that is free, and give its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_folder_app(FolderSettings(folder=demo_folder))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    given_up_at = time.monotonic() + DEADLINE_S
    while not server.started:
        assert time.monotonic() < given_up_at
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(DEADLINE_S)
    listening.close()


def names_of(demo_folder: Path) -> list[str]:
    plan = json.loads((demo_folder / "internal" / "plan.json").read_text(encoding="utf-8"))
    return [str(school["name"]) for school in plan["schools"]]


@pytest.mark.parametrize("name", ["public/map.html", "internal/map.html"])
def test_a_map_asks_nobody(open_page: OpenPage, demo_folder: Path, name: str) -> None:
    with open_page((demo_folder / name).read_text(encoding="utf-8")) as opened:
        assert opened.requests == [opened.url]
        assert opened.messages == []
        assert opened.dialogs == []
        # it draws: canvases that are not blank
        drawn = opened.page.evaluate(
            """() => [...document.querySelectorAll("canvas")].map((canvas) => {
                const c = canvas.getContext("2d");
                return c.getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0);
            })"""
        )
        assert any(drawn)


def test_the_list_is_there_without_javascript(open_page: OpenPage, demo_folder: Path) -> None:
    html = (demo_folder / "public" / "map.html").read_text(encoding="utf-8")
    with open_page(html, javascript=False) as opened:
        text = opened.page.inner_text("body")
        for name in names_of(demo_folder):
            assert name in text
        plan = json.loads((demo_folder / "internal" / "plan.json").read_text(encoding="utf-8"))
        for corridor in plan["corridors"]:
            assert corridor["streets"][0] in text
        assert opened.requests == [opened.url]


@pytest.mark.parametrize("width", [360, 1280])
def test_a_notice_of_the_demo_fits(open_page: OpenPage, demo_folder: Path, width: int) -> None:
    for path in sorted((demo_folder / "public" / "notices").glob("*.html")):
        with open_page(path.read_text(encoding="utf-8"), width=width) as opened:
            assert opened.requests == [opened.url]
            assert opened.messages == []
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_somebody_finds_the_map_and_a_notice(
    browser: Browser, served: str, demo_folder: Path
) -> None:
    """From the start page by clicks; whatever is asked for, it is asked of the server itself."""
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(served)
    names = names_of(demo_folder)
    for name in names:
        assert page.get_by_role("link", name=name, exact=True).is_visible()
    page.get_by_role("link", name="See the map and the list").click()
    page.wait_for_function("document.documentElement.dataset.map === 'drawn'")
    assert page.locator(".leaflet-container").count() == 1
    page.go_back()
    page.get_by_role("link", name=names[0], exact=True).click()
    assert names[0] in page.inner_text("body")
    with page.expect_download() as download:
        page.evaluate("location.href = '/notices/H001.ics'")
    assert download.value.path().read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert told == []
    hosts = {urlsplit(url).netloc for url in asked}
    assert hosts == {urlsplit(served).netloc}
    paths = {urlsplit(url).path for url in asked}
    assert paths <= {"/", "/map", "/notices/H001.html", "/notices/H001.ics", "/favicon.ico"}
    context.close()
