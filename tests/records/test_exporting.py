"""Pseudonymised statements: no byte tells who it was, equal people stay equal, and what goes out is told."""

import itertools
import json
import stat
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests.records.planted import BEN, BY_ACCOUNT, BY_HASH, BY_MAIL, MAIL, NAME, NUMBER, WORDS, plant
from tests.records.records_client import new_id, reference, statement
from yucai.errors import FaultyInputError
from yucai.evidence import KNOWN_VOCABULARIES, ExportPart, ReleaseRules, TimeGrain, Version, read_statement_file
from yucai.web.records.erasure_models import RecordExport
from yucai.web.records.exporting import Crowd, ExportFilter, ExportPurpose, export_pseudonymised

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
OPEN = ReleaseRules(
    parts=frozenset(ExportPart),
    addresses=(*KNOWN_VOCABULARIES, "https://"),
    extensions=frozenset({"https://x.y/tries", "https://x.y/with"}),
)


@pytest.fixture
def export(store, tmp_path):
    """Give a function that exports into a new folder and returns it with what was done."""
    numbers = itertools.count()

    def run(rules=None, **more):
        folder = tmp_path / f"out{next(numbers)}"
        asked = {
            "purpose": ExportPurpose(recipient="Institute of Education", purpose="study 12", consents="form 12/2026"),
            "rules": rules or ReleaseRules(),
            "wanted": ExportFilter(),
            "crowd": Crowd(),
            "same": {},
            "key_file": None,
            "by": None,
            "at": AT,
        }
        return folder, export_pseudonymised(store=store, folder=folder, **{**asked, **more})

    return run


def lines(folder):
    return [json.loads(line) for line in (folder / "statements.jsonl").read_text().splitlines()]


def words_in(folder):
    """Return which words that tell somebody stand in any file, Parquet unpacked."""
    held = b"".join(file.read_bytes() for file in folder.iterdir() if file.suffix != ".parquet")
    held += pl.read_parquet(folder / "statements.parquet").write_ndjson().encode()
    others = ("ben@", "Ben", "teacher@", "Ms Li", "Team 3", "moodle", "lms.example.edu/user", "10.20.30.40")
    return [word for word in (*WORDS, *others) if word.lower().encode() in held.lower()]


@pytest.mark.parametrize("rules", [ReleaseRules(), OPEN])
def test_no_byte_tells_who_it_was(tool, store, export, rules):
    """Everything that can be declared is; still nothing that names somebody goes out, whoever's statement it is in."""
    plant(tool)
    extensions = {"https://x.y/tries": 3, "https://x.y/with": {"ip": "10.20.30.40"}, "https://x.y/secret": "Ben"}
    activity = {
        "id": "https://lms.example.edu/q/1",
        "definition": {
            "name": {"en": f"Test for {NAME}", "zh": "第一题"},
            "description": {"en": NAME},
            "interactionType": "choice",
            "choices": [{"id": "a", "description": {"en": NAME}}],
        },
    }
    tool.post(
        statement(
            actor=BEN,
            object=activity,
            result={"response": f"{NAME}[,]a", "extensions": extensions},
            context={"platform": MAIL, "revision": NAME, "extensions": extensions, "registration": new_id()},
        )
    )
    folder, done = export(rules)
    assert done.statements > 15
    assert words_in(folder) == []
    told = RecordExport.objects.get()
    assert [word for word in WORDS if word.lower() in told.sheet.lower()] == []


def test_an_extension_that_is_named_after_somebody_stays_inside_though_it_is_declared(tool, store, export):
    iri = f"https://x.y/{NUMBER}"
    tool.post(statement(actor=BY_ACCOUNT, result={"success": True, "extensions": {iri: 1}}))
    (one,) = lines(export(ReleaseRules(extensions=frozenset({iri})))[0])
    assert one["result"] == {"success": True}


def test_what_goes_out_comes_in_again(tool, store, export):
    plant(tool)
    tool.speaking("1.0.3").post(statement(context={"contextActivities": {"parent": {"id": "https://x.y/p"}}}))
    folder, done = export(OPEN)
    read = list(read_statement_file(folder / "statements.jsonl", version=Version.V2))
    assert len(read) == done.statements
    assert tool.post(b"[" + b",".join((folder / "statements.jsonl").read_bytes().splitlines()) + b"]").status == 200
    table = pl.read_parquet(folder / "statements.parquet")
    assert table.height == done.statements
    assert table["person"].n_unique() == done.people


