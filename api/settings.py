"""Where things are and what is secret: read from the environment once, and passed in."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from api.errors import SettingsError
from api.mail.settings import MailSettings, read_mail_settings

__all__ = ["DEMO_SHOWN_ON", "FLOW_S", "DirectorySettings", "Settings", "read_settings"]

DEMO_SHOWN_ON = date(2026, 11, 17)
"""The day that the demonstration is shown on: the day its plan goes out, so that it never ages."""
FLOW_S = 600
"""A sign-in by the directory has to come back within ten minutes."""
PREFIX = "SAFER_CORRIDORS_"
PLACEHOLDERS = ("change", "placeholder", "example", "secret", "password", "default", "insecure")
MIN_SECRET_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """The OpenID Connect directory of a police force or council."""

    issuer: str
    client_id: str
    client_secret: str
    name: str = "your organisation's directory"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the service needs to know; not what changes a plan, which is the area file's."""

    database_url: str
    """``sqlite:///PATH`` or ``postgresql+psycopg://…``."""
    secret: str
    """Signs form tokens and the state of a sign-in; at least 32 characters."""
    base_url: str = "http://127.0.0.1:8000"
    """The address that people type: cookies, links and the check of a form's origin."""
    is_demo: bool = False
    """A fictional borough on this machine: no secret needed, plain HTTP allowed."""
    directory: DirectorySettings | None = None
    session_idle_s: int = 30 * 60
    session_absolute_s: int = 12 * 3600
    max_body_bytes: int = 1_000_000
    max_upload_bytes: int = 200_000_000
    """Of an uploaded file; every other body stays under `max_body_bytes`."""
    keep_incidents_days: int = 365
    """After how many days incident-level rows are erased."""
    max_json_depth: int = 32
    requests_per_s: float = 50.0
    """Sustained requests that one address may make."""
    request_burst: int = 300
    mail: MailSettings | None = None
    """How messages leave; None where none are sent."""
    trusted_proxies: str = ""
    """Addresses whose word about the reader's address is taken, for uvicorn."""

    @property
    def is_secure(self) -> bool:
        """Tell whether cookies are for HTTPS only: always, but for the demo on this machine."""
        return not (self.is_demo and self.base_url.startswith("http://"))

    @property
    def origin(self) -> str:
        """The origin of `base_url`, as browsers write it."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def check(self) -> Settings:
        """Refuse what is not safe to start with.

        Raises
        ------
        SettingsError
            Naming every setting that has to be mended.
        """
        problems = [*_secret_problems(self), *_address_problems(self)]
        if not self.database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
            problems.append(
                f"{PREFIX}DATABASE_URL has to start with sqlite:/// or postgresql+psycopg://."
            )
        if self.directory is not None and not (
            self.directory.issuer.startswith("https://") or _is_loopback(self.directory.issuer)
        ):
            problems.append(f"{PREFIX}OIDC_ISSUER has to be an https address.")
        if problems:
            raise SettingsError("\n".join(problems))
        return self


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from the environment.

    Parameters
    ----------
    environ
        ``os.environ``, given by the edge. Names start with ``SAFER_CORRIDORS_``.

    Raises
    ------
    SettingsError
        Naming every setting that has to be mended, never its content.
    """

    def get(name: str, otherwise: str = "") -> str:
        return environ.get(PREFIX + name, otherwise).strip()

    is_demo = get("DEMO") in {"1", "true", "yes"}
    return Settings(
        database_url=_database_url(get("DATABASE_URL", "sqlite:///safer-corridors.sqlite")),
        secret=get("SECRET"),
        base_url=get("BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        is_demo=is_demo,
        directory=_directory(get("OIDC_ISSUER"), get("OIDC_CLIENT_ID"), environ),
        requests_per_s=_number(get("REQUESTS_PER_S", "50"), "REQUESTS_PER_S"),
        max_upload_bytes=_whole(get("MAX_UPLOAD_BYTES", "200000000"), "MAX_UPLOAD_BYTES", 2**30),
        keep_incidents_days=_whole(get("KEEP_INCIDENTS_DAYS", "365"), "KEEP_INCIDENTS_DAYS", 3650),
        mail=read_mail_settings(get, is_demo=is_demo, prefix=PREFIX),
        trusted_proxies=get("TRUSTED_PROXIES"),
    ).check()


def _database_url(url: str) -> str:
    """Name the driver where the usual short form leaves it out."""
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _directory(issuer: str, client_id: str, environ: Mapping[str, str]) -> DirectorySettings | None:
    if not issuer and not client_id:
        return None
    client_secret = environ.get(PREFIX + "OIDC_CLIENT_SECRET", "").strip()
    if not (issuer and client_id and client_secret):
        raise SettingsError(
            f"A directory needs {PREFIX}OIDC_ISSUER, {PREFIX}OIDC_CLIENT_ID and "
            f"{PREFIX}OIDC_CLIENT_SECRET, all three."
        )
    name = environ.get(PREFIX + "OIDC_NAME", "").strip() or "your organisation's directory"
    return DirectorySettings(issuer.rstrip("/"), client_id, client_secret, name)


def _number(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise SettingsError(f"{PREFIX}{name} has to be a number above 0.")
    return number


def _whole(text: str, name: str, most: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    if not 1 <= number <= most:
        raise SettingsError(f"{PREFIX}{name} has to be a whole number from 1 to {most}.")
    return number


def _secret_problems(settings: Settings) -> list[str]:
    secret = settings.secret
    if settings.is_demo and not secret:
        return []  # the demo makes one up when it starts
    mend = 'Set it to what `python -c "import secrets; print(secrets.token_urlsafe(48))"` prints.'
    if not secret:
        return [f"{PREFIX}SECRET is missing. {mend}"]
    if len(secret) < MIN_SECRET_CHARACTERS or len(set(secret)) < 12:
        return [f"{PREFIX}SECRET is too short or too plain. {mend}"]
    if any(word in secret.lower() for word in PLACEHOLDERS):
        return [f"{PREFIX}SECRET looks like a placeholder. {mend}"]
    return []


def _address_problems(settings: Settings) -> list[str]:
    parts = urlsplit(settings.base_url)
    if parts.scheme == "https" and parts.netloc:
        return []
    if parts.scheme == "http" and _is_loopback(settings.base_url) and settings.is_demo:
        return []
    what = "has to be an https address: passwords and sessions travel over it."
    mend = f"On this machine alone, {PREFIX}DEMO=1 allows http://127.0.0.1."
    return [f"{PREFIX}BASE_URL {what} {mend}"]


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
