"""How fluid the team's map is with 25,000 segments: times between frames while it is dragged.

Run: ``python -m benchmarks.map_frames [--side 116] [--shot FILE.png]``

A generated borough is kept as a plan, served, and dragged and zoomed by a mouse in Chromium. A
screen shows a frame each 16.7 ms; what is told is how far the times between frames stay from it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import shapely
import uvicorn
from playwright.sync_api import Page, sync_playwright

from api.app import create_app
from api.passwords import Passwords
from api.rights import Role
from api.settings import Settings
from api.store import Store
from api.store.plans import NewPlan
from api.store.records import Actor, Area, Feature
from api.store.types import canonical_json
from benchmarks.borough import CRS, make_borough
from corridors.demo import DEMO_WEEK

PASSWORD = "heron kettle Tuesday"  # noqa: S105 -- of a store that lives for a minute
_WATCH = """() => {
  window.frames_at = [];
  const note = (at) => {
    window.frames_at.push(at);
    window.watching = requestAnimationFrame(note);
  };
  window.watching = requestAnimationFrame(note);
}"""
_STOP = "() => { cancelAnimationFrame(window.watching); return window.frames_at; }"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=116)
    parser.add_argument("--shot", type=Path)
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/store.sqlite"
        n_segments = _fill(url, asked.side)
        listening = socket.create_server(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(Settings(url, "", base, is_demo=True, request_burst=10_000))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        print(f"{n_segments} segments")
        _measure(base, asked.shot)
        server.should_exit = True
        thread.join(10)


def _measure(base: str, shot: Path | None) -> None:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{base}/sign-in")
        page.get_by_label("Email address").fill("ann@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        start = time.perf_counter()
        page.goto(f"{base}/team/borough/plans/{DEMO_WEEK.isoformat()}/1/map")
        page.wait_for_selector("#map[data-drawn]")
        print(f"opened and drawn in {time.perf_counter() - start:.2f} s")
        page.locator("#map").scroll_into_view_if_needed()
        for name, n_wheels in (("whole borough", 0), ("neighbourhood", 1), ("a few streets", 1)):
            for _ in range(n_wheels):
                _at(page)
                page.mouse.wheel(0, -150)
                page.wait_for_timeout(1200)
            if shot:
                page.screenshot(path=shot.with_stem(f"{shot.stem}-{name.split()[-1]}"))
            print(f"dragged, {name:16} {_row(_drag(page))}")
        browser.close()


def _at(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    if box is None:
        raise SystemExit("there is no map")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    return x, y


def _drag(page: Page) -> list[float]:
    """Drag in a circle for some seconds."""
    x, y = _at(page)
    page.mouse.down()
    page.evaluate(_WATCH)
    for step in range(240):
        turn = step / 240 * 4 * np.pi
        page.mouse.move(x + 260 * np.sin(turn), y + 180 * (1 - np.cos(turn)) - 100)
    frames: list[float] = page.evaluate(_STOP)
    page.mouse.up()
    page.wait_for_timeout(600)
    return frames


def _row(frames: list[float]) -> str:
    between = np.diff(frames)
    p50, p95, p99, most = np.percentile(between, [50, 95, 99, 100])
    late = np.mean(between > 33.4) * 100
    return (
        f"p50 {p50:5.1f}  p95 {p95:5.1f}  p99 {p99:5.1f}  max {most:5.1f} ms between "
        f"{between.size} frames, {late:.1f} % later than two frames"
    )


def _fill(url: str, side: int) -> int:
    """Keep a generated borough as a draft, with a person who may see it."""
    network = make_borough(n_side=side, n_incidents=100, n_schools=2).network
    streets = network.segments.set_crs(CRS, allow_override=True).to_crs("EPSG:4326")
    intensity = np.random.default_rng(0).gamma(0.3, 1.0, len(streets))
    intensity[intensity < 0.05] = 0.0
    boxes = shapely.bounds(streets.geometry.to_numpy())
    segments = tuple(
        Feature(
            str(segment_id),
            "",
            canonical_json(
                {
                    "segment_id": str(segment_id),
                    "name": f"Street {n % 900}",
                    "covered": True,
                    "intensity_per_km_day": float(intensity[n]),
                }
            ),
            shapely.to_wkb(streets.geometry.iloc[n]),
            (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        )
        for n, (segment_id, box) in enumerate(zip(streets["segment_id"], boxes, strict=True))
    )
    walked = [one.feature_id for one in segments[5_000:5_020]]
    document = {
        "schools": [{"school_id": "S1", "name": "A school"}],
        "corridors": [
            {
                "corridor_id": "corridor-S1",
                "school_ids": ["S1"],
                "segment_ids": walked,
                "streets": ["Street 1"],
            }
        ],
    }
    store = Store(url)
    store.upgrade()
    with store.writing(Actor("command")) as unit:
        organisation_id = unit.areas.add_organisation("Borough")
        unit.areas.add(Area("borough", organisation_id, "Borough", CRS, "Europe/London"))
        account_id = unit.accounts.add(
            organisation_id=organisation_id,
            email="ann@example.org",
            shown_name="Ann",
            password_hash=Passwords().hash(PASSWORD),
        )
        unit.accounts.grant(account_id, "borough", {Role.PLANNER})
        plan = NewPlan(
            "borough", organisation_id, DEMO_WEEK, "draft", document, (), (), (), (), segments
        )
        unit.plans.add(plan, reason="Benchmark")
    store.close()
    return len(segments)


if __name__ == "__main__":
    main()
