"""The triggers of step 0001: the log is append-only, and what is published stays as it is."""

# ruff: noqa: S608 -- the statements are built of names of our own tables

from __future__ import annotations

from alembic import op

__all__ = ["PUBLISHED_PARTS", "guard", "unguard"]

PUBLISHED_PARTS = ("released_file", "released_school", "released_patrol", "released_corridor")
# What may still change of a published plan: that a later version took its place.
_PLAN_COLUMNS = (
    *("plan_id", "area_id", "organisation_id", "week", "version", "document"),
    *("document_sha256", "created_at", "published_reason"),
)


def guard(dialect: str) -> None:
    """Make the triggers of one kind of database."""
    (_guard_sqlite if dialect == "sqlite" else _guard_postgresql)()


def unguard(dialect: str) -> None:
    """Take away what does not go with its tables."""
    if dialect == "postgresql":
        for function in ("refuse_change", "refuse_change_of_plan", "refuse_change_of_part"):
            op.execute(f"DROP FUNCTION {function}()")


def _guard_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entry_no_{change.lower()} BEFORE {change} ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        )
    kept = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _PLAN_COLUMNS)
    published = "'published', 'superseded'"
    op.execute(
        "CREATE TRIGGER plan_published_no_update BEFORE UPDATE ON plan "
        f"WHEN OLD.status IN ({published}) AND (NEW.status <> 'superseded' "
        f"OR OLD.status = 'superseded' OR NEW.published_at IS NOT OLD.published_at OR {kept}) "
        "BEGIN SELECT RAISE(ABORT, 'a published plan does not change'); END"
    )
    op.execute(
        f"CREATE TRIGGER plan_published_no_delete BEFORE DELETE ON plan "
        f"WHEN OLD.status IN ({published}) "
        "BEGIN SELECT RAISE(ABORT, 'a published plan does not change'); END"
    )
    for table in PUBLISHED_PARTS:
        for change, rows in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            op.execute(
                f"CREATE TRIGGER {table}_published_no_{change.lower()} BEFORE {change} ON {table} "
                f"WHEN (SELECT status FROM plan WHERE plan_id = {rows}.plan_id) IN ({published}) "
                "BEGIN SELECT RAISE(ABORT, 'a published plan does not change'); END"
            )


def _guard_postgresql() -> None:
    kept = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _PLAN_COLUMNS)
    published = "'published', 'superseded'"
    _function("refuse_change", "RAISE EXCEPTION 'the log is append-only';")
    _function(
        "refuse_change_of_plan",
        f"IF OLD.status IN ({published}) THEN"
        f" IF TG_OP = 'DELETE' OR NEW.status <> 'superseded' OR OLD.status = 'superseded'"
        f" OR NEW.published_at IS DISTINCT FROM OLD.published_at OR {kept} THEN"
        "  RAISE EXCEPTION 'a published plan does not change'; END IF; END IF;"
        " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;",
    )
    _function(
        "refuse_change_of_part",
        "IF TG_OP <> 'INSERT' AND EXISTS (SELECT 1 FROM plan WHERE plan_id = OLD.plan_id"
        f" AND status IN ({published})) THEN"
        "  RAISE EXCEPTION 'a published plan does not change'; END IF;"
        " IF TG_OP <> 'DELETE' AND EXISTS (SELECT 1 FROM plan WHERE plan_id = NEW.plan_id"
        f" AND status IN ({published})) THEN"
        "  RAISE EXCEPTION 'a published plan does not change'; END IF;"
        " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;",
    )
    op.execute(
        "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER plan_kept BEFORE UPDATE OR DELETE ON plan"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_plan()"
    )
    for table in PUBLISHED_PARTS:
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_part()"
        )
    for table in ("audit_entry", *PUBLISHED_PARTS):
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _function(name: str, body: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    )
