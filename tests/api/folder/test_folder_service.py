"""The service: what it shows is what was released, byte for byte, and nothing else can be named."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from api.folder import released_folder
from corridors import __version__
from corridors.__main__ import main
from tests.api.folder.conftest import asking

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.folder.conftest import Ask

PAGES = {
    "/map": ("public/map.html", "text/html; charset=utf-8"),
    "/notices/H001": ("public/notices/H001.html", "text/html; charset=utf-8"),
    "/notices/H006": ("public/notices/H006.html", "text/html; charset=utf-8"),
    "/notices/H001.ics": ("public/notices/H001.ics", "text/calendar; charset=utf-8"),
    "/api/v1/corridors": ("public/corridors.geojson", "application/geo+json"),
}


@pytest.mark.parametrize("path", PAGES)
def test_a_released_file_is_given_as_it_is(ask: Ask, demo_folder: Path, path: str) -> None:
    name, kind = PAGES[path]
    answer = ask(path)
    assert answer.status_code == 200
    assert answer.content == (demo_folder / name).read_bytes()
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("path", PAGES)
def test_what_the_reader_has_is_not_sent_again(ask: Ask, path: str) -> None:
    tag = ask(path).headers["etag"]
    assert tag.startswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = ask(path, if_none_match=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert ask(path, if_none_match='"other"').status_code == 200


def test_the_tag_changes_with_the_file(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(demo_folder, folder)
    ask = asking(folder)
    tag = ask("/map").headers["etag"]
    page = folder / "public" / "map.html"
    page.write_text(page.read_text() + "<!-- next week -->")
    answer = ask("/map", if_none_match=tag)
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


def test_the_start_page_lists_every_school(ask: Ask, demo_folder: Path) -> None:
    answer = ask("/")
    assert answer.status_code == 200
    plan = json.loads((demo_folder / "internal" / "plan.json").read_text())
    for school in plan["schools"]:
        assert f'href="/notices/{school["school_id"]}.html"' in answer.text
        assert school["name"].replace("'", "&#39;") in answer.text
    assert f"{len(plan['corridors'])} corridors this week" in answer.text
    assert "<script" not in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/map", "/notices/H001", "/healthz", "/api/v1/corridors", "/nothing"]
)
def test_headers_that_protect_the_reader(ask: Ask, path: str) -> None:
    headers = ask(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_health(ask: Ask) -> None:
    answer = ask("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["version"] == __version__
    assert answer.headers["cache-control"] == "no-store"


def test_the_interface_is_described(ask: Ask) -> None:
    described = ask("/api/v1/openapi.json").json()
    assert set(described["paths"]) == {"/api/v1/corridors", "/healthz"}
    assert set(described["paths"]["/api/v1/corridors"]["get"]["responses"]) >= {"200", "304", "404"}
    # the stock pages would load scripts from elsewhere
    assert ask("/docs").status_code == ask("/redoc").status_code == 404


def is_problem(answer: object, status: int) -> bool:
    body = answer.json()  # type: ignore[attr-defined]
    assert answer.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    assert body["type"] == "about:blank"
    assert body["title"]
    return bool(answer.status_code == body["status"] == status)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/notices/H999",
        "/notices/H999.ics",
        "/notices/",
        "/internal/plan.json",
        "/public/map.html",
        "/notices/../map.html",
        "/notices/..%2f..%2finternal%2fplan.json",
        "/notices/%2e%2e%2f%2e%2e%2finternal%2freport.json",
        "/notices/..%5c..%5cinternal%5cplan.json",
        "/notices/H001%00",
        "/notices/H001/../../../internal/plan.json",
        "/notices//etc/passwd",
        "/notices/%2fetc%2fpasswd",
        "/notices/H001.htm",
        "/notices/h001",
        "/map/../internal/map.html",
        "/%2e%2e/internal/map.html",
        "/notices/" + "A" * 5000,
    ],
)
def test_nothing_else_can_be_named(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert is_problem(answer, 404)
    assert "Traceback" not in answer.text
    assert "/tmp" not in answer.text  # noqa: S108 -- no path of ours is told


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/map", "/notices/H001", "/api/v1/corridors"])
def test_it_is_read_only(ask: Ask, path: str, method: str) -> None:
    answer = ask(path, method)
    assert is_problem(answer, 405)
    assert set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD"}


def test_a_link_out_of_the_folder_is_not_followed(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(demo_folder, folder)
    notice = folder / "public" / "notices" / "H001.html"
    notice.unlink()
    notice.symlink_to(folder / "internal" / "plan.json")
    ask = asking(folder)
    assert is_problem(ask("/notices/H001"), 404)
    assert ask("/notices/H002").status_code == 200
    # nor is the folder of notices itself, where it leads elsewhere
    shutil.move(folder / "public" / "notices", tmp_path / "elsewhere")
    (folder / "public" / "notices").symlink_to(tmp_path / "elsewhere")
    assert is_problem(ask("/notices/H002"), 404)


def test_a_listed_name_that_is_a_path_reads_nothing(demo_folder: Path, tmp_path: Path) -> None:
    """Even a list of schools that was tampered with opens nothing outside the public part."""
    folder = tmp_path / "plan"
    shutil.copytree(demo_folder, folder)
    (folder / "internal" / "secret.html").write_text("inside")
    listed = folder / "public" / "schools.json"
    schools = json.loads(listed.read_text())
    schools[0]["file"] = "../../internal/secret"
    listed.write_text(json.dumps(schools))
    ask = asking(folder)
    assert is_problem(ask("/notices/..%2f..%2finternal%2fsecret"), 404)


def test_an_empty_folder(tmp_path: Path) -> None:
    ask = asking(tmp_path)
    health = ask("/healthz")
    assert health.status_code == 503
    assert health.json()["status"] == "no plan"
    for path in ("/", "/map", "/notices/H001", "/api/v1/corridors"):
        assert is_problem(ask(path), 404)


def test_a_plan_that_is_replaced_is_served_at_once(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    ask = asking(folder)
    assert ask("/healthz").status_code == 503
    shutil.copytree(demo_folder, folder)
    assert ask("/healthz").status_code == 200
    assert ask("/").status_code == 200


def test_a_fault_of_ours_tells_nothing(
    ask: Ask, demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(str(demo_folder))

    monkeypatch.setattr(released_folder.ReleasedFolder, "read", fail)
    answer = ask("/map")
    assert is_problem(answer, 500)
    assert str(demo_folder) not in answer.text


def test_the_service_opens_the_public_part_only(ask: Ask, demo_folder: Path) -> None:
    """Whatever is asked, no file outside the public part is opened."""
    opened: list[str] = []
    is_watching = True

    def watch(event: str, what: tuple[object, ...]) -> None:
        # such a hook stays for as long as the process
        if is_watching and event == "open" and str(what[0]).startswith(str(demo_folder)):
            opened.append(str(what[0]))

    sys.addaudithook(watch)
    for path in ("/", *PAGES, "/healthz", "/notices/..%2f..%2finternal%2fplan"):
        ask(path)
    is_watching = False
    assert opened
    assert all(name.startswith(str(demo_folder / "public")) for name in opened)


def serve_by_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["corridors", "serve", str(folder), "--port", "8123"])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_serving_a_folder_without_a_plan_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert serve_by_command(folder, monkeypatch) == 2
        told = capsys.readouterr().err
        assert "This folder holds no plan. Make one first: corridors plan" in told


def test_serve_starts_on_this_machine_only(
    demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: dict[str, object] = {}
    monkeypatch.setattr("api.serving.uvicorn.run", lambda _app, **how: started.update(how))
    assert serve_by_command(demo_folder, monkeypatch) == 0
    assert started["host"] == "127.0.0.1"
    assert started["port"] == 8123
    assert started["server_header"] is False
