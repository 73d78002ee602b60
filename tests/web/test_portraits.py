"""What a portrait says: grey where there is not enough, each number with its evidence, alike on screen and paper."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from io import BytesIO

import polars as pl
import pytest
from django.utils import translation
from pypdf import PdfReader

from tests.web.sources import source_named
from yucai.demo import simulate_college
from yucai.evidence import Responses
from yucai.framework import load_evidence_map
from yucai.texts import signed
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.actions import digest_of, take_in
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.portraits import GrowthRow, QualityView, portrait_of, portrait_paper

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
OWN = "2023010001"
CHINESE = re.compile(r"[一-鿿]")


def portrait(person, language="en", **more):
    with translation.override(language):
        return portrait_of(person, at=NOW, **more)


def papers_words(person, language, occasion=None):
    paper = portrait_paper(person, occasion=occasion, language=language, by="Office", at=NOW)
    sheets = PdfReader(BytesIO(paper)).pages
    return len(sheets), re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in sheets))


def quiet_student():
    return next(problem.who[0] for problem in simulate_college().planted if problem.code == "gone-quiet")


def test_where_there_is_not_enough_it_is_grey_never_low():
    greys = 0
    for person in Person.objects.filter(groups__code="2024").order_by("code")[10:25]:
        for view in (*(shown := portrait(person)).qualities, *shown.literacy):
            row = ProfileRow.objects.filter(
                run__current=True, person=person, occasion=shown.occasion, quality=view.code
            ).first()
            assert view.enough == (row is not None and row.enough)
            if view.enough:
                assert (view.what_would_change, view.place != "") == ("", True)
                continue
            greys += 1
            assert (view.mean, view.lower, view.upper, view.place) == (None, None, None, "")
            assert view.sentence == "Not enough evidence yet."
            assert view.what_would_change
    assert greys >= 9


def test_a_grey_quality_is_no_clear_strength_and_is_listed_as_unknown(person):
    shown = portrait(person(OWN))
    named = {sentence.partition(": ")[0]: sentence for sentence in shown.summary}
    for view in shown.qualities:
        strong = view.lower is not None and round(view.lower, 1) > 0  # as it is printed
        assert (view.name in named.get("Clear strengths", "")) == strong
        assert (view.name in named.get("Not enough evidence yet", "")) == (not view.enough)


def test_the_words_follow_the_interval_not_the_dot(person):
    seen = set()
    for number in Person.objects.filter(groups__code="2023-1").order_by("code")[:12]:
        for view in portrait(number).qualities:
            if not view.enough:
                continue
            assert view.lower < view.mean < view.upper
            lower, upper = round(view.lower, 1), round(view.upper, 1)  # as they are printed
            above, below = lower > 0, upper < 0
            assert view.sentence.lower().startswith(("above the average", "well above")) == above
            assert view.sentence.lower().startswith(("below the average", "well below")) == below
            assert view.sentence.startswith("Not clearly above or below") == (not above and not below)
            assert view.sentence.startswith("Well") == (lower > 1 or upper < -1)
            assert view.place == f"{signed(view.mean)} [{signed(view.lower)}, {signed(view.upper)}]"
            seen.add(view.sentence)
    assert len(seen) >= 3


def test_both_languages_give_the_same_numbers_in_their_own_words(person):
    english, chinese = portrait(person(OWN)), portrait(person(OWN), "zh-hans")
    assert (english.occasion, english.occasions) == (chinese.occasion, chinese.occasions)
    pairs = [
        *zip(english.qualities, chinese.qualities, strict=True),
        *zip(english.literacy, chinese.literacy, strict=True),
    ]
    for en, zh in pairs:
        for name in ("code", "place", "pieces", "enough", "mean"):
            assert getattr(en, name) == getattr(zh, name)
        for name in ("name", "definition", "sentence"):
            assert not CHINESE.search(getattr(en, name))
            assert CHINESE.search(getattr(zh, name))
        if not en.enough:
            assert not CHINESE.search(en.what_would_change)
            assert CHINESE.search(zh.what_would_change)
        assert [line.score for line in en.evidence] == [line.score for line in zh.evidence]
    assert [row.places for row in english.growth] == [row.places for row in chinese.growth]
    assert all(CHINESE.search(sentence) for sentence in (*chinese.summary, *chinese.reading))
    assert not any(CHINESE.search(sentence) for sentence in (*english.summary, *english.reading))


def test_every_piece_of_evidence_stands_under_its_quality_with_its_source(person):
    who = person(OWN)
    shown = portrait(who, occasion="2024-2025")
    evidence_map = load_evidence_map("evidence-demo-college")
    records = EvidenceRecord.objects.filter(person=who, occasion__startswith="2024-2025").select_related("item")
    for view in (*shown.qualities, *shown.literacy):
        mine = [r for r in records if (rule := evidence_map.rule_for(r.item.code)) and rule.quality == view.code]
        assert view.pieces == len(view.evidence) == len(mine)
        assert {line.source for line in view.evidence} == {f"simulated row {r.source_row}" for r in mine}
        assert sorted(line.score for line in view.evidence) == sorted(f"{r.score:g} / {r.max_score:g}" for r in mine)
    rated = next(view for view in shown.qualities if view.code == "innovation")
    assert rated.strength == "strong"
    assert {"rating", "survey"} <= set(rated.kinds.split(", "))
    assert all(line.rater for line in rated.evidence if "Rating" in line.what)


def test_growth_tells_year_by_year_what_the_portraits_told(person):
    who = person(OWN)
    shown = portrait(who)
    assert shown.occasions == ("2023-2024", "2024-2025", "2025-2026")
    by_year = {year: portrait(who, occasion=year).qualities for year in shown.occasions}
    for q, row in enumerate(shown.growth):
        for year, place in zip(shown.occasions, row.places, strict=True):
            view = by_year[year][q]
            assert row.name == view.name
            assert place.split(" ± ")[0] == (signed(view.mean) if view.enough else "")


def test_one_year_shows_no_growth(group):
    first_year = group("2025").people.first()
    assert portrait(first_year).growth == ()


def test_the_last_year_of_a_student_who_fell_silent_is_grey(person):
    shown = portrait(person(quiet_student()))
    assert shown.occasion == shown.occasions[-1] == "2025-2026"
    assert not any(view.enough or view.pieces or view.evidence for view in shown.qualities)
    assert {view.what_would_change for view in shown.qualities} == {"No evidence yet."}
    assert all(row.places[-1] == "" for row in shown.growth)
    assert any(row.places[0] for row in shown.growth)
    assert shown.literacy == ()
    before = portrait(person(quiet_student()), occasion="2024-2025")
    assert any(view.enough for view in before.qualities)


def test_there_is_no_total_over_the_qualities(person):
    shown = portrait(person(OWN))
    numbers = [field.name for field in fields(shown) if isinstance(getattr(shown, field.name), int | float)]
    assert numbers == []
    assert any("There is no total" in sentence for sentence in shown.reading)
    assert {type(row) for row in shown.growth} == {GrowthRow}
    assert {type(view) for view in shown.qualities} == {QualityView}


def test_a_period_that_is_not_there_shows_the_latest(person):
    assert portrait(person(OWN), occasion="1999-2000").occasion == "2025-2026"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("occasion", ["2024-2025", None])
def test_the_paper_says_what_the_page_says(person, language, occasion):
    shown = portrait(person(OWN), language, occasion=occasion)
    sheets, words = papers_words(person(OWN), language, occasion)
    assert sheets == 1
    said = [shown.name, OWN, shown.occasion, *shown.summary, *shown.reading]
    for view in shown.qualities:
        said += [view.name, view.sentence, *([view.place] if view.enough else [])]
    for view in shown.literacy:
        said += [view.name, view.sentence]
    assert [one for one in said if re.sub(r"\s", "", one) not in words] == []


def test_the_page_shows_what_the_portrait_says(signed_in, person):
    shown = portrait(person(OWN))
    page = signed_in("student").get(f"/people/{person(OWN).pk}/portrait/").content.decode()
    for view in shown.qualities:
        assert view.name in page
        assert view.place in page
        assert view.sentence in page
        assert f"What would change this: {view.what_would_change}" in page or view.enough
    assert "Simulated data: nobody on this page exists." in page


@pytest.fixture
def school():
    return Space.objects.create(
        code="school", name_en="School", name_zh="学校", simulated=False, evidence_map="evidence-demo-college"
    )


def recorded(space, **columns):
    some = Responses.from_table(pl.DataFrame({"max_score": 100.0, "score": 70.0, **columns}))
    take_in(some, source=source_named(space, "f"), file_name="f", digest=digest_of(some), by="t", at=NOW)
    return Person.objects.filter(space=space).first()


def test_a_term_shows_its_own_evidence_and_not_that_of_one_with_a_longer_name(school):
    who = recorded(school, learner="1", item=["exam/a", "exam/b", "exam/c"], occasion=["T1", "T10", None])
    evidence = {}
    for when in ("T1", "T10", ""):
        known = next(view for view in portrait(who, occasion=when).qualities if view.code == "frontier-knowledge")
        evidence[when] = [line.what for line in known.evidence]
    assert evidence == {"T1": ["exam/a"], "T10": ["exam/b"], "": ["exam/c"]}


def test_evidence_that_no_calibration_has_used_is_not_called_missing(school):
    who = recorded(school, learner="1", item=["exam/a", "exam/b"], occasion="T1")
    known = next(view for view in portrait(who).qualities if view.code == "frontier-knowledge")
    assert (known.enough, len(known.evidence)) == (False, 2)
    assert known.what_would_change.startswith("2 pieces are recorded, but the current calibration does not use them")
    chinese = next(view for view in portrait(who, "zh-hans").qualities if view.code == "frontier-knowledge")
    assert chinese.what_would_change == "已记录 2 条，但当前标定未采用：入库在后，或不提供信息。"


def test_somebody_without_any_evidence_has_a_page_all_the_same(school, person):
    nobody = Person.objects.create(space=school, code="9", name_en="Nobody", name_zh="某人")
    shown = portrait(nobody)
    assert (shown.occasion, shown.occasions, shown.growth) == ("", (), ())
    assert {view.what_would_change for view in shown.qualities} == {"No evidence yet."}
    assert papers_words(nobody, "zh")[0] == 1
