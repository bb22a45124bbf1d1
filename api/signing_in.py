"""Signing in with a password: the same answer in the same time, and slower with each failure."""

from __future__ import annotations

import hashlib
import hmac
from math import ceil

from api.errors import NotSignedIn, TooMany
from api.passwords import Passwords
from api.settings import Settings
from api.store import Store
from api.store.accounts import normal_email
from api.store.records import Account, Actor

__all__ = ["sign_in_locally", "throttled_subject"]

FREE_BY_ACCOUNT, FREE_BY_ADDRESS = 5, 20
"""Failures before waiting begins; each further one doubles the wait, from 2 seconds."""
LONGEST_WAIT_S = 15 * 60
FORGET_S = 24 * 3600


def sign_in_locally(
    store: Store, passwords: Passwords, settings: Settings, email: str, password: str, address: str
) -> Account:
    """Give the account of an address and password.

    Whether the account is there, closed or of a directory cannot be told from answer or time: each
    attempt is counted before it is looked at, one hash is always made, and the words are the same.

    Raises
    ------
    TooMany
        When this account name or network address failed too often just now.
    NotSignedIn
        When they do not fit.
    """
    by_account = throttled_subject(settings, "account", normal_email(email))
    by_address = throttled_subject(settings, "address", address)
    account = _count(store, by_account, by_address, email)
    is_right = passwords.verify(account.password_hash if account else None, password)
    known = account if account is not None and account.is_active and is_right else None
    actor = Actor(f"account:{account.account_id}" if account else "visitor")
    with store.writing(actor) as unit:
        if known is None:
            subject = f"account:{account.account_id}" if account else "account:unknown"
            unit.log.write("sign_in_failed", subject)
        else:
            unit.throttles.clear(by_account)
            unit.throttles.forgive(by_address)
            if passwords.is_outdated(known.password_hash or ""):
                unit.accounts.set_password(known.account_id, passwords.hash(password))
    if known is None:
        raise NotSignedIn("Email address or password is wrong.", "Check both and try again.")
    return known


def _count(store: Store, by_account: str, by_address: str, email: str) -> Account | None:
    """Count the attempt as failed until it is known better; attempts at once all count."""
    with store.writing(Actor("visitor")) as unit:
        until = unit.throttles.blocked_until([by_account, by_address])
        if until is not None:
            wait_s = max(1, ceil((until - unit.now).total_seconds()))
            raise TooMany(
                "Too many attempts to sign in.",
                f"Try again in {wait_s} seconds.",
                retry_after_s=wait_s,
            )
        for subject, n_free in ((by_account, FREE_BY_ACCOUNT), (by_address, FREE_BY_ADDRESS)):
            unit.throttles.fail(subject, n_free=n_free, longest_s=LONGEST_WAIT_S, forget_s=FORGET_S)
        return unit.accounts.by_email(email)


def throttled_subject(settings: Settings, kind: str, value: str) -> str:
    """Name what is throttled without keeping it: no address, no mistyped name is stored."""
    text = f"{kind}:{value}".encode("utf-8", "surrogatepass")
    return hmac.new(settings.secret.encode(), text, hashlib.sha256).hexdigest()
