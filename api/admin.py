"""What is done to the service from its own machine: ``python -m api.admin COMMAND``.

Starting it, the first administrator, further accounts and roles, loading plan folders, publishing
them, bringing the database up to date, and looking through the log.
"""

from __future__ import annotations

import argparse
import gc
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from api.area_name import AreaName
from api.errors import ServiceError, SettingsError
from api.passwords import Passwords, check_password
from api.publishing import publish
from api.rights import Role
from api.settings import DEMO_SHOWN_ON, Settings, read_settings
from api.store import Store, Unit
from api.store.inputs import WEEKDAYS
from api.store.records import Actor, Area
from corridors.errors import BadInput, Problem

__all__ = ["create_account", "main", "verify_log"]

_COMMAND = Actor("command")


def create_account(
    store: Store,
    *,
    organisation: str,
    area_id: str,
    email: str,
    shown_name: str,
    roles: Sequence[Role],
    password: str | None,
) -> int:
    """Make an account, or give one that is there these roles in an area.

    Parameters
    ----------
    store
        Where to.
    organisation
        The account's own; made where there is none of that name.
    area_id
        The area; it has to be there, or is made empty under its id for the first administrator.
    email, shown_name
        Under which somebody signs in, and what they are called on pages.
    roles
        Exactly these, in this area.
    password
        None for somebody who signs in by the directory, or has an account already.

    Raises
    ------
    BadRequest
        When the password is too easy.
    """
    AreaName(area_id, organisation)
    if password is not None:
        check_password(password, email)
    hashed = Passwords().hash(password) if password is not None else None
    with store.writing(_COMMAND) as unit:
        organisation_id = unit.areas.add_organisation(organisation)
        if unit.areas.get(area_id) is None:
            unit.areas.add(Area(area_id, organisation_id, area_id, "", "Europe/London"))
        account = unit.accounts.by_email(email)
        if account is None:
            account_id = unit.accounts.add(
                organisation_id=organisation_id,
                email=email,
                shown_name=shown_name,
                password_hash=hashed,
            )
        else:
            account_id = account.account_id
            if hashed is not None:
                unit.accounts.set_password(account_id, hashed)
                unit.sign_ins.remove_all(account_id)
        unit.accounts.grant(account_id, area_id, roles)
        unit.log.write(
            "give_roles",
            f"account:{account_id}",
            area_id=area_id,
            details={"roles": sorted(roles), "is_new": account is None},
        )
    return account_id


