"""The pages of governance: what a director, a bureau and the report see, and what two people do with one indicator."""

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from docx import Document
from pypdf import PdfReader

from yucai.errors import FaultyInputError
from yucai.governance import load_indicators
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.governance.indicator_actions import fill_indicator, plan_indicator, sign_indicator
from yucai.web.governance.indicator_demonstration import fill_indicators
from yucai.web.governance.indicator_models import IndicatorEntry
from yucai.web.governance.indicator_records import PEOPLE, THINGS, figure_on_record, figures_on_record
from yucai.web.governance.indicator_showing import last_year

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
YEAR = 2026
PACK = load_indicators("china-undergraduate")


@pytest.fixture
def college(db):
    """Forty students of two entry years, two officers who answer for indicators, and one who watches from outside."""
    space = Space.objects.create(
        code="governed", name_en="Governed", name_zh="治校", simulated=False, evidence_map="evidence-demo-college"
    )
    for number in range(40):
        cohort, programme = ("2024", "2026")[number % 2], ("物理", "计算机")[number // 20]
        Person.objects.create(space=space, code=f"i{number}", name_en="x", name_zh="x", cohort=cohort,
                              programme=programme, talent_type="engineer")  # fmt: skip
    for name, role in (("rec", "researcher"), ("aud", "director"), ("bur", "bureau")):
        Account.objects.create_user(f"governed-{name}", role=role, name_en=name, name_zh=name).spaces.add(space)
    return space


def who(name):
    return Account.objects.get(username=f"governed-{name}")


def fill(space, code, counts, *, by="rec", year=YEAR, reason="", at=NOON, applies=True, source="ledger"):
    return fill_indicator(
        space=space, pack=PACK, indicator=PACK.indicator(code), year=year, counts=counts, applies=applies,
        source=source, as_of=date(2026, 8, 31), reason=reason, by=who(by), at=at,
    )  # fmt: skip


def page(client, name, address, **query):
    client.force_login(who(name))
    client.cookies["django_language"] = "en"
    return asked(client, address, **query)


def asked(client, address, **query):
    answer = client.get(address, {"space": "governed", "year": YEAR, **query})
    assert answer.status_code == 200
    return answer.content.decode()


def test_one_fills_in_another_signs_and_both_stand_in_the_trail(college):
    entry = fill(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 50})
    assert (entry.version, round(entry.value, 1), entry.signed_by) == (1, 83.3, None)
    with pytest.raises(FaultyInputError, match="Another person signs it"):
        sign_indicator(entry=entry, by=who("rec"), at=NOON)
    signed = sign_indicator(entry=entry, by=who("aud"), at=NOON)
    assert signed.signed_by == who("aud")
    with pytest.raises(FaultyInputError, match="signed already"):
        sign_indicator(entry=entry, by=who("aud"), at=NOON)
    told = AuditEntry.objects.filter(space=college, target="indicator:cn-22").order_by("position")
    assert [(one.act, one.account_id) for one in told] == [
        ("indicator.filled", who("rec").pk), ("indicator.signed", who("aud").pk),
    ]  # fmt: skip


def test_the_database_refuses_a_signature_of_ones_own(college):
    entry = fill(college, "cn-13", {"equipment.new": 5})
    with pytest.raises(IntegrityError), transaction.atomic():
        IndicatorEntry.objects.filter(pk=entry.pk).update(signed_by=entry.by, signed_at=NOON)


def test_a_correction_is_a_new_version_with_its_reason_and_the_old_one_stays(college):
    first = fill(college, "cn-13", {"equipment.new": 300})
    sign_indicator(entry=first, by=who("aud"), at=NOON)
    with pytest.raises(FaultyInputError, match="Say why a new version is needed"):
        fill(college, "cn-13", {"equipment.new": 310})
    with pytest.raises(FaultyInputError, match="Nothing is different"):
        fill(college, "cn-13", {"equipment.new": 300}, reason="again")
    second = fill(college, "cn-13", {"equipment.new": 310}, reason="counted twice")
    first.refresh_from_db()
    assert (first.value, second.version, second.value) == (300, 2, 310)
    with pytest.raises(FaultyInputError, match="There is a newer version"):
        sign_indicator(entry=IndicatorEntry.objects.get(pk=first.pk), by=who("aud"), at=NOON)