def test_equal_people_are_equal_within_an_export_and_not_across(tool, store, export):
    for actor in (BY_MAIL, BEN, BY_HASH, BY_MAIL, {"mbox": f"mailto:{MAIL.split('@')[0]}@PLANTED.example.edu"}):
        tool.post(statement(actor=actor))

    def people(folder):
        return [one["actor"]["account"]["name"] for one in lines(folder)]

    first, second = (people(export()[0]) for _ in range(2))
    assert [name == first[0] for name in first] == [True, False, True, True, True]
    assert [name == second[0] for name in second] == [True, False, True, True, True]
    assert not set(first) & set(second)


def test_nothing_links_two_exports(tool, store, export):
    plant(tool)
    one, other = ({value for line in lines(export()[0]) for value in texts(line)} for _ in range(2))
    known = {value for value in one & other if not value.startswith(KNOWN_VOCABULARIES)}
    assert {value for value in known if len(value) > 20 and not value[:4].isdigit()} <= {"https://pseudonym.invalid"}


def texts(value):
    if isinstance(value, str):
        yield value
    for held in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(held)


def test_several_identifiers_are_one_person_where_it_is_declared(tool, store, export):
    tool.post([statement(actor=BY_MAIL), statement(actor=BY_ACCOUNT)])
    mail, account = f"mbox:mailto:{MAIL}", f'account:["https://lms.example.edu","{NUMBER}"]'
    assert export()[1].people == 2
    assert export(same={account: mail})[1].people == 1


def test_references_hold_within_an_export(tool, store, export):
    own, registration = new_id(), new_id()
    tool.post([statement(id=own, context={"registration": registration}), reference(own)])
    tool.post(statement(context={"registration": registration, "statement": {"objectType": "StatementRef", "id": own}}))
    first, second, third = lines(export()[0])
    assert second["object"]["id"] == first["id"] == third["context"]["statement"]["id"] != own
    assert third["context"]["registration"] == first["context"]["registration"] != registration


def test_only_what_is_declared_goes_out(tool, store, export):
    question = {
        "id": "https://x.y/q",
        "definition": {"name": {"en": "Q"}, "type": "https://x.y/t", "interactionType": "choice"},
    }
    essay = {"id": "https://x.y/e", "definition": {"interactionType": "long-fill-in"}}
    result = {"response": "a", "score": {"scaled": 0.5}, "duration": "PT5S", "extensions": {"https://x.y/tries": 3}}
    context = {"language": "zh", "instructor": BEN}
    tool.post([statement(object=question, result=result, context=context), statement(object=essay, result=result)])
    plain, _ = lines(export()[0])
    assert plain["result"] == {"score": {"scaled": 0.5}, "duration": "PT5S"}
    assert "context" not in plain
    assert plain["object"]["id"].startswith("https://pseudonym.invalid/")
    assert "name" not in plain["object"]["definition"]
    full, written = lines(export(OPEN)[0])
    assert full["result"] == result
    assert full["object"]["id"] == "https://x.y/q"
    assert full["object"]["definition"]["name"] == {"en": "Q"}
    assert (full["context"]["language"], "instructor" in full["context"]) == ("zh", True)
    assert "response" not in written["result"]


def test_times_are_moved_by_person_and_made_coarse(tool, store, export):
    at = datetime(2026, 3, 4, 15, 16, 17, tzinfo=UTC)
    for n, actor in enumerate([BEN, BEN, BY_MAIL, *({"mbox": f"mailto:p{n}@x.y"} for n in range(30))]):
        tool.post(statement(actor=actor, timestamp=(at + timedelta(hours=n % 2)).isoformat()))

    def times(rules):
        return [datetime.fromisoformat(one["timestamp"]) for one in lines(export(rules)[0])]

    assert times(ReleaseRules())[:2] == [at, at + timedelta(hours=1)]
    assert times(ReleaseRules(grain=TimeGrain.HOUR))[0] == at.replace(minute=0, second=0)
    assert times(ReleaseRules(grain=TimeGrain.DAY))[0] == at.replace(hour=0, minute=0, second=0)
    moved = times(ReleaseRules(shift_days=20))
    assert moved[1] - moved[0] == timedelta(hours=1)  # within a person all stays as it was
    days = {(one - at).days for one in moved}
    assert len(days) > 10
    assert all(-21 <= day <= 20 for day in days)


