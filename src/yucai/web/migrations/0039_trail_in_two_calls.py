"""On PostgreSQL the end of the trail is held and read in one call, and an event is written with its people in another.

Each is planned once for a connection. What the triggers refuse, they refuse here too.
"""

from typing import Any, Final

from django.db import migrations

# The lock comes before the snapshot of what is read: each statement of such a function sees what was committed before it.
END: Final = """
CREATE FUNCTION web_trail_end(lock bigint) RETURNS TABLE (place bigint, chained bytea) LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_advisory_xact_lock(lock);
  RETURN QUERY SELECT position, link FROM web_auditentry ORDER BY position DESC LIMIT 1;
END $$
"""
COLUMNS: Final = (
    "position, at, written_at, act, account_id, space_id, target, purpose, reason, refused, detail, link"
)
TYPES: Final = "bigint, timestamptz, timestamptz, text, bigint, bigint, text, text, text, boolean, text, bytea"
ADD: Final = f"""
CREATE FUNCTION web_trail_add({TYPES}, people bigint[]) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO web_auditentry ({COLUMNS}) VALUES ({", ".join(f"${n}" for n in range(1, 13))});
  INSERT INTO web_auditperson (entry_id, person_id) SELECT $1, one FROM unnest(people) AS one;
END $$
"""  # noqa: S608  (names of ours)


def make(apps: Any, schema_editor: Any) -> None:
    """Make the two functions."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(END)
        schema_editor.execute(ADD)


def take_away(apps: Any, schema_editor: Any) -> None:
    """Take them away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION web_trail_end(bigint)")
        schema_editor.execute(f"DROP FUNCTION web_trail_add({TYPES}, bigint[])")


class Migration(migrations.Migration):

    dependencies = [("web", "0038_api_tokens")]

    operations = [migrations.RunPython(make, take_away)]
