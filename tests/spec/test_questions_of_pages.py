"""Every page asks the database at most twenty questions, however long its lists are.

Each address of the table of access that a browser opens (``tests/spec/test_access_matrix.py``) is opened by the roles
that see most there, in a small institution that holds everything once, and again after it has grown: each row of each
table three times over, each with all that hangs on it. Beginning and end of a transaction are no questions.
"""

from collections import defaultdict
from dataclasses import replace

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, reset_queries, transaction
from django.test.utils import CaptureQueriesContext

from tests.spec.test_access_matrix import LETTERS, LINES, address_of
from tests.trust.world import furnish

MOST = 20
NO_QUESTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
# Pages that may ask more, how many at most, and why. A page for many people and every day has no place here.
MAY_ASK_MORE = {
    ("person_export", "person"): (
        95,
        "writes more than forty tables of one person into a file, each read once; asked rarely",
    ),
    ("erasure", "erasure"): (85, "foresees what goes of one person, table by table and store by store; asked rarely"),
    ("my_data", "person"): (21, "parts of courses stand in the maps of courses, which are read to be counted"),
    ("feed", "feed"): (26, "maps the statements of a store for a look, as taking them in will: it asks what that asks"),
    ("record_stores", "-"): (24, "adds up what came into a store since the last look"),
    ("record_store", "store"): (
        31,
        "adds up what came in since the last look; for who runs the machine",
    ),
    ("record_statements", "store"): (25, "names people behind actors by several declarations; a look is written down"),
    ("record_statement", "statement"): (23, "the same of one statement, with what refers to it"),
    ("record_csv", "store"): (22, "the same for a file"),
    ("record_xlsx", "store"): (22, "the same for a file"),
    ("record_jsonl", "store"): (21, "the same for a file"),
    ("home", "-"): (23, "of a bureau: each group passes the gate of releases, see decision 0044; and its policies"),
    ("group", "cohort"): (210, "of a bureau: each quality passes the gate of releases twice, which compares releases"),
}
# Pages that ask more where there is more of a kind, and why that is no list of people.
MAY_GROW = {
    ("selection_fairness", "rule-run"): "looks up classes once more where there are several to divide by",
    ("erasure", "erasure"): "asks each record store, of which an institution has a few",
    ("record_stores", "-"): "asks each record store, of which an institution has a few",
    ("record_forwardings", "store"): "asks each forwarding how far it is, of which a store has a few",
    ("import_undo", "import"): "reads the imports that were built on one, where there are any",
    ("home", "-"): "of a bureau: asks the gate of releases for each cohort",
}
ROLES = ("director", "bureau", "student")  # and whoever is named first where none of these is let in
NOT_COPIED = {"Account", "Space", "RatingSeatRecord", "CalibrationRun"}  # a copy would be of nothing
COPIES, OF_A_TABLE, OF_A_ROW = 3, 12, 6


@pytest.fixture
def office(db, settings, tmp_path):
    """An institution that holds everything once."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, _beside = furnish("asked", tmp_path)
    return own


def readers(letters):
    known = {letter: role for role, letter in LETTERS.items()}
    told = [role for role in ROLES if LETTERS[role] in letters]
    return told or [known[letters[0]]]


def questions(client, address):
    """Open a page, and undo what that did: give the status, and how many questions were asked."""
    reset_queries()
    with transaction.atomic():
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
            if answer.streaming:
                b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer.status_code, sum(not one["sql"].startswith(NO_QUESTION) for one in asked.captured_queries)


def walk(client, office):
    found = {}
    for role in LETTERS:
        client.force_login(office.accounts[role])
        for line in LINES:
            if line[1] == "get" and line[3] != "-" and role in readers(line[3]):
                found[line[0], line[2], role] = questions(client, address_of(line, office))
    return found


def grow():
    """Copy each row, with all that hangs on it; give how many rows were made."""
    tables = [one for one in apps.get_app_config("web").get_models() if one.__name__ not in NOT_COPIED]
    tables = [one for one in tables if not one.__name__.startswith("Audit")]
    rows = {table: list(table._base_manager.all()[:400]) for table in tables}
    hanging = defaultdict(list)
    for table in tables:
        for column in table._meta.concrete_fields:
            if isinstance(column, models.ForeignKey):
                hanging[column.related_model].append((table, column.attname))
    made = 0
    for n in range(COPIES):
        for table in tables:
            for row in rows[table][:OF_A_TABLE]:
                copied = copy_of(row, n)
                made += copied is not None
                for child, column in hanging[table] if copied is not None else ():
                    mine = [one for one in rows[child] if getattr(one, column) == row.pk][:OF_A_ROW]
                    made += sum(copy_of(one, n, **{column: copied.pk}) is not None for one in mine)
    return made


def copy_of(row, n, **changed):
    """Return a copy of a row that is kept; with other codes where they stand once. None where no second one may be."""
    for other_codes in (False, True):
        copied = type(row)._base_manager.get(pk=row.pk)
        copied.pk, copied._state.adding = None, True
        for column in codes_of(type(row)) if other_codes else ():
            said = str(getattr(copied, column.attname) or "")
            setattr(copied, column.attname, (said + (f"{n}" if said.isdigit() else f"~{n}"))[: column.max_length])
        for name, value in changed.items():
            setattr(copied, name, value)
        try:
            with transaction.atomic():
                copied.save(force_insert=True)
        except (DatabaseError, ValueError, TypeError):
            continue
        return copied
    return None


def codes_of(table):
    """The texts that tell rows of a table apart."""
    names = {column.name for column in table._meta.concrete_fields if column.unique and not column.primary_key}
    for rule in table._meta.constraints:
        names |= set(rule.fields) if isinstance(rule, models.UniqueConstraint) else set()
    texts = [one for one in table._meta.concrete_fields if isinstance(one, models.CharField) and not one.choices]
    return [one for one in texts if one.name in names]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a file whose page was not read out
def test_a_page_asks_at_most_twenty_questions_and_no_more_where_its_lists_are_longer(client, office):
    client.raise_request_exception = False  # a copy may be nonsense to a page; then it is not compared
    before, made = walk(client, office), grow()
    after, wrong = walk(client, office), []
    assert made > 500
    for (name, kind, role), (status, n) in sorted(before.items()):
        status_then, n_then = after[name, kind, role]
        print(f"{name:24} {kind:14} {role:10} {n:4} {n_then:4}")
        most = MAY_ASK_MORE.get((name, kind), (MOST, ""))[0]
        if n > most:
            wrong.append(f"{name} ({kind}) as {role} asks {n} questions, {most} at most")
        if status == status_then and n_then > n and (name, kind) not in MAY_GROW:
            wrong.append(f"{name} ({kind}) as {role} asks {n} questions, and {n_then} where lists are longer")
    same = [key for key, (status, _n) in before.items() if after[key][0] == status]
    assert len(same) > 0.9 * len(before)
    assert "\n".join(wrong) == ""


def test_who_may_ask_more_is_a_page_that_there_is():
    known = {(line[0], line[2]) for line in LINES if line[1] == "get"}
    assert set(MAY_ASK_MORE) | set(MAY_GROW) <= known
