"""Who may do what: one table, role by action. Every route declares its action."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["PUBLIC", "RIGHTS", "SELF", "Action", "Role", "allowed_actions", "may"]


class Role(StrEnum):
    """What somebody is in one area. Several may be held at once."""

    ANALYST = "analyst"
    PLANNER = "planner"
    APPROVER = "approver"
    PARTNER = "partner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What a route does. Its name is what the audit log calls it."""

    READ_PUBLIC = "read_public"
    """What is published, and what every visitor needs: no sign-in."""
    SIGN_IN = "sign_in"
    USE_ACCOUNT = "use_account"
    """One's own account: see it, sign out. Whoever is signed in, whatever the role."""
    LIST_PLANS = "list_plans"
    READ_RELEASED = "read_released"
    """The disclosure-controlled view of a plan that is not published yet."""
    READ_PLAN = "read_plan"
    """The exact plan, internal."""
    READ_EVIDENCE = "read_evidence"
    """Exact figures by street. A reason is asked for, and the reading is logged."""
    PUBLISH_PLAN = "publish_plan"
    MANAGE_KEYS = "manage_keys"
    READ_AUDIT = "read_audit"


PUBLIC = frozenset({Action.READ_PUBLIC, Action.SIGN_IN})
"""Needs nobody to be signed in."""

SELF = frozenset({Action.USE_ACCOUNT})
"""Needs somebody, whatever the role and area."""

_TEAM = frozenset({Action.LIST_PLANS, Action.READ_RELEASED, Action.READ_PLAN, Action.READ_EVIDENCE})

RIGHTS: dict[Role, frozenset[Action]] = {
    Role.ANALYST: _TEAM,
    Role.PLANNER: _TEAM,
    Role.APPROVER: _TEAM | {Action.PUBLISH_PLAN},
    Role.PARTNER: frozenset({Action.LIST_PLANS, Action.READ_RELEASED}),
    Role.AUDITOR: frozenset({Action.READ_AUDIT}),
    Role.ADMINISTRATOR: frozenset({Action.MANAGE_KEYS}),
}


def allowed_actions(roles: Iterable[Role]) -> frozenset[Action]:
    """Give everything that somebody with these roles may do in the area that they hold for."""
    found = PUBLIC | SELF
    for role in roles:
        found |= RIGHTS[role]
    return found


def may(roles: Iterable[Role], action: Action) -> bool:
    """Tell whether one of the roles allows the action."""
    return action in allowed_actions(roles)
