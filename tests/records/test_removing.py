"""Statements removed with all that hangs on them; what is left is whole."""

import itertools
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from itertools import count

import pytest

from tests.records.records_client import new_id, reference, statement, voiding
from tests.records.served import Office
from tests.records.test_attachments_door import MIXED, TEXT, mixed, with_attachment
from yucai.web.records.catalogue import SEEN
from yucai.web.records.checking import check_store
from yucai.web.records.holds import StoreHeldError, hold_store, lift_hold
from yucai.web.records.models import (
    ActivityDefinition,
    AgentName,
    AttachmentContent,
    StatementActivity,
    StatementAgent,
    StatementAttachment,
    StatementRefRow,
    StatementRow,
)
from yucai.web.records.removing import Removed, remove_statements

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
HANGING = (StatementRow, StatementActivity, StatementAgent, StatementAttachment, StatementRefRow, AttachmentContent)


def seqs_of(*ids):
    return [StatementRow.objects.get(id=own).seq for own in ids]


def remove(store, *ids):
    return remove_statements(store, seqs_of(*ids), at=AT)


def full(**more):
    """A statement that names somebody or something in every place."""
    ana, team = {"mbox": "mailto:ana@example.edu", "name": "Ana"}, {"mbox": "mailto:team@example.edu", "name": "Team"}
    activity = {"id": f"https://x.y/{new_id()}", "definition": {"name": {"en": "one"}}}
    inner = statement(objectType="SubStatement", actor=ana, context={"contextActivities": {"parent": [activity]}})
    return statement(
        actor={"objectType": "Group", "name": "All", "member": [ana, {"mbox": "mailto:b@x.y", "name": "Ben"}]},
        object=inner,
        context={
            "instructor": ana,
            "team": {"objectType": "Group", **team},
            "contextActivities": {"grouping": [activity], "category": [{"id": "https://x.y/c"}]},
            "contextAgents": [{"objectType": "contextAgent", "agent": ana}],
        },
        **more,
    )


def test_nothing_is_left_of_a_store_whose_statements_are_removed(tool, store):
    own = new_id()
    ids = tool.post([full(), full(id=own), reference(own), statement()]).json
    ids += tool.post(mixed(with_attachment(), TEXT), headers=MIXED).json
    removed = remove(store, *ids)
    assert (removed.statements, removed.attachments, removed.attachment_bytes) == (5, 1, len(TEXT))
    for table in (*HANGING, AgentName, ActivityDefinition):
        assert table.objects.count() == 0, table
    assert check_store(store).faults == ()


def test_what_another_statement_needs_stays(tool, store):
    activity = {"id": "https://x.y/a", "definition": {"name": {"en": "quiz"}}}
    (first,) = tool.post(mixed(with_attachment(), TEXT), headers=MIXED).json
    (second,) = tool.post(mixed(with_attachment(), TEXT), headers=MIXED).json
    third, fourth = tool.post([statement(object=activity), statement(object={"id": activity["id"]})]).json
    assert remove(store, first, third) == Removed(statements=2)
    assert AttachmentContent.objects.count() == 1
    assert AgentName.objects.get().name == "Lin"
    assert ActivityDefinition.objects.filter(iri=activity["id"]).exists()
    assert remove(store, second, fourth) == Removed(
        statements=2, attachments=1, attachment_bytes=len(TEXT), names=1, definitions=1
    )
    assert check_store(store).faults == ()


def test_a_name_stays_until_the_last_statement_that_tells_it_goes(tool, store):
    lin = {"mbox": "mailto:lin@example.edu"}
    old, other, new = tool.post(
        [statement(actor={**lin, "name": "L\\n"}), statement(actor=lin), statement(actor={**lin, "name": "Lin Wei"})]
    ).json
    teacher = {"mbox": "mailto:t@example.edu"}
    (told,) = tool.post(statement(actor=teacher, context={"instructor": {**lin, "name": "L\\n"}})).json
    assert remove(store, old).names == 0
    assert remove(store, told).names == 1
    assert [row.name for row in AgentName.objects.all()] == ["Lin Wei"]
    assert remove(store, other).names == 0
    assert remove(store, new).names == 1


def test_a_name_that_was_forgotten_is_noted_when_it_is_told_again(tool, store, django_capture_on_commit_callbacks):
    (own,) = tool.post(statement()).json
    SEEN.add([("name", store.pk, "mbox:mailto:lin@example.edu", "Lin")])
    with django_capture_on_commit_callbacks(execute=True):
        remove(store, own)
    tool.post(statement())
    assert AgentName.objects.get().name == "Lin"


@pytest.mark.parametrize("gone", range(4))
def test_a_chain_breaks_where_a_statement_goes(tool, store, gone):
    ids = [new_id() for _ in range(4)]
    tool.post([statement(id=ids[0]), *(reference(before, id=own) for before, own in itertools.pairwise(ids))])
    numbers = seqs_of(*ids)
    remove(store, ids[gone])
    left = {(row.source, row.target) for row in StatementRefRow.objects.all()}
    expected = {
        (numbers[source], numbers[target])
        for source in range(4)
        for target in range(source)
        if gone not in range(target, source + 1)
    }
    assert left == expected
    assert check_store(store).faults == ()


