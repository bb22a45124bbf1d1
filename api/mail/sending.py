"""Send what waits: taken under a lease, each once, later again where a server does not take it."""

from __future__ import annotations

import smtplib
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from logging import getLogger
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from api.mail.settings import MailServer
from api.mail.words import ADDRESS
from api.settings import Settings
from api.store import Store
from api.store.message_records import Message
from api.store.messages import GIVE_UP_AFTER
from api.store.records import Actor

__all__ = ["clear_up", "email_of", "send_due"]

_ACTOR = Actor("worker")
_AT_ONCE = 20
_TIMEOUT_S = 30
UNCONFIRMED_DAYS, DONE_DAYS = 7, 60
_POLICY = SMTP.clone(max_line_length=500)  # a link in a header stays on its line
_CLOSING = 421  # the server ends the connection with this answer
# a message that cannot be written as an e-mail, or not for this server, never can be
_UNSENDABLE = (ValueError, LookupError, MessageError, smtplib.SMTPNotSupportedError)
_log = getLogger("api.mail")


class _Way(Protocol):
    def send(self, message: Message, email: EmailMessage) -> None: ...


class _Refused(Exception):  # noqa: N818 -- an answer, not a fault
    """The server says for good that it does not take a message."""


class _Later(Exception):  # noqa: N818 -- an answer, not a fault
    """The server does not take one message for now; it may take the next."""


def send_due(store: Store, settings: Settings, now: datetime) -> int:
    """Send the messages that are due; give how many were sent.

    A message is taken before it is tried, and marked when the server has it. Should this process
    die between the two, it is tried again later under the same Message-ID, by which mail programs
    know a repeat. What one message meets is its own matter: the next is tried all the same. Where
    the connection is lost on the way, those not tried yet are put back as they were; where none
    is made, the attempt counts for all, so that they wait longer each time.
    """
    if settings.mail is None:
        return 0
    with store.writing(_ACTOR) as unit:
        taken = unit.messages.take_due(_AT_ONCE)
    if not taken:
        return 0
    n_sent = 0
    untried = deque(taken)
    try:
        with _way(settings) as way:
            while untried:
                n_sent += _try(store, way, untried.popleft(), settings, now)
    except (OSError, smtplib.SMTPException) as error:
        _log.warning("the mail server does not answer: %s", type(error).__name__)
    n_tried = len(taken) - len(untried)
    if n_tried and untried:
        with store.writing(_ACTOR) as unit:
            unit.messages.put_back(untried)
    _give_up(store, taken[:n_tried] if n_tried else taken)
    return n_sent


def clear_up(store: Store, settings: Settings, now: datetime) -> int:
    """Erase addresses that nobody confirmed; give how many."""
    del settings
    with store.writing(_ACTOR) as unit:
        unit.messages.forget_done(now - timedelta(days=DONE_DAYS))
        return unit.subscriptions.erase_unconfirmed(now - timedelta(days=UNCONFIRMED_DAYS))


def email_of(message: Message, settings: Settings, now: datetime) -> EmailMessage:
    """Write a message as an e-mail."""
    email = EmailMessage(policy=_POLICY)
    sender = settings.mail.sender if settings.mail else ""
    host = urlsplit(settings.base_url).hostname or "localhost"
    email["From"] = f"After-school patrols <{sender}>"
    email["To"] = message.to_email
    email["Subject"] = message.subject
    email["Date"] = format_datetime(now)
    email["Message-ID"] = f"<{message.once_key[:40]}@{host}>"
    email["Auto-Submitted"] = "auto-generated"
    if message.stop_url:
        stop = message.stop_url.replace(ADDRESS, settings.base_url)
        email["List-Unsubscribe"] = f"<{stop}>"
        email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    email.set_content(message.body.replace(ADDRESS, settings.base_url), cte="quoted-printable")
    return email


def _try(store: Store, way: _Way, message: Message, settings: Settings, now: datetime) -> int:
    try:
        way.send(message, email_of(message, settings, now))
        is_sent = True
    except _Later:
        _log.warning("message %d is not taken for now", message.message_id)
        return 0
    except _Refused:
        _log.warning("message %d was refused for good", message.message_id)
        is_sent = False
    except _UNSENDABLE as error:
        # its text may hold the address: only its kind is told
        _log.warning("message %d cannot be sent: %s", message.message_id, type(error).__name__)
        is_sent = False
    with store.writing(_ACTOR) as unit:
        unit.messages.done(message.message_id, is_sent=is_sent)
    return int(is_sent)


def _give_up(store: Store, taken: list[Message]) -> None:
    last = [one.message_id for one in taken if one.n_attempts >= GIVE_UP_AFTER]
    if last:
        with store.writing(_ACTOR) as unit:
            for message_id in last:
                unit.messages.give_up(message_id)


@contextmanager
def _way(settings: Settings) -> Iterator[_Way]:
    mail = settings.mail
    if mail is not None and mail.server is not None:
        with _connect(mail.server) as connection:
            yield _ByServer(connection)
    elif mail is not None and mail.folder is not None:
        mail.folder.mkdir(parents=True, exist_ok=True)
        yield _IntoFolder(mail.folder)


@contextmanager
def _connect(server: MailServer) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    if server.is_tls_at_once:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=_TIMEOUT_S, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
    with connection:
        # only on this machine may messages travel unencrypted; elsewhere no TLS is an error
        if not server.is_tls_at_once and not server.is_loopback:
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
        yield connection


class _ByServer:
    def __init__(self, connection: smtplib.SMTP) -> None:
        self._connection = connection

    def send(self, message: Message, email: EmailMessage) -> None:
        """Hand a message over; an answer about it alone does not end the connection."""
        try:
            self._connection.send_message(email, to_addrs=[message.to_email])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _meant_by(codes[0] if codes else 500) from None
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            raise _meant_by(error.smtp_code) from None


def _meant_by(code: int) -> Exception:
    if code == _CLOSING:
        return smtplib.SMTPServerDisconnected(code)
    return _Refused() if code >= 500 else _Later()


class _IntoFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message, email: EmailMessage) -> None:
        """Write a message as a file, whole or not at all."""
        path = self._folder / f"{message.message_id:06}-{message.kind}.eml"
        part = path.with_suffix(".part")
        part.write_bytes(email.as_bytes())
        part.replace(path)