def test_who_is_named_fills_in_and_audits_and_nobody_else(college):
    plan_indicator(space=college, indicator=PACK.indicator("cn-13"), year=YEAR, target=400, recorder=who("aud"),
                   auditor=who("rec"), by=who("aud"), at=NOON)  # fmt: skip
    with pytest.raises(FaultyInputError, match="aud is named to fill this in"):
        fill(college, "cn-13", {"equipment.new": 300})
    entry = fill(college, "cn-13", {"equipment.new": 300}, by="aud")
    assert sign_indicator(entry=entry, by=who("rec"), at=NOON).signed_at == NOON


@pytest.mark.parametrize(("recorder", "auditor", "says"), [
    ("rec", "rec", "must be two people"), ("bur", "rec", "bur is no director or research officer"),
])  # fmt: skip
def test_recorder_and_auditor_are_two_people_of_the_office(college, recorder, auditor, says):
    with pytest.raises(FaultyInputError, match=says):
        plan_indicator(space=college, indicator=PACK.indicator("cn-13"), year=YEAR, target=None,
                       recorder=who(recorder), auditor=who(auditor), by=who("aud"), at=NOON)  # fmt: skip


def test_all_faults_of_a_form_are_named_at_once(college):
    with pytest.raises(FaultyInputError) as refused:
        fill_indicator(space=college, pack=PACK, indicator=PACK.indicator("cn-13"), year=YEAR,
                       counts={"equipment.new": -1}, applies=True, source=" ", as_of=date(2027, 1, 1), reason="",
                       by=who("rec"), at=NOON)  # fmt: skip
    assert {fault.code for fault in refused.value.faults} == {"number", "no-source", "future"}


def test_a_bureau_fills_in_nothing(college):
    with pytest.raises(PermissionDenied):
        fill(college, "cn-13", {"equipment.new": 1}, by="bur")


def test_the_records_give_what_they_hold_and_nobody_types_it_over(college):
    assert figure_on_record(college, "students", 2024).count == 20
    assert figure_on_record(college, "students", 2026).count == 40
    assert figure_on_record(college, "courses", 2026).count is None  # none on record is not zero
    entry = fill(college, "cn-01", {"students.undergraduate": 999}, source="")
    assert (entry.value, entry.counts, entry.on_record) == (40, {"students.undergraduate": 40},
                                                           ["students.undergraduate"])  # fmt: skip
    assert fill(college, "cn-07", {}, source="").value == 2


def test_who_left_by_the_30th_of_september_is_no_student_any_more(college):
    cohort = Group.objects.create(space=college, code="2024", kind="cohort", name_en="2024", name_zh="2024")
    first, second = Person.objects.filter(space=college, cohort="2024")[:2]
    Membership.objects.create(group=cohort, person=first, left=date(2026, 9, 30))
    Membership.objects.create(group=cohort, person=second, left=date(2026, 10, 1))
    assert figure_on_record(college, "students", 2026).count == 39


def test_the_list_says_value_target_and_why_a_cell_is_empty(client, college, django_assert_max_num_queries):
    plan_indicator(space=college, indicator=PACK.indicator("cn-22"), year=YEAR, target=90, recorder=who("rec"),
                   auditor=who("aud"), by=who("aud"), at=NOON)  # fmt: skip
    fill(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 50})
    fill(college, "cn-18", {}, applies=False)
    fill(college, "cn-25", {"fitness.tested": 0, "fitness.passed": 0})
    page(client, "aud", reverse("indicators"))
    with django_assert_max_num_queries(20):
        told = asked(client, reverse("indicators"))
    assert "83.3" in told
    assert "not met" in told
    assert "rec <small>aud</small>" in told
    assert "by the recorder alone" in told
    for why in ("not recorded", "does not apply here", "the denominator is zero"):
        assert why in told
    assert "definition to be checked by the office" in told