@pytest.mark.parametrize("gone", range(3))
def test_a_circle_becomes_a_chain(tool, store, gone):
    ids = [new_id() for _ in range(3)]
    tool.post([reference(ids[(n + 1) % 3], id=own) for n, own in enumerate(ids)])
    assert StatementRefRow.objects.count() == 6
    numbers = seqs_of(*ids)
    remove(store, ids[gone])
    (left,) = StatementRefRow.objects.all()
    assert (left.source, left.target) == (numbers[(gone + 1) % 3], numbers[(gone + 2) % 3])


def test_a_reference_is_joined_anew_when_its_statement_comes_again(tool, store):
    own = new_id()
    (again,) = tool.post(statement(id=own)).json
    (source,) = tool.post(reference(own)).json
    remove(store, own)
    assert not StatementRefRow.objects.exists()
    tool.post(statement(id=again))
    assert StatementRefRow.objects.get().source == seqs_of(source)[0]
    assert check_store(store).faults == ()


def test_what_was_voided_stays_voided_when_the_voiding_statement_goes(tool, store):
    own, voider = new_id(), new_id()
    tool.post([statement(id=own), voiding(own, id=voider)])
    remove(store, voider)
    assert tool.get(statementId=own).status == 404
    assert tool.get(voidedStatementId=own).status == 200
    assert check_store(store).faults == ()
    remove(store, own)
    assert check_store(store).faults == ()


def test_numbers_of_another_store_and_of_nothing_are_passed_over(tool, store):
    from yucai.evidence import Version
    from yucai.web.records.actions import add_store

    other = add_store(space=store.space, code="t", version=Version.V2, by=None, at=AT)
    (own,) = tool.post(statement()).json
    assert remove_statements(other, [*seqs_of(own), 5], at=AT) == Removed()
    assert tool.ids() == [own]


def test_a_damaged_statement_goes_with_all_its_rows(tool, store):
    (own,) = tool.post(full()).json
    StatementRow.objects.update(body=b"{")
    assert remove(store, own).statements == 1
    assert check_store(store).faults == ()


def test_nothing_is_removed_from_a_store_under_a_hold(tool, store):
    (own,) = tool.post(statement()).json
    hold_store(store=store, reason="appeal 7", by=None, at=AT)
    with pytest.raises(StoreHeldError, match=r"under a hold since 2026-11-26 \(appeal 7\)"):
        remove(store, own)
    assert tool.ids() == [own]
    lift_hold(store=store, by=None, at=AT)
    assert remove(store, own).statements == 1


REMOVING = """
import sys, time
import django
django.setup()
from datetime import UTC, datetime
from yucai.web.records.checking import check_store
from yucai.web.records.models import RecordStore, StatementAttachment, StatementRow
from yucai.web.records.removing import Removed, remove_statements
store, removed = RecordStore.objects.get(), Removed()
until = time.monotonic() + 60
while (removed.statements < 200 or not removed.attachments) and time.monotonic() < until:
    seqs = list(StatementRow.objects.order_by("seq").values_list("seq", flat=True)[:5])
    seqs += StatementAttachment.objects.values_list("seq", flat=True)[:400]
    removed += remove_statements(store, seqs, at=datetime.now(tz=UTC))
print(removed.statements, removed.attachments, flush=True)
sys.stdin.readline()
print([fault.in_language("en") for fault in check_store(store).faults])
"""


def test_removing_and_storing_at_once_leave_a_whole_store(tmp_path):
    """Two servers bring statements with the same attachments, and references to what is being removed."""
    office, stop = Office(tmp_path / "office"), threading.Event()
    ids, problems = [new_id() for _ in range(60)], []

    def write(server):
        try:
            with server.connect() as connection:
                for turn in count():
                    if stop.is_set():
                        return
                    essay = b"essay %d" % (turn // 4)  # several statements speak of it, one after the other
                    send(server, connection, mixed(with_attachment(essay), essay), MIXED["Content-Type"])
                    references = [reference(own) for own in ids[:8]]
                    send(server, connection, json.dumps(references).encode(), "application/json")
        except AssertionError as problem:
            problems.append(problem)

    try:
        servers = [office.serve(), office.serve()]
        assert servers[0].ask("POST", "statements", [statement(id=own) for own in ids])[0] == 200
        writers = [threading.Thread(target=write, args=(server,)) for server in servers]
        for writer in writers:
            writer.start()
        removing = subprocess.Popen(
            [sys.executable, "-c", REMOVING], env=office.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        removed = removing.stdout.readline().split()
        stop.set()
        for writer in writers:
            writer.join()
        told, _ = removing.communicate("\n")
    finally:
        stop.set()
        office.close()
    assert problems == []
    assert int(removed[0]) >= 200
    assert int(removed[1]) >= 1
    assert told.strip() == "[]"


def send(server, connection, body, kind):
    headers = {"Authorization": server.login, "X-Experience-API-Version": "2.0.0", "Content-Type": kind}
    connection.request("POST", "/xapi/s/statements", body=body, headers=headers)
    told = connection.getresponse()
    assert told.status == 200, told.read()
    told.read()
