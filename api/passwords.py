"""Passwords of local accounts: argon2, rules by length and a short list of bad ones."""

from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import BadRequest

__all__ = ["MIN_CHARACTERS", "Passwords", "check_password"]

MIN_CHARACTERS = 12
MAX_CHARACTERS = 200
_AT_ONCE = 2
"""Each hash takes 64 MiB: more at once would let a flood of sign-ins take the memory."""

_BAD = (
    *("password", "passwort", "letmein", "welcome", "iloveyou", "sunshine", "princess", "football"),
    *("liverpool", "arsenal", "chelsea", "qwerty", "azerty", "asdfgh", "zxcvbn", "abcdef"),
    *("123456", "111111", "000000", "654321", "monkey", "dragon", "charlie", "superman"),
    *("safercorridors", "safer corridors", "corridor", "changeme", "administrator"),
)


def check_password(password: str, email: str) -> None:
    """Refuse a password that is short, known or the account's own name.

    Raises
    ------
    BadRequest
        Saying what to choose instead.
    """
    mend = f"Choose {MIN_CHARACTERS} characters or more: three words that do not belong together."
    plain = password.casefold()
    if len(password) < MIN_CHARACTERS:
        raise BadRequest("This password is too short.", mend, where="password")
    if len(password) > MAX_CHARACTERS:
        raise BadRequest(
            "This password is too long.", f"Use at most {MAX_CHARACTERS}.", where="password"
        )
    rest = plain
    for bad in _BAD:
        rest = rest.replace(bad, "")
    name = email.casefold().split("@", maxsplit=1)[0]
    is_name = len(name) >= 4 and name in plain and len(plain.replace(name, "")) < 8
    if len(set(plain)) < 5 or len(rest) < 6 or is_name:
        raise BadRequest("This password is easy to guess.", mend, where="password")


class Passwords:
    """Hash and verify.

    Parameters
    ----------
    hasher
        Other costs than argon2-cffi's own (RFC 9106), for tests.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._door = BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash("nobody signs in with this")

    def hash(self, password: str) -> str:
        """Hash a password for keeping."""
        with self._door:
            return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the kept one; without one it takes as long, and is not."""
        with self._door:
            try:
                self._hasher.verify(kept or self._nobody, password[: MAX_CHARACTERS + 1])
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Tell whether a kept hash is weaker than today's."""
        return self._hasher.check_needs_rehash(kept)
