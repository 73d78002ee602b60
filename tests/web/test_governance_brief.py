"""The home of governance, on the screen, as PDF and as a workbook: the same words and numbers, in both languages."""

from datetime import UTC, date, datetime
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from pypdf import PdfReader

from tests.trust.attaining import NOON as TERM_END
from tests.trust.attaining import furnish_course
from yucai.governance import load_indicators
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Space
from yucai.web.governance.attainment_actions import hand_in
from yucai.web.governance.attainment_models import AttainmentVersion
from yucai.web.governance.indicator_actions import fill_indicator, plan_indicator, sign_indicator
from yucai.web.governance.indicator_showing import last_year

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
PACK = load_indicators("china-undergraduate")


@pytest.fixture
def course(db):
    """An institution with a target that is met, one that is missed, a value unsigned, and a result that waits."""
    made = furnish_course("brief")
    year = last_year(datetime.now(UTC))
    rec, aud = made.accounts["researcher"], made.accounts["director"]
    for code, counts, target in (
        ("cn-09", {"courses": 96}, 90), ("cn-25", {"fitness.tested": 200, "fitness.passed": 150}, 92),
        ("cn-13", {"equipment.new": 340_000}, None),
    ):  # fmt: skip
        about = {"space": made.space, "indicator": PACK.indicator(code), "year": year, "at": NOON}
        plan_indicator(**about, target=target, recorder=rec, auditor=aud, by=aud)
        entry = fill_indicator(**about, pack=PACK, counts=counts, applies=True, source="ledger",
                               as_of=date(2026, 8, 31), reason="", by=rec)  # fmt: skip
        if code != "cn-13":
            sign_indicator(entry=entry, by=aud, at=NOON)
    hand_in(run=made.run, by=made.accounts["teacher"], at=TERM_END)
    return made


def asked(client, course, language="en", role="director", **query):
    client.force_login(course.accounts[role])
    client.cookies["django_language"] = language
    return client.get(reverse("governance"), {"space": course.space.code, **query})


def words_of(answer):
    pages = PdfReader(BytesIO(answer.content)).pages
    return "".join("".join(one.extract_text() for one in pages).replace("\u200b", "").split())


SAYS = {
    "en": ("second signature", "New equipment for teaching and research", "75.0, target 92.0",
           "a result waits to be checked", "2 of 2 objectives", "not recorded"),
    "zh-hans": ("待第二人签名", "当年新增教学科研仪器设备值", "75.0（目标 92.0）", "结果待审核",
                "2 个目标中 2 个", "未填报"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_screen_paper_and_workbook_say_the_same(client, course, language):
    page = asked(client, course, language).content.decode()
    paper = asked(client, course, language, **{"as": "pdf"})
    book = openpyxl.load_workbook(BytesIO(asked(client, course, language, **{"as": "xlsx", "table": "all"}).content))
    cells = " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    assert paper["Content-Type"] == "application/pdf"
    printed = words_of(paper)
    for one in SAYS[language]:
        assert one in page
        assert "".join(one.split()) in printed
        assert one in cells
    assert len(PdfReader(BytesIO(paper.content)).pages) <= 2


def test_the_workbook_has_a_sheet_a_table_with_typed_cells(client, course):
    book = openpyxl.load_workbook(BytesIO(asked(client, course, **{"as": "xlsx", "table": "all"}).content))
    assert book.sheetnames[0] == "What needs a decision"
    values = [row[2] for row in book[book.sheetnames[1]].iter_rows(min_row=2, values_only=True)]
    assert sorted(values) == [75, 96, 340_000]
    one = asked(client, course, **{"as": "xlsx", "table": "unknown"})
    assert openpyxl.load_workbook(BytesIO(one.content)).sheetnames[0] == "What is not known, and why"


def test_the_paper_says_that_data_are_simulated_and_for_whom_it_was_made(client, course):
    assert "Simulateddata" not in words_of(asked(client, course, **{"as": "pdf"}))
    Space.objects.filter(pk=course.space.pk).update(simulated=True)
    told = words_of(asked(client, course, **{"as": "pdf"}))
    assert "Simulateddata" in told
    assert "N-director" in told
    entry = AuditEntry.objects.order_by("-position").first()
    assert (entry.act, entry.target) == ("table.taken", "governance:pdf")


def test_a_result_that_was_changed_stands_among_what_is_not_known(client, course):
    AttainmentVersion.objects.filter(run=course.run).update(state="locked", checked_at=NOON, analysis="changed")
    page = asked(client, course).content.decode()
    assert "Version 1 is not what was handed in" in page
    assert "2 of 2 objectives" not in page


def test_a_bureau_gets_the_cards_alone(client, course):
    page = asked(client, course, role="bureau").content.decode()
    assert "What needs a decision" not in page
    for query in ({"as": "pdf"}, {"as": "xlsx", "table": "all"}):
        assert asked(client, course, role="bureau", **query)["Content-Type"].startswith("text/html")


def test_few_questions_however_much_there_is(client, course, django_assert_max_num_queries):
    asked(client, course)
    with django_assert_max_num_queries(20):
        assert client.get(reverse("governance"), {"space": course.space.code}).status_code == 200
