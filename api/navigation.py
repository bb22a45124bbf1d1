"""What the head of every page offers to whoever is signed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api.rights import Action, Role, may
from api.store.records import Account

__all__ = ["NavigationItem", "navigation_of", "section_items"]


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry: what it is called, where it leads, and the part of the service that it opens."""

    text: str
    href: str
    section: str


_SECTIONS = (
    ("Team", "/team/", Action.READ_WORK),
    ("Partner", "/partner/", Action.ANSWER_PLAN),
    ("Accounts", "/accounts/", Action.MANAGE_ACCOUNTS),
    ("Log", "/audit/", Action.READ_AUDIT),
)


def section_items(area_id: str, roles: Iterable[Role]) -> list[NavigationItem]:
    """List the parts that somebody with these roles may open in an area."""
    held = frozenset(roles)
    return [
        NavigationItem(text, path + area_id, path.strip("/"))
        for text, path, action in _SECTIONS
        if may(held, action)
    ]


def navigation_of(account: Account | None) -> list[NavigationItem]:
    """List what somebody may open; their account leads on where they hold roles in many areas."""
    if account is None:
        return [NavigationItem("Sign in", "/sign-in", "sign_in")]
    areas = [(area_id, roles) for area_id, roles in account.roles.items() if roles]
    items = section_items(*areas[0]) if len(areas) == 1 else []
    return [*items, NavigationItem("Your account", "/account", "account")]