def test_who_hides_in_no_crowd_is_told_and_left_out(tool, store, export):
    verbs = ["http://adlnet.gov/expapi/verbs/passed"] * 6 + ["http://adlnet.gov/expapi/verbs/failed"] * 2
    for n, verb in enumerate(verbs):
        tool.post(statement(actor={"mbox": f"mailto:p{n}@x.y"}, verb={"id": verb}))
    told = export(crowd=Crowd(columns=("verb",), k=5))[1]
    assert (told.statements, told.smallest, told.rare, told.left_out) == (8, 2, 1, 0)
    folder, told = export(crowd=Crowd(columns=("verb",), k=5, leave_out=True))
    assert (told.statements, told.rare, told.left_out) == (6, 1, 2)
    assert {one["verb"]["id"][-6:] for one in lines(folder)} == {"passed"}
    sheet = json.loads((folder / "data-sheet.json").read_text())
    assert sheet["crowd"] == {"columns": ["verb"], "k": 5, "smallest": 2, "rare": 1, "rare_left_out": True}


def test_a_filter_takes_times_verbs_and_activities_and_never_what_is_voided(tool, store, export):
    plant(tool)
    activity, verb = {"id": "https://x.y/course"}, {"id": "https://x.y/did"}
    tool.post(
        [
            statement(timestamp="2020-01-02T00:00:00Z", verb=verb),
            statement(timestamp="2020-01-03T00:00:00Z", verb=verb, object=activity),
            statement(timestamp="2020-01-04T00:00:00Z", context={"contextActivities": {"parent": [activity]}}),
        ]
    )
    since = ExportFilter(until=datetime(2020, 1, 3, tzinfo=UTC))
    assert export(wanted=since)[1].statements == 2
    assert export(wanted=ExportFilter(verbs=(verb["id"],)))[1].statements == 2
    assert export(wanted=ExportFilter(activities=(activity["id"],)))[1].statements == 2
    kept = [one["verb"]["id"] for one in lines(export()[0])]
    assert "http://adlnet.gov/expapi/verbs/voided" not in kept


def test_the_data_sheet_says_what_for_whom_and_by_which_rules(tool, store, export):
    tool.post(statement())
    folder, done = export()
    page = (folder / "data-sheet.md").read_text()
    for word in (done.code, "Institute of Education", "study 12", "假名密钥：已销毁", "thrown away", "用途"):
        assert word in page
    kept = RecordExport.objects.get()
    assert (kept.recipient, kept.purpose, kept.statements) == ("Institute of Education", "study 12", 1)
    assert {name for name, _ in done.files} == {"statements.jsonl", "statements.parquet"}


def test_a_key_is_kept_only_where_it_is_asked_for_and_beside(tool, store, export, tmp_path):
    tool.post(statement())
    key = tmp_path / "key"
    folder, _ = export(key_file=key)
    assert len(key.read_text().strip()) == 64
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().strip() not in "".join(f.read_text() for f in folder.iterdir() if f.suffix != ".parquet")


def test_everything_wrong_is_told_at_once_and_nothing_is_left(tool, store, export, tmp_path):
    (tmp_path / "out0").mkdir()
    asked = {
        "purpose": ExportPurpose(recipient="", purpose=" "),
        "crowd": Crowd(columns=("name",), k=1),
        "key_file": tmp_path / "out0" / "key",
    }
    with pytest.raises(FaultyInputError) as refused:
        export(**asked)
    assert [fault.code for fault in refused.value.faults] == [
        "no-consents", "no-word", "no-word", "bad-column", "not-a-crowd", "there", "key-inside",
    ]  # fmt: skip
    assert [file.name for file in tmp_path.iterdir()] == ["out0"]
    assert not RecordExport.objects.exists()


def test_an_export_that_breaks_off_leaves_nothing(tool, store, export, tmp_path, monkeypatch):
    tool.post(statement())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("yucai.web.records.exporting.write_sheet", full)
    with pytest.raises(OSError, match="No space"):
        export(key_file=tmp_path / "key")
    assert list(tmp_path.iterdir()) == []
    assert not RecordExport.objects.exists()
