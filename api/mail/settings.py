"""How messages leave: by a mail server over TLS; in a demonstration into a folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from api.errors import SettingsError

__all__ = ["EMAIL", "MailServer", "MailSettings", "read_mail_settings"]

EMAIL = re.compile(
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{1,62}$"
)
"""What an address looks like that every mail server takes."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server that takes messages from us."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls_at_once: bool = False
    """TLS from the first byte (``smtps://``); otherwise by STARTTLS."""

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is on this machine, where no network has to be trusted."""
        return self.host in _LOOPBACK


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where messages go, and whose they are."""

    sender: str
    server: MailServer | None = None
    folder: Path | None = None
    """Where there is no server: each message becomes a file here. For a demonstration only."""


def read_mail_settings(
    get: Callable[[str], str], *, is_demo: bool, prefix: str
) -> MailSettings | None:
    """Read the settings of mail; None where no mail is sent.

    Parameters
    ----------
    get
        Gives a setting by its name without the prefix, empty where it is not there.
    is_demo
        Without a server a demonstration writes files.
    prefix
        Of the names, for what is told.

    Raises
    ------
    SettingsError
        Naming what has to be mended.
    """
    url, sender = get("SMTP_URL"), get("MAIL_FROM")
    if not url:
        if not is_demo:
            return None
        folder = Path(get("MAIL_FOLDER") or "safer-corridors-mail")
        return MailSettings(sender or "patrols@demonstration.example", folder=folder)
    if not EMAIL.match(sender):
        raise SettingsError(f"{prefix}SMTP_URL needs {prefix}MAIL_FROM, an email address.")
    return MailSettings(sender, _server(url, f"{prefix}SMTP_URL"))


def _server(url: str, name: str) -> MailServer:
    mend = f"{name} has to be smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(mend) from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingsError(mend)
    is_tls_at_once = parts.scheme == "smtps"
    return MailServer(
        parts.hostname,
        port or (465 if is_tls_at_once else 587),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        is_tls_at_once,
    )
