"""All tables of a new office at once, as the steps from 0001 to 0051 leave them one after the other.

Each of those steps has Django make its picture of all tables anew, again and again: on an empty database that took
sixteen seconds of processor, and this takes one. The tables are not written down a second time: they are what the steps
say, followed without a database. An office that has begun with the steps goes on with them; Django knows by their names.
A test compares what both ways leave behind.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

STEPS: Final = (
    "0001_spine",
    "0002_own_works",
    "0003_import_desk",
    "0004_rating_rounds",
    "0005_observations",
    "0006_taken_back",
    "0007_highest_stated",
    "0008_desk_answers",
    "0009_record_store",
    "0010_record_cursors",
    "0011_statements_in_the_lake",
    "0012_record_erasure",
    "0013_record_store_operation",
    "0014_evidence_feeds",
    "0015_forwardings",
    "0016_statement_files",
    "0017_leaner_statements_on_sqlite",
    "0019_audit_trail",
    "0020_reads_in_the_trail",
    "0021_job_checkpoint",
    "0022_questions_and_adaptive_tests",
    "0023_sign_in",
    "0024_second_factors",
    "0025_outside_links",
    "0026_identity_service",
    "0027_releases",
    "0028_registers",
    "0028_registers_taken_over",
    "0029_rights",
    "0030_erasure",
    "0031_announcements",
    "0031_trail_checked_at_once",
    "0032_next_steps",
    "0033_priority_list",
    "0034_comments",
    "0035_class_portraits",
    "0037_saved_views_and_acts",
    "0038_api_tokens",
    "0039_trail_in_two_calls",
    "0042_indicators",
    "0043_teaching_surveys",
    "0041_saved_lists",
    "0046_policies",
    "0044_attainment",
    "0047_policy_looks",
    "0048_value_added",
    "0049_attainment_entered_by",
    "0050_makers_and_graduates",
    "0051_selection_rules",
)
# What steps do to the database beyond its tables. What they do to rows is left out: there are none.
FURTHER: Final = (
    ("0017_leaner_statements_on_sqlite", "without_row_numbers"),
    ("0019_audit_trail", "guard"),
    ("0031_trail_checked_at_once", "at_once"),
    ("0039_trail_in_two_calls", "make"),
)


@cache
def _step(name: str) -> ModuleType:
    return import_module(f"{__package__}.{name}")


class AllTables(Operation):
    """Makes all tables that some steps make and change, in the form in which the last of them leaves each."""

    reversible = False

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Follow the steps; the picture of the tables is made once, at the end, by whoever asks for it."""
        state.__dict__.pop("apps", None)
        for name in STEPS:
            for operation in _step(name).Migration.operations:
                operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make the tables, each after those that it points to, and then what is more than tables."""
        tables = to_state.apps
        for model in _in_order(list(tables.get_app_config(app_label).get_models())):
            schema_editor.create_model(model)
        for name, act in FURTHER:
            getattr(_step(name), act)(tables, schema_editor)

    def describe(self) -> str:
        """Return what this does, in a line."""
        return "All tables of a new office"


def _in_order(models: list[Any]) -> Iterator[Any]:
    """Yield tables, each after those that it points to; where two point to one another, as they come."""
    waiting = {model._meta.label: model for model in models}
    while waiting:
        ready = [
            label for label, model in waiting.items()
            if not {one._meta.label for one in _pointed_to(model)} & (waiting.keys() - {label})
        ] or [next(iter(waiting))]  # fmt: skip
        for label in ready:
            yield waiting.pop(label)


def _pointed_to(model: Any) -> Iterator[Any]:
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        if field.remote_field is not None:
            yield field.remote_field.model


class Migration(migrations.Migration):
    """See the lines above."""

    initial = True
    replaces = [("web", name) for name in STEPS]
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]
    operations = [AllTables()]


