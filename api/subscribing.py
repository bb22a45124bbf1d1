"""Messages about a school: asked for, confirmed, stopped; nobody learns who gets them."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from api.errors import BadRequest, TooMany
from api.mail.settings import EMAIL
from api.mail.words import confirm_words, stop_path
from api.public import PublicArea
from api.settings import Settings
from api.signing_in import throttled_subject
from api.store import NOBODY, Store, Unit
from api.store.message_records import Subscription
from api.store.records import School

__all__ = ["CONFIRM_DAYS", "ask", "confirm", "is_expired", "stop"]

CONFIRM_DAYS = 2
_FREE_BY_ADDRESS, _LONGEST_S, _FORGET_S = 10, 15 * 60, 24 * 3600
_FREE_BY_EMAIL = 3
"""Messages that anybody can have sent to one address; then each further one waits twice as long."""


def ask(
    store: Store, settings: Settings, area: PublicArea, school: School, email: str, address: str
) -> None:
    """Keep an address until it is confirmed, and queue the message that asks for it.

    What is answered does not tell whether the address gets messages already: it is a message
    either way, to the address alone.

    Parameters
    ----------
    store, settings
        Of the service.
    area, school
        What the messages shall be about.
    email
        As it was typed.
    address
        Of the network, against floods.

    Raises
    ------
    BadRequest
        When it is no e-mail address.
    TooMany
        When this network address asked too often just now.
    """
    given = email.strip().lower()
    if len(given) > 254 or not EMAIL.match(given):
        raise BadRequest(
            "This is not an email address.",
            "Enter one in the format name@example.com.",
            where="email",
        )
    by_address = throttled_subject(settings, "emails from", address)
    by_email = throttled_subject(settings, "emails to", given)
    with store.writing(NOBODY) as unit:
        _check_throttle(unit, by_address)
        unit.throttles.fail(
            by_address, n_free=_FREE_BY_ADDRESS, longest_s=_LONGEST_S, forget_s=_FORGET_S
        )
        is_flooded = unit.throttles.blocked_until([by_email]) is not None
        if not is_flooded:
            unit.throttles.fail(
                by_email, n_free=_FREE_BY_EMAIL, longest_s=_FORGET_S, forget_s=_FORGET_S
            )
            found = unit.subscriptions.ask(area.area.area_id, school.school_id, given)
            _queue(unit, found, area, school)


def confirm(unit: Unit, token: str) -> bool:
    """Confirm a subscription; tell whether the link was good."""
    found = unit.subscriptions.by_token(token)
    if found is None or is_expired(unit, found):
        return False
    unit.subscriptions.confirm(token)
    return True


def is_expired(unit: Unit, found: Subscription) -> bool:
    """Tell whether it was not confirmed in time."""
    return found.confirmed_at is None and unit.now > found.asked_at + timedelta(days=CONFIRM_DAYS)


def stop(unit: Unit, token: str) -> bool:
    """Delete a subscription, and what still waits to be sent for it."""
    unit.messages.forget_waiting(f"{{address}}{stop_path(token)}")
    return unit.subscriptions.stop(token)


def _check_throttle(unit: Unit, subject: str) -> None:
    until = unit.throttles.blocked_until([subject])
    if until is not None:
        wait_s = max(1, ceil((until - unit.now).total_seconds()))
        raise TooMany(
            "Emails were asked for too often from here.",
            f"Try again in {wait_s} seconds.",
            retry_after_s=wait_s,
        )


def _queue(unit: Unit, found: Subscription, area: PublicArea, school: School) -> None:
    subject, body = confirm_words(
        school.name, area.area.name, found.token, is_confirmed=found.confirmed_at is not None
    )
    key = f"confirm:{found.subscription_id}:{unit.now.isoformat()}"
    stop_url = f"{{address}}{stop_path(found.token)}"
    unit.messages.add(key, "confirm", found.email, subject, body, stop_url)