def verify_log(store: Store, expected_head: str | None = None) -> tuple[bool, str]:
    """Look through the log: whether it is whole, and what to say."""
    with store.reading() as unit:
        found = unit.log.verify(expected_head=expected_head)
    if found.broken_entry is not None:
        return False, f"The log is broken at entry {found.broken_entry}: {found.what}."
    return True, f"The log is whole: {found.n_entries} entries. Keep its head: {found.head}"


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command."""
    parser = _parser()
    given = parser.parse_args(argv)
    if given.command == "serve":
        # links and forms have to name the port; the worker beside the server inherits it
        os.environ.setdefault("SAFER_CORRIDORS_BASE_URL", f"http://127.0.0.1:{given.port}")
    try:
        settings = read_settings(os.environ)
        if given.command in _PROCESSES:
            _PROCESSES[given.command](settings, given, parser)
            return
        store = Store(settings.database_url)
        if given.command != "verify-log":
            store.upgrade()
        is_good, told = _run(given, store, settings)
    except (ServiceError, SettingsError, BadInput) as error:
        parser.exit(2, f"{error}\n")
    parser.exit(0 if is_good else 1, f"{told}\n")


def _serve(settings: Settings, given: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    # what is loaded stays: looking through it for garbage meanwhile only takes time
    gc.disable()
    # loaded only here: the other commands are quick
    serving = import_module("api.serving")
    serving.serve_service(
        settings,
        host=given.host,
        port=given.port,
        tell=_teller(parser),
        with_worker=not given.no_worker,
    )


def _teller(parser: argparse.ArgumentParser) -> Callable[[str], object]:
    # what argparse itself says goes the same way
    return lambda words: parser._print_message(f"{words}\n", sys.stderr)  # noqa: SLF001


def _load_demo(
    settings: Settings, given: argparse.Namespace, parser: argparse.ArgumentParser
) -> None:
    del given
    if not settings.is_demo:
        raise SettingsError("SAFER_CORRIDORS_DEMO has to be 1: these people and plans are made up.")
    store = Store(settings.database_url)
    store.upgrade()
    import_module("api.demonstration").load_demo(store, _teller(parser))
    store.close()


def _work(settings: Settings, given: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    working = import_module("api.jobs.running")
    working.work(settings, with_parent=given.with_parent)
    parser.exit(0)


_PROCESSES = {"serve": _serve, "work": _work, "load-demo": _load_demo}


def _run(given: argparse.Namespace, store: Store, settings: Settings) -> tuple[bool, str]:
    if given.command == "upgrade":
        return True, f"The database is at step {store.migration_state().current}."
    if given.command == "verify-log":
        return verify_log(store, given.head)
    if given.command in {"load", "load-area", "weekly"}:
        return True, _run_for_area(given, store, settings)
    if given.command == "publish":
        return True, _publish(store, given)
    roles = [Role.ADMINISTRATOR] if given.command == "create-administrator" else given.role
    account_id = create_account(
        store,
        organisation=given.organisation,
        area_id=given.area,
        email=given.email,
        shown_name=given.name or given.email,
        roles=roles,
        password=None if given.directory else _ask_password(),
    )
    return True, f"Account {account_id}: {', '.join(roles)} in {given.area}."


def _run_for_area(given: argparse.Namespace, store: Store, settings: Settings) -> str:
    if given.command == "weekly":
        return _set_weekly(store, given)
    name = AreaName(given.area, given.organisation)
    # reading tables takes a second to load
    loading = import_module("api.loading")
    if given.command == "load":
        head = loading.load_plan_folder(store, name, given.folder)
        return f"Kept as {head.name}, {head.status}. It is not published by this."
    n_files = loading.load_area(
        store, name, given.area_file, keep_days=settings.keep_incidents_days
    )
    return f"Loaded {given.area} with {n_files} files. Nothing is planned by this."


def _set_weekly(store: Store, given: argparse.Namespace) -> str:
    weekday = None if given.day == "never" else given.day
    with store.writing(_COMMAND) as unit:
        if unit.areas.get(given.area) is None:
            raise BadInput(Problem("--area", "There is no such area.", "Load it first."))
        unit.inputs.set_weekly_day(given.area, weekday, reason="Set by a command")
    return f"The weekly draft of {given.area}: {given.day}."


def _publish(store: Store, given: argparse.Namespace) -> str:
    with store.writing(_COMMAND) as unit:
        heads = [one for one in unit.plans.heads(given.area) if one.status == "agreed"]
        if not heads:
            return "There is no agreed plan to publish in this area."
        head = publish(
            unit,
            heads[0],
            heads[0].row_version,
            reason=given.reason,
            short_notice_reason=given.short_notice_reason,
            today=_today(unit, given.area),
        )
    return f"Published {head.name}."


def _today(unit: Unit, area_id: str) -> date:
    """Give the day on the area's calendar; the demonstration's own in a demonstration."""
    if read_settings(os.environ).is_demo:
        return DEMO_SHOWN_ON
    area = unit.areas.get(area_id)
    return unit.now.astimezone(ZoneInfo(area.timezone if area else "Europe/London")).date()


def _ask_password() -> str:
    """Ask twice at a terminal; otherwise read one line, for scripts."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != first:
        message = "The two are not the same."
        raise SettingsError(message)
    return first


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api.admin", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="start the service")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--no-worker", action="store_true", help="workers run elsewhere: see work")
    commands.add_parser("load-demo", help="load the fictional borough; serve does it by itself")
    commands.add_parser("upgrade", help="bring the database to the tables of this version")
    verify = commands.add_parser("verify-log", help="name the first broken entry of the log")
    verify.add_argument("--head", help="the head that an earlier look gave")
    load = commands.add_parser("load", help="take a plan folder in as the next version")
    load.add_argument("folder", type=Path)
    publish = commands.add_parser("publish", help="publish an area's newest agreed plan")
    publish.add_argument("--reason", required=True)
    publish.add_argument(
        "--short-notice-reason", default="", help="what everybody reads where it comes late"
    )
    for name in ("create-administrator", "create-account"):
        create = commands.add_parser(name, help="make an account, or give it roles in an area")
        create.add_argument("--email", required=True)
        create.add_argument("--name", default="", help="what pages call it")
        create.add_argument("--directory", action="store_true", help="signs in by the directory")
        _add_area(create)
        if name == "create-account":
            create.add_argument("--role", type=Role, action="append", required=True)
    load_area = commands.add_parser("load-area", help="take an area file and what it names in")
    load_area.add_argument("area_file", type=Path)
    _add_area(load_area)
    work = commands.add_parser("work", help="do jobs until stopped; serve starts one by itself")
    work.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)
    weekly = commands.add_parser("weekly", help="set on which day the next week's draft is made")
    weekly.add_argument("--area", required=True)
    weekly.add_argument("--day", choices=[*WEEKDAYS, "never"], required=True)
    _add_area(load)
    publish.add_argument("--area", required=True)
    return parser


def _add_area(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--area", required=True, help="id of the area: small letters and hyphens")
    parser.add_argument("--organisation", required=True)


if __name__ == "__main__":
    main()