def test_a_contradiction_between_two_tables_stands_above_the_list(client, college):
    fill(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 58})
    fill(college, "cn-23", {"leavers.degree": 50, "leavers.graduated": 57})
    told = page(client, "aud", reverse("indicators"))
    assert "The tables contradict one another" in told
    assert "is 58 in “Share that graduate on time” but 57 in “Share awarded a degree”" in told
    assert told.count("contradiction: see above") == 2
    assert "contradict" not in page(client, "bur", reverse("indicators"))


def test_the_page_of_an_indicator_says_what_it_means_and_how_the_value_comes_about(
    client, college, django_assert_max_num_queries
):
    counts = dict.fromkeys(PACK.indicator("cn-08").figures, 0) | {"teachers.full-time": 5, "students.master": 10}
    fill(college, "cn-08", counts)
    page(client, "aud", reverse("indicator", args=["cn-08"]))
    with django_assert_max_num_queries(20):
        told = asked(client, reverse("indicator", args=["cn-08"]))
    assert "converted students: master 1.5" in told
    assert "教发〔2004〕2号" in told
    assert "11.00" in told  # (40 + 15) / 5
    assert 'data-label="Counts as">15' in told
    assert "Norm of the standard" in told
    assert "Sign version 1 as auditor" in told
    assert "Sign version" not in page(client, "rec", reverse("indicator", args=["cn-08"]))


def test_filling_in_and_signing_by_the_pages(client, college):
    address = {"name": "cn-13"}
    page(client, "rec", reverse("indicator", args=["cn-13"]))
    sent = {"space": "governed", "year": YEAR, "figure-equipment-new": "1200", "source": "asset register",
            "as_of": "2026-08-31"}  # fmt: skip
    told = client.post(reverse("indicator_fill", args=[address["name"]]), sent, follow=True).content.decode()
    assert "Filled in and signed by you." in told
    entry = IndicatorEntry.objects.get(space=college, indicator="cn-13")
    client.force_login(who("aud"))
    client.cookies["django_language"] = "en"
    sent = {"space": "governed", "year": YEAR, "entry": entry.pk}
    assert "is locked" in client.post(reverse("indicator_sign", args=["cn-13"]), sent, follow=True).content.decode()
    sent = {"space": "governed", "year": YEAR, "target": "1500", "recorder": who("rec").pk, "auditor": who("rec").pk}
    told = client.post(reverse("indicator_plan", args=["cn-13"]), sent).content.decode()
    assert "must be two people" in told


def test_an_empty_field_is_no_figure_and_a_form_without_source_is_sent_back(client, college):
    client.force_login(who("rec"))
    client.cookies["django_language"] = "en"
    sent = {"space": "governed", "year": YEAR, "figure-equipment-new": "12", "as_of": "2026-08-31"}
    assert (
        "Say where the figures come from"
        in client.post(reverse("indicator_fill", args=["cn-13"]), sent).content.decode()
    )
    sent |= {"figure-equipment-new": "", "source": "x"}
    client.post(reverse("indicator_fill", args=["cn-13"]), sent)
    assert IndicatorEntry.objects.get(space=college, indicator="cn-13").why == "not-recorded"


@pytest.mark.parametrize("name", ["governance", "indicators", "chain", "quality_report"])
def test_another_institution_stays_shut(client, college, name):
    Space.objects.create(
        code="other-gov", name_en="o", name_zh="o", simulated=False, evidence_map="evidence-demo-college"
    )
    client.force_login(who("aud"))
    assert client.get(reverse(name), {"space": "other-gov"}).status_code == 403


