"""The audit trail, which the database itself keeps: it refuses changes, removals, gaps and late additions."""

from typing import Any, Final

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What may go is what lies before the last stump; the next number is the only one that can come.
STUMP: Final = "COALESCE((SELECT MAX(position) FROM web_auditstump), 0)"
LAST: Final = f"COALESCE((SELECT MAX(position) FROM web_auditentry), {STUMP})"  # noqa: S608  (names of ours)
# Table, what is done to a row, and when that is refused.
REFUSED: Final = (
    ("web_auditentry", "update", "TRUE"),
    ("web_auditperson", "update", "TRUE"),
    ("web_auditstump", "update", "TRUE"),
    ("web_auditentry", "delete", f"OLD.position > {STUMP}"),
    ("web_auditperson", "delete", f"OLD.entry_id > {STUMP}"),
    ("web_auditstump", "delete", "TRUE"),
    ("web_auditentry", "insert", f"NEW.position <> {LAST} + 1"),
    ("web_auditperson", "insert", f"NEW.entry_id <> {LAST}"),
    ("web_auditstump", "insert", f"NEW.position <= {STUMP} OR NEW.position > {LAST}"),
)
SAYS: Final = "the audit trail is kept as it was written"


def guard(apps: Any, schema_editor: Any) -> None:
    """Make the triggers."""
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for table, what, when in REFUSED:
        name = f"{table}_{what}"
        if not on_postgresql:
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {what} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
            )
            continue
        given = "OLD" if what == "delete" else "NEW"
        schema_editor.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} THEN "
            f"RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {given}; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    if on_postgresql:
        schema_editor.execute(
            f"CREATE FUNCTION web_audit_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        for table in dict.fromkeys(table for table, _, _ in REFUSED):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION web_audit_truncate()"
            )


def unguard(apps: Any, schema_editor: Any) -> None:
    """Take the triggers away."""
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for table, what, _ in REFUSED:
        schema_editor.execute(f"DROP TRIGGER {table}_{what}" + (f" ON {table}" if on_postgresql else ""))
        if on_postgresql:
            schema_editor.execute(f"DROP FUNCTION {table}_{what}()")
    if on_postgresql:
        schema_editor.execute("DROP FUNCTION web_audit_truncate() CASCADE")


class Migration(migrations.Migration):

    dependencies = [
        ('web', '0017_leaner_statements_on_sqlite'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditStump',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('link', models.BinaryField(max_length=32)),
                ('seal', models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('written_at', models.DateTimeField()),
                ('act', models.CharField(max_length=50)),
                ('target', models.CharField(max_length=200)),
                ('purpose', models.CharField(max_length=20)),
                ('reason', models.CharField(max_length=50)),
                ('refused', models.BooleanField()),
                ('detail', models.TextField()),
                ('link', models.BinaryField(max_length=32)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('space', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='web.space')),
            ],
        ),
        migrations.CreateModel(
            name='AuditPerson',
            fields=[
                ('pk', models.CompositePrimaryKey('entry_id', 'person_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='people', to='web.auditentry')),
                ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='audit_entries', to='web.person')),
            ],
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['account', 'position'], name='audit_by_account'),
        ),
        migrations.AddIndex(
            model_name='auditperson',
            index=models.Index(fields=['person', 'entry'], name='audit_by_person'),
        ),
        migrations.RunPython(guard, unguard),
    ]
