"""Makes the tables of an office in one of two ways and prints what is there then, one thing a line.

python -m tests.unit.cli.tables_told FOLDER at-once|one-by-one
"""

import re
import sys
from pathlib import Path

ON_POSTGRESQL = """
SELECT 'column', table_name, column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable,
       column_default, is_identity, identity_generation)
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name LIKE 'web\\_%%'
UNION ALL SELECT 'rule', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE conrelid::regclass::text LIKE 'web\\_%%'
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'web\\_%%'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, pg_get_function_identity_arguments(oid), pg_get_functiondef(oid)
  FROM pg_proc WHERE proname LIKE 'web\\_%%'
"""
ON_SQLITE = "SELECT type, tbl_name, name, coalesce(sql, '') FROM sqlite_master WHERE tbl_name LIKE 'web%'"
PARTS = re.compile(r",\s+(?![^(]*\))")


def main(folder, way):
    from yucai.web.commands.starting import start_new
    from yucai.web.workspace import create_workspace

    create_workspace(Path(folder), name="tables", language="en")
    start_new(Path(folder))
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.loader.replace_migrations = way == "at-once"
    executor.loader.build_graph()
    at_once = ("web", "0001_squashed_0051")
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate([leaf for leaf in leaves if way == "at-once" or leaf != at_once])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(ON_POSTGRESQL)
        else:
            cursor.execute(
                "SELECT type, tbl_name, name, coalesce(sql, '') FROM sqlite_master WHERE tbl_name LIKE 'web%'"
            )
        rows = cursor.fetchall()
    for kind, table, name, told in rows:
        said = " ".join(str(told).split())
        sys.stdout.write(f"{kind} {table} {name}: {in_no_order(said) if kind == 'table' else said}\n")


def in_no_order(said):
    """Return how a table is made with its columns by name: in which order they stand is no part of what it is."""
    head, _, rest = said.partition("(")
    columns, _, tail = rest.rpartition(")")
    return f"{head}({', '.join(sorted(PARTS.split(columns)))}){tail}"


if __name__ == "__main__":
    main(*sys.argv[1:])
