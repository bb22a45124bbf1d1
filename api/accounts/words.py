"""What messages about accounts say: plain text, no secret but the link."""

from __future__ import annotations

from collections.abc import Iterable

from api.mail.words import ADDRESS

__all__ = [
    "forgotten_words",
    "invitation_words",
    "reset_words",
    "roles_words",
    "self_grant_words",
]


def invitation_words(area: str, roles: Iterable[str], days: int) -> tuple[str, str]:
    """Invite somebody who has no password yet. Gives subject and text."""
    return (
        f"Your account for after-school patrols in {area}",
        (
            f"You were invited to plan, or take part in, after-school patrols in {area}.\n"
            f"You are: {', '.join(sorted(roles))}.\n\n"
            f"Open this link within {days} days and choose a password. It works once:\n{{link}}\n\n"
            "If you did not expect this, do nothing.\n"
        ),
    )


def roles_words(area: str, roles: Iterable[str]) -> tuple[str, str]:
    """Tell somebody who has an account what they are in one more area, or now."""
    return (
        f"Your roles for after-school patrols in {area}",
        (
            f"An administrator of {area} set what you are there: {', '.join(sorted(roles))}.\n\n"
            f"Sign in as always: {ADDRESS}/sign-in\n"
        ),
    )


def reset_words(area: str, hours: int) -> tuple[str, str]:
    """Tell somebody that an administrator ended their password."""
    return (
        "Choose a new password",
        (
            f"An administrator of {area} has ended your password. You are signed out everywhere."
            f"\n\nOpen this link within {hours} hours and choose a new one. "
            "It works once:\n{link}\n"
        ),
    )


def forgotten_words(minutes: int) -> tuple[str, str]:
    """Answer somebody who forgot their password."""
    return (
        "Choose a new password",
        (
            "Somebody, probably you, said that they forgot the password of this account.\n\n"
            f"Open this link within {minutes} minutes and choose a new one. It works once:\n"
            "{link}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n"
        ),
    )


def self_grant_words(area: str, roles: Iterable[str]) -> tuple[str, str]:
    """Tell the other administrators that one of them changed their own roles."""
    return (
        f"An administrator of {area} changed their own roles",
        (
            f"An administrator of {area} set what they are: {', '.join(sorted(roles))}.\n\n"
            f"Who, when and why is in the log and on the page of the account: {ADDRESS}/sign-in\n"
        ),
    )
