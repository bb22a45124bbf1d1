"""A headless Chromium that notes every request, message and dialog of a page."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    OpenPage = Callable[..., AbstractContextManager["Opened"]]


@dataclass
class Opened:
    """A page that was opened, and everything that it did."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the machine's own Chromium, or skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no system Chromium")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if is_root else []
        )
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> OpenPage:
    """Give a function that opens HTML as a file, in a browser without network."""

    @contextmanager
    def opened(
        html: str, *, width: int = 1280, height: int = 860, javascript: bool = True
    ) -> Iterator[Opened]:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=javascript
        )
        record = Opened(context.new_page(), path.as_uri())
        page = record.page
        page.on("request", lambda request: record.requests.append(request.url))
        page.on("console", lambda message: record.messages.append(message.text))
        page.on("pageerror", lambda error: record.messages.append(str(error)))

        def dismiss(dialog: object) -> None:
            record.dialogs.append(dialog.message)  # type: ignore[attr-defined]
            dialog.dismiss()  # type: ignore[attr-defined]

        page.on("dialog", dismiss)
        page.goto(record.url)
        if javascript and "map-data" in html:
            page.wait_for_function("document.documentElement.dataset.map === 'drawn'")
            page.wait_for_timeout(200)
        yield record
        context.close()

    return opened