def test_the_chain_counts_steps_and_says_what_is_not_on_record(client, college, django_assert_max_num_queries):
    mentees = Group.objects.create(space=college, code="m", kind="mentees", name_en="M", name_zh="M")
    for person in Person.objects.filter(space=college).order_by("pk")[:24]:
        Membership.objects.create(group=mentees, person=person, joined=date(2026, 9, 20))
    page(client, "aud", reverse("chain"))
    with django_assert_max_num_queries(20):
        told = asked(client, reverse("chain"))
    assert "<strong>40</strong>" in told
    assert "<strong>24</strong>" in told
    assert "went no further: 16" in told
    assert "graduated, by a list of graduates of the office" in told
    assert '<span class="quiet">not on record</span>' in told  # no list yet
    assert "Fewer than five people have put in works" in told
    assert "Health of the ecosystem" not in page(client, "bur", reverse("chain"))


def test_the_files_say_what_the_page_says(client, college):
    fill(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 58})
    entry = fill(college, "cn-23", {"leavers.degree": 50, "leavers.graduated": 57})
    sign_indicator(entry=entry, by=who("aud"), at=NOON)
    told = page(client, "aud", reverse("quality_report"))
    assert "2 items have" not in told
    assert "25 items: 1 signed by two people, 1 filled in and not yet signed by a second person, 23 without" in told
    ask = {"space": "governed", "year": YEAR}
    word = Document(BytesIO(client.get(reverse("quality_report"), {**ask, "as": "docx"}).content))
    text = "\n".join(paragraph.text for paragraph in word.paragraphs)
    assert "“of them, graduated” is 58" in text
    assert "filled in by rec, not yet signed by a second person" in text
    assert [len(table.rows) for table in word.tables] == [12, 11, 5]
    book = openpyxl.load_workbook(BytesIO(client.get(reverse("quality_report"), {**ask, "as": "xlsx"}).content))
    results = {row[0]: row for row in book["Results"].iter_rows(min_row=2, values_only=True)}
    assert results["Share awarded a degree"][1] == 87.7
    assert results["Share up to the standard of fitness"][8] == "not recorded"
    listed = client.get(reverse("indicators"), {**ask, "as": "xlsx", "table": "indicators"}).content
    rows = {row[0]: row for row in openpyxl.load_workbook(BytesIO(listed)).worksheets[0].iter_rows(values_only=True)}
    assert rows["Share awarded a degree"][2] == 87.72
    assert client.get(reverse("indicators"), {**ask, "as": "pdf"}).content.startswith(b"%PDF")


def test_all_figures_on_record_at_once_are_those_of_each_alone(college):
    demo_college = Space.objects.get(code="demo-college")
    for space in (college, demo_college):
        for year in (2024, 2026, 2027):
            together = figures_on_record(space, year)
            assert together == {name: figure_on_record(space, name, year) for name in (*PEOPLE, *THINGS)}
    assert figures_on_record(demo_college, 2026)["works"].count > 0


def tables_as(client, kind, **query):
    ask = {"space": "governed", "year": YEAR, "as": f"tables-{kind}", **query}
    return client.get(reverse("quality_report"), ask)


def lines_of(book, sheet):
    return {row[0]: row for row in book[sheet].iter_rows(min_row=2, values_only=True)}


