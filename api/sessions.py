"""What a browser keeps for us: the session, the form's token, and a sign-in that is under way."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import Response

from api.errors import NotAllowed
from api.settings import Settings
from api.store import Store
from api.store.records import Account, Actor

__all__ = ["Sessions", "hash_of_token"]

_TOUCH_S = 60


def hash_of_token(token: str) -> str:
    """Give what is kept of a session id or an API key: its hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """Begin, find and end sessions, and check that a form is ours.

    Parameters
    ----------
    settings
        Lifetimes, the secret and the address of the service.
    store
        Where sessions are kept, as hashes.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        prefix = "__Host-" if settings.is_secure else ""
        self.cookie = f"{prefix}session"
        self._form_cookie = f"{prefix}form"

    # --- sessions

    def begin(self, response: Response, account: Account, how: str, old: str | None) -> None:
        """Begin a session under a new id; the one that the browser came with ends.

        Parameters
        ----------
        response
            Gets the cookie.
        account
            Who signed in.
        how
            ``password`` or ``directory``, for the log.
        old
            The session id that the browser came with, if any.
        """
        token = secrets.token_urlsafe(32)
        actor = Actor(f"account:{account.account_id}", account.organisation_id)
        with self._store.writing(actor) as unit:
            if old:
                unit.sign_ins.remove(hash_of_token(old))
            expires_at = unit.now + timedelta(seconds=self._settings.session_absolute_s)
            unit.sign_ins.add(hash_of_token(token), account.account_id, expires_at)
            unit.log.write("sign_in", actor.name, details={"how": how})
        self._set(response, self.cookie, token, same_site="lax")
        self._drop(response, self._form_cookie)

    def find(self, request: Request) -> tuple[str, Account] | None:
        """Give the session id and account of a request; None where nobody is signed in."""
        token = request.cookies.get(self.cookie)
        if not token:
            return None
        id_hash = hash_of_token(token)
        with self._store.reading() as unit:
            found = unit.sign_ins.get(id_hash)
            account = unit.accounts.get(found.account_id) if found else None
            now = unit.now
        if found is None or account is None or not account.is_active:
            return None
        idle_s = (now - found.last_seen_at).total_seconds()
        if self._is_over(now, found.expires_at, idle_s):
            return None
        if idle_s >= _TOUCH_S:
            with self._store.writing(Actor(f"account:{account.account_id}")) as unit:
                unit.sign_ins.touch(id_hash)
        return token, account

    def end(self, response: Response, token: str, account: Account) -> None:
        """Sign out."""
        actor = Actor(f"account:{account.account_id}", account.organisation_id)
        with self._store.writing(actor) as unit:
            unit.sign_ins.remove(hash_of_token(token))
            unit.log.write("sign_out", actor.name)
        self._drop(response, self.cookie)

    def _is_over(self, now: datetime, expires_at: datetime, idle_s: float) -> bool:
        """Tell whether a session is over; where the clock was set back nobody can tell its age."""
        is_idle = not -300 <= idle_s <= self._settings.session_idle_s
        return now >= expires_at or is_idle

    # --- forms

    def form_token(self, request: Request, response: Response | None = None) -> str:
        """Give the token for a form: bound to the session, or to a cookie made for the form."""
        bound_to = request.cookies.get(self.cookie) or request.cookies.get(self._form_cookie)
        if not bound_to:
            bound_to = secrets.token_urlsafe(24)
            if response is not None:
                self._set(response, self._form_cookie, bound_to, same_site="strict")
        return self._token_for(bound_to)

    def check_form(self, request: Request, token: str | None) -> None:
        """Refuse a form, or a request by a session, that did not come from our own page.

        Raises
        ------
        NotAllowed
            When its origin is another site, or its token is not the one we gave.
        """
        origin = request.headers.get("origin")
        is_ours = origin is None or origin == self._settings.origin
        if not is_ours or request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            raise NotAllowed("This did not come from a page of this site.", "Use the page itself.")
        bound = [request.cookies.get(self.cookie), request.cookies.get(self._form_cookie)]
        given = (token or "").encode("utf-8", "surrogatepass")
        if not any(
            one and hmac.compare_digest(self._token_for(one).encode(), given) for one in bound
        ):
            raise NotAllowed(
                "The form is no longer valid, or its token is missing.",
                "Load the page again and send it once more.",
            )

    def _token_for(self, bound_to: str) -> str:
        key = self._settings.secret.encode()
        text = f"form:{bound_to}".encode("utf-8", "surrogatepass")
        return hmac.new(key, text, hashlib.sha256).hexdigest()

    # --- cookies

    def keep(self, response: Response, name: str, value: str, max_age_s: int) -> None:
        """Keep a short-lived value in the browser."""
        self._set(response, self._named(name), value, same_site="lax", max_age_s=max_age_s)

    def kept(self, request: Request, name: str) -> str | None:
        """Give a value that `keep` kept."""
        return request.cookies.get(self._named(name))

    def forget(self, response: Response, name: str) -> None:
        """Let go of a value that `keep` kept."""
        self._drop(response, self._named(name))

    def _named(self, name: str) -> str:
        return ("__Host-" if self._settings.is_secure else "") + name

    def _set(
        self,
        response: Response,
        name: str,
        value: str,
        *,
        same_site: str,
        max_age_s: int | None = None,
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=max_age_s,
            path="/",
            secure=self._settings.is_secure,
            httponly=True,
            samesite="strict" if same_site == "strict" else "lax",
        )

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self._settings.is_secure, httponly=True)
