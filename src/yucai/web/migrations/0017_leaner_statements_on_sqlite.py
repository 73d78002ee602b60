"""On SQLite a statement writes two pages less: no count of numbers given, and what it names in one tree, not two."""

from typing import Any, Final

from django.db import migrations

import yucai.web.records.models

# Name, columns, and what a row is known by. Django cannot ask for a table without row numbers.
TABLES: Final = (
    ("web_statementactivity", '"activity" bigint NOT NULL, "seq" bigint NOT NULL', '"activity", "seq"'),
    ("web_statementagent", '"agent" bigint NOT NULL, "seq" bigint NOT NULL, "direct" bool NOT NULL', '"agent", "seq"'),
)


def without_row_numbers(apps: Any, schema_editor: Any) -> None:
    """Make the tables anew as trees of their keys."""
    _remade(schema_editor, " WITHOUT ROWID")


def with_row_numbers(apps: Any, schema_editor: Any) -> None:
    """Make the tables anew as Django makes them."""
    _remade(schema_editor, "")


def _remade(schema_editor: Any, kind: str) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    for name, columns, key in TABLES:
        schema_editor.execute(f'ALTER TABLE "{name}" RENAME TO "{name}_before"')
        schema_editor.execute(f'CREATE TABLE "{name}" ({columns}, PRIMARY KEY ({key})){kind}')
        schema_editor.execute(f'INSERT INTO "{name}" SELECT * FROM "{name}_before" ORDER BY {key}')  # noqa: S608  (names of ours)
        schema_editor.execute(f'DROP TABLE "{name}_before"')


class Migration(migrations.Migration):
    """See the line above."""

    dependencies = [
        ("web", "0016_statement_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name="statementrow",
            name="seq",
            field=yucai.web.records.models.NumberGivenField(primary_key=True, serialize=False),
        ),
        migrations.RunPython(without_row_numbers, with_row_numbers),
    ]