def test_the_state_tables_hold_what_the_store_holds_with_who_answers(client, college):
    plan_indicator(space=college, indicator=PACK.indicator("cn-18"), year=YEAR, target=None, recorder=who("rec"),
                   auditor=who("aud"), by=who("aud"), at=NOON)  # fmt: skip
    signed = fill(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 58})
    sign_indicator(entry=signed, by=who("aud"), at=NOON)
    fill(college, "cn-23", {"leavers.degree": 50, "leavers.graduated": 57})
    fill(college, "cn-13", {}, applies=False)
    page(client, "aud", reverse("quality_report"))
    book = openpyxl.load_workbook(BytesIO(tables_as(client, "xlsx").content))
    assert book.sheetnames[0] == "To read first"
    results = lines_of(book, "8 Graduates, degrees and…")
    graduated = results["Of them, graduated"]
    assert (graduated[1], *graduated[5:8]) == (58, "rec", "aud", "signed by two people")
    assert (graduated[3].date(), graduated[10], graduated[11]) == (
        date(2026, 8, 31), "Share that graduate on time", "ledger",
    )  # fmt: skip
    assert results["Of them, awarded a degree"][7] == "signed by the recorder alone"
    assert results["Graduates with a destination at the first count"][9] == "not recorded"
    conditions = lines_of(book, "6 Equipment, books and space")
    assert conditions["Value of such equipment that is new this year"][9] == "does not apply here"
    assert conditions["Area of laboratories"][5:7] == ("rec", "aud")  # named, and has not filled it in yet
    kinds = lines_of(book, "1 Students by kind")
    assert (kinds["Undergraduates"][1], kinds["Undergraduates"][10]) == (40, "the records of the institution")
    assert [row[1] for row in lines_of(book, "2 Undergraduates by entry year").values()] == [20, 20, 40]
    checks = [row[2] for row in book["Checks between the tables"].iter_rows(min_row=2, values_only=True)]
    assert checks[0].startswith("“of them, graduated” is 58 in “Share that graduate on time” but 57")
    assert "Undergraduates by entry year: the lines add up to 40; “undergraduates” is 40." in checks


def test_the_page_shows_the_checks_of_the_state_tables_in_few_questions(client, college, django_assert_max_num_queries):
    fill(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 58})
    fill(college, "cn-23", {"leavers.degree": 50, "leavers.graduated": 57})
    page(client, "aud", reverse("quality_report"))
    with django_assert_max_num_queries(20):
        told = asked(client, reverse("quality_report"))
    assert "must check titles, numbers and definitions" in told
    assert "<strong>contradicts</strong> · “of them, graduated” is 58" in told
    client.cookies["django_language"] = "zh-hans"
    told = asked(client, reverse("quality_report"))
    assert "国家数据采集表" in told
    assert "<strong>矛盾</strong> · “其中：毕业人数”在" in told


def test_a_small_group_is_hidden_in_the_files_as_on_the_page_of_the_indicator(client, college):
    for number in range(3):
        Person.objects.create(space=college, code=f"few{number}", name_en="x", name_zh="x", cohort="2025")
    page(client, "aud", reverse("quality_report"))
    rows = lines_of(
        openpyxl.load_workbook(BytesIO(tables_as(client, "xlsx").content)), "2 Undergraduates by entry year"
    )
    assert rows["2025"][1] is None
    assert rows["2025"][9] == "hidden: it would tell of too few people"
    word = Document(BytesIO(tables_as(client, "docx").content))
    cells = {row.cells[0].text: row.cells[1].text for row in word.tables[1].rows}
    assert cells["2025"] == "hidden: it would tell of too few people"
    assert cells["Together"] == "43"
    assert sum(cells[year].isdecimal() for year in ("2024", "2025", "2026")) <= 1  # else the sum would give it away


def test_the_state_tables_are_for_the_office_and_taking_them_is_written_down(client, college):
    page(client, "rec", reverse("quality_report"))
    assert tables_as(client, "docx")["Content-Disposition"].endswith('yucai-state-tables-2026.docx"')
    taken = AuditEntry.objects.filter(space=college, act="table.taken", target="quality_report:tables-docx").get()
    assert taken.account_id == who("rec").pk
    client.force_login(who("bur"))
    assert tables_as(client, "xlsx").status_code == 403


