"""The service refuses to start unsafely; and what is done from its own machine."""

from __future__ import annotations

import io
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

import pytest

from api.admin import main
from api.app import create_app
from api.errors import SettingsError
from api.settings import DEMO_SHOWN_ON, Settings, read_settings
from api.store import Store
from corridors.demo import DEMO_ISSUED_ON
from tests.api.conftest import PASSWORD, SECRET, TEST_SETTINGS, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import MakeWorld

GOOD = {"SECRET": SECRET, "BASE_URL": "https://corridors.test"}


def read(**given: str) -> Settings:
    return read_settings({f"SAFER_CORRIDORS_{name}": value for name, value in given.items()})


@pytest.mark.parametrize(
    "secret",
    ["", "tiny", "a" * 64, "changeme-changeme-changeme-changeme",
     "this-is-a-placeholder-for-the-real-one",
     "your-secret-key-goes-here-please-0123", "insecure-0123456789-abcdefghijklmnop"],
)  # fmt: skip
def test_a_missing_or_placeholder_secret_stops_it(secret: str) -> None:
    with pytest.raises(SettingsError, match="SAFER_CORRIDORS_SECRET") as caught:
        read(SECRET=secret, BASE_URL="https://corridors.test")
    assert not secret or secret not in str(caught.value)
    with pytest.raises(SettingsError):
        create_app(Settings("sqlite:///x", secret, "https://corridors.test"))


@pytest.mark.parametrize(
    "given",
    [
        {"BASE_URL": "http://corridors.test"},
        {"BASE_URL": "http://127.0.0.1:8000"},
        {"BASE_URL": "http://corridors.test", "DEMO": "1"},
        {"BASE_URL": "corridors.test"},
        {"DATABASE_URL": "mysql://x"},
        {"OIDC_ISSUER": "https://d.test"},
        {"OIDC_ISSUER": "http://d.test", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"},
        {"REQUESTS_PER_S": "0"},
        {"REQUESTS_PER_S": "many"},
        {"KEEP_INCIDENTS_DAYS": "0"},
        {"KEEP_INCIDENTS_DAYS": "for ever"},
        {"KEEP_INCIDENTS_DAYS": "3651"},
        {"MAX_UPLOAD_BYTES": "-1"},
        {"MAX_UPLOAD_BYTES": "2e9"},
    ],
)
def test_what_is_not_safe_stops_it(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="SAFER_CORRIDORS_"):
        read(**{**GOOD, **given})


def test_a_demonstration_on_this_machine_needs_nothing() -> None:
    settings = read(DEMO="1")
    assert not settings.is_secure
    services = create_app(settings).state.services
    assert len(services.settings.secret) >= 48
    assert create_app(settings).state.services.settings.secret != services.settings.secret


def test_good_settings_are_read_once_and_stay() -> None:
    settings = read(**GOOD, DATABASE_URL="postgres://u@h/d", OIDC_ISSUER="https://d.test/",
                    OIDC_CLIENT_ID="a", OIDC_CLIENT_SECRET="b")  # noqa: S106  # fmt: skip
    assert settings.database_url == "postgresql+psycopg://u@h/d"
    assert settings.directory is not None
    assert settings.directory.issuer == "https://d.test"
    assert settings.is_secure
    with pytest.raises(FrozenInstanceError):
        settings.secret = "x"  # type: ignore[misc]  # noqa: S105


def test_the_demonstration_is_shown_on_the_day_its_plan_goes_out() -> None:
    assert DEMO_SHOWN_ON == DEMO_ISSUED_ON


def test_making_the_service_opens_no_database(tmp_path: Path) -> None:
    path = tmp_path / "none" / "store.sqlite"
    create_app(TEST_SETTINGS.__class__(f"sqlite:///{path}", SECRET, "https://corridors.test"))
    assert not path.parent.exists()


# --- from its own machine


def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: str,
    *words: str,
    typed: str = "",
) -> tuple[int, str]:
    for name, value in {**GOOD, "DATABASE_URL": url}.items():
        monkeypatch.setenv(f"SAFER_CORRIDORS_{name}", value)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(SystemExit) as stopped:
        main(words)
    return int(stopped.value.code or 0), capsys.readouterr().err


def test_the_first_administrator_on_an_empty_database(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make_world: MakeWorld,
) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    who = [
        "create-administrator",
        "--email",
        "Ann@Example.org",
        "--area",
        "north",
        "--organisation",
        "North",
    ]
    code, told = run(monkeypatch, capsys, url, *who, typed="easy\n")
    assert (code, "too short" in told) == (2, True)
    code, told = run(monkeypatch, capsys, url, *who, typed=f"{PASSWORD}\n")
    assert (code, told) == (0, "Account 1: administrator in north.\n")
    visitor = make_world(url).visitor()
    assert sign_in(visitor, "ann@example.org").status_code == 303
    assert visitor.get("/api/v1/me").json()["roles"] == {"north": ["administrator"]}
    assert visitor.get("/api/v1/areas/north/keys").status_code == 200
    code, told = run(monkeypatch, capsys, url, *who, typed="another kettle heron\n")
    assert code == 0
    assert visitor.get("/api/v1/me").status_code == 401, "a new password ends every session"


def test_load_publish_and_look_through_the_log(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    small_folder: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    # the demonstration has a day of its own, on which the week is still to come
    monkeypatch.setenv("SAFER_CORRIDORS_DEMO", "1")
    load = ["load", str(small_folder), "--area", "north", "--organisation", "North"]
    code, told = run(monkeypatch, capsys, url, *load)
    assert (code, "Kept as plan:north/2026-11-23/1, agreed." in told) == (0, True)
    code, told = run(monkeypatch, capsys, url, "publish", "--area", "north", "--reason", "Agreed")
    assert (code, told) == (0, "Published plan:north/2026-11-23/1.\n")
    code, told = run(monkeypatch, capsys, url, "verify-log")
    assert (code, told.startswith("The log is whole: 2 entries.")) == (0, True)
    store = Store(url)
    with store._writing.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        connection.exec_driver_sql("UPDATE audit_entry SET reason = 'x' WHERE entry_id = 2")
    store.close()
    code, told = run(monkeypatch, capsys, url, "verify-log")
    assert (code, told) == (1, "The log is broken at entry 2: entry 2 is not as it was written.\n")
    code, told = run(
        monkeypatch, capsys, url, "load", str(tmp_path), "--area", "north", "--organisation", "N"
    )
    assert (code, "This folder holds no whole plan." in told) == (2, True)
    code, told = run(
        monkeypatch, capsys, url, "load", str(small_folder), "--area", "../x", "--organisation", "N"
    )
    assert (code, "small letters, digits and hyphens" in told) == (2, True)
