"""L29: statements go out for research only of people who consent, unless their consents are kept elsewhere."""

import json
from datetime import timedelta

import pytest

from tests.feeds.conftest import AT
from tests.feeds.lessons import answered
from yucai.web.accounts.consents import RESEARCH, current_texts, give_consent, ship_texts, withdraw_consent
from yucai.web.accounts.models import Account, Person
from yucai.web.commands.exporting import PseudonymisedExport, export_records_pseudonymised
from yucai.web.rights.own_statements import actors_consenting


@pytest.fixture
def consented(space, feed, tool):
    """Three students answered; the first consented to research."""
    tool.post([answered(who, "1", 5) for who in ("01", "02", "03")])
    tool.post([answered("99", "1", 5)])  # nobody on record
    ship_texts(space=space, at=AT)
    account = Account.objects.create_user(
        "school-01", role="student", person=Person.objects.get(code="01", space=space)
    )
    account.spaces.add(space)
    give_consent(text=current_texts(space, at=AT)[0], by=account, at=AT)
    return account


def export(folder, monkeypatch, **more):
    """Export by the command's own function, in this database."""
    monkeypatch.setattr("yucai.web.commands.exporting.start", lambda workspace: None)
    asked = PseudonymisedExport(to=folder, recipient="Institute", purpose="study 12", **more)
    done = export_records_pseudonymised(folder.parent, "moodle", asked, at=AT + timedelta(days=1))
    return done, json.loads((folder / "data-sheet.json").read_text())


def test_only_statements_of_people_who_consent_now_go_out(consented, store, tmp_path, monkeypatch):
    done, sheet = export(tmp_path / "one", monkeypatch)
    assert (done.statements, done.people, sheet["consents"]) == (1, 1, "asked here")
    assert "仅含导出当日仍同意" in (tmp_path / "one" / "data-sheet.md").read_text()
    withdraw_consent(person=consented.person, code=RESEARCH.code, by=consented, at=AT + timedelta(hours=1))
    done, _ = export(tmp_path / "two", monkeypatch)
    assert (done.statements, done.people) == (0, 0)
    assert actors_consenting(store, at=AT + timedelta(days=1)) == frozenset()


def test_consents_that_are_kept_elsewhere_are_named_in_the_sheet(consented, tmp_path, monkeypatch):
    done, sheet = export(tmp_path / "all", monkeypatch, consents="forms 12/2026")
    assert (done.statements, sheet["consents"]) == (4, "forms 12/2026")
    assert "forms 12/2026" in (tmp_path / "all" / "data-sheet.md").read_text()