def words_of(pdf):
    return "".join("".join(one.extract_text() for one in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.parametrize(("language", "means", "conversion", "chain"), [
    ("en", "converted students: master 1.5", "Counts as", "went no further"),
    ("zh-hans", "硕士生×1.5", "折合", "止于此"),
])  # fmt: skip
def test_one_indicator_and_the_chain_on_paper_say_what_their_pages_say(
    client, college, language, means, conversion, chain
):
    counts = dict.fromkeys(PACK.indicator("cn-08").figures, 0) | {"teachers.full-time": 5, "students.master": 10}
    fill(college, "cn-08", counts)
    client.force_login(who("aud"))
    client.cookies["django_language"] = language
    for address, wanted in ((reverse("indicator", args=["cn-08"]), [means, "11.00", conversion]),
                            (reverse("chain"), [chain, "40"])):  # fmt: skip
        told = words_of(client.get(address, {"space": "governed", "year": YEAR, "as": "pdf"}).content)
        for word in wanted:
            assert "".join(word.split()) in told
    acts = AuditEntry.objects.filter(space=college, act="table.taken").order_by("position")
    assert [one.target for one in acts] == ["indicator:cn-08:pdf", "chain:pdf"]


def test_paper_for_a_bureau_has_no_names_and_hides_what_its_page_hides(client, college):
    entry = fill(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 57})
    sign_indicator(entry=entry, by=who("aud"), at=NOON)
    client.force_login(who("bur"))
    client.cookies["django_language"] = "en"
    sent = client.get(reverse("indicator", args=["cn-22"]), {"space": "governed", "year": YEAR, "as": "pdf"}).content
    told = words_of(sent)
    assert "hidden:itwouldtelloftoofewpeople" in told
    assert "ledger" not in told
    assert not re.search(r"(?<![\d:.-])57(?![\d:.-])", told)  # a time or a day may hold it


def test_the_newest_year_is_the_one_whose_30_september_is_past():
    assert last_year(datetime(2026, 9, 30, 4, tzinfo=UTC)) == 2026
    assert last_year(datetime(2026, 9, 29, 4, tzinfo=UTC)) == 2025
    assert last_year(NOON + timedelta(days=200)) == 2026


def test_when_the_records_move_the_page_says_so_and_a_new_version_takes_it_up(client, college):
    sign_indicator(entry=fill(college, "cn-01", {}, source=""), by=who("aud"), at=NOON)
    Person.objects.create(space=college, code="late", name_en="x", name_zh="x", cohort="2026")
    told = page(client, "aud", reverse("indicator", args=["cn-01"]))
    assert "40 in the newest version, 41 on record now" in told
    fill(college, "cn-01", {}, source="", reason="one came late")
    told = page(client, "aud", reverse("indicator", args=["cn-01"]))
    assert "on record now" not in told
    assert [row.value for row in IndicatorEntry.objects.filter(space=college).order_by("version")] == [40, 41]


def test_a_signed_value_stays_as_it_was_signed_and_a_check_tells_where_its_definition_moved(client, college):
    entry = sign_indicator(entry=fill(college, "cn-25", {"fitness.tested": 200, "fitness.passed": 190}), by=who("aud"),
                           at=NOON)  # fmt: skip
    IndicatorEntry.objects.filter(pk=entry.pk).update(value=96.0)  # as under an older definition
    told = page(client, "aud", reverse("indicators"))
    assert "96.0" in told
    assert "says 96; from its numerator and denominator it is 95" in told


def test_the_demonstration_holds_what_its_guide_says_can_be_found(client):
    demo_college = Space.objects.get(code="demo-college")
    fill_indicators(demo_college, at=NOON)
    client.force_login(Account.objects.get(username="director", demo=True))
    client.cookies["django_language"] = "zh-hans"
    told = client.get(reverse("indicators"), {"space": demo_college.code, "year": YEAR}).content.decode()
    assert "“其中：毕业人数”在“应届本科生毕业率”中为 58，在“应届本科生学位授予率”中为 57。" in told
    waiting = IndicatorEntry.objects.filter(space=demo_college, year=YEAR, signed_at=None)
    assert sorted(waiting.values_list("indicator", flat=True)) == ["cn-12", "cn-18", "cn-19"]
    client.force_login(Account.objects.get(username="bureau", demo=True))
    told = client.get(reverse("indicators"), {"space": demo_college.code, "year": YEAR}).content.decode()
    assert told.count('class="hidden-cell"') == 1
