"""What a portrait says: grey where there is not enough, each number with its evidence, alike on screen and paper."""

import html
import re
from dataclasses import fields
from datetime import UTC, datetime
from io import BytesIO

import polars as pl
import pytest
from django.utils import timezone, translation
from pypdf import PdfReader

from tests.web.sources import source_named
from yucai.demo import simulate_college
from yucai.evidence import Responses
from yucai.framework import load_evidence_map, load_practices, load_talent_types
from yucai.texts import signed
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.actions import digest_of, take_in
from yucai.web.evidence.models import EvidenceRecord, OwnWork
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.portrait_paper import portrait_paper
from yucai.web.measurement.portraits import GrowthRow, PortraitWish, QualityView, portrait_of

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
    said += [place for row in shown.growth for place in row.places]
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


NUMBER = re.compile(r"[+−-]?\d+(?:\.\d+)?")


def numbers_in(*texts):
    return set(NUMBER.findall(" ".join(texts)))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("kind", ["none", "engineer", "educator"])
def test_every_number_of_a_sentence_is_in_the_table_behind_the_chart_and_the_other_way_round(person, language, kind):
    for code in (OWN, quiet_student()):
        shown = portrait(person(code), language, wish=PortraitWish(talent_type=kind))
        with translation.override(language):
            for view in shown.qualities:
                cells = [view.place, view.target, view.aim.weight if view.aim else "", str(view.pieces)]
                assert numbers_in(view.says) == numbers_in(*cells), view.says
                assert view.says in shown.chart_says


def test_a_target_is_where_the_level_begins_that_next_steps_use_too(person):
    shown = portrait(person(OWN), wish=PortraitWish(talent_type="engineer"))
    pack = load_practices("practices-nine-qualities")
    wanted = {code: pack.begins(level) for code, level in pack.targets["engineer"].items()}
    assert {view.code: view.aim.place for view in shown.qualities if view.aim.place is not None} == wanted
    weights = load_talent_types("talent-types").of("engineer").weights
    assert {view.code: view.aim.weight for view in shown.qualities} == {
        code: f"{100 * weight:.0f} %" for code, weight in weights.items()
    }
    assert "They come from no data" in shown.targets.note
    assert "proposal" in shown.targets.note
    assert shown.labels.target == "target: Engineer (proposal)"


def test_the_words_of_a_target_follow_the_printed_interval(person):
    seen = set()
    for number in Person.objects.filter(groups__code="2023-1").order_by("code")[:12]:
        for view in portrait(number, wish=PortraitWish(talent_type="engineer")).qualities:
            if view.aim.place is None:
                assert view.target == view.compared == ""
                continue
            place = round(view.aim.place, 1)
            lower, upper = (round(end, 1) if view.enough else None for end in (view.lower or 0, view.upper or 0))
            word = (
                "" if not view.enough
                else "below the target" if upper < place
                else "reached" if lower >= place
                else "cannot tell yet"
            )  # fmt: skip
            assert view.target == " · ".join(filter(None, (signed(view.aim.place), word)))
            seen.add(word)
    assert {"below the target", "reached", "cannot tell yet"} <= seen


def test_without_a_type_nothing_is_aimed_at_and_an_unknown_type_is_ones_own(person):
    who = person(OWN)
    none = portrait(who, wish=PortraitWish(talent_type="none"))
    assert (none.targets.aims, {view.aim for view in none.qualities}) == ({}, {None})
    assert portrait(who, wish=PortraitWish(talent_type="astronaut")).targets.code == who.talent_type


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_radar_and_dots_show_the_same(person, language):
    dots, radar = (portrait(person(OWN), language, wish=PortraitWish(chart=chart)) for chart in ("dots", "radar"))
    assert (dots.chart_says, dots.qualities, dots.rows) == (radar.chart_says, radar.qualities, radar.rows)
    assert radar.chart_wide != dots.chart_wide
    for view in radar.qualities:
        assert re.sub(r"\s", "", view.name) in re.sub(r"\s|<[^>]+>", "", radar.chart_wide)


def page_of(client, who, query=""):
    return client.get(f"/people/{who.pk}/portrait/{query}")


def shown_words(page):
    """Return the words of a portrait as it is seen before anything is unfolded, and of the table behind the chart."""
    main = page[page.index('<main id="main"') :]
    main = re.sub(
        r'(?s)<section id="next-steps".*?</section>|<section aria-labelledby="looked">.*?</section>', "", main
    )
    main = re.sub(
        r"(?s)<title.*?</title>|<desc.*?</desc>|<form.*?</form>|<nav.*?</nav>|<figcaption.*?</figcaption>", "", main
    )
    main = re.sub(r'(?s)<div class="narrow">.*?</svg></div>', "", main)
    main = re.sub(r'(?s)<section aria-labelledby="behind">.*?</section>', "", main)
    main = re.sub(r'(?s)<details class="explained".*?</details>', "", main)
    main = main[: main.index("</main>")]
    return html.unescape(re.sub(r"<[^>]+>", " ", main))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("query", ["?type=none", "?type=engineer", "?type=engineer&chart=radar&occasion=2024-2025"])
def test_all_words_and_numbers_of_the_paper_are_on_the_screen_and_all_numbers_of_the_screen_on_paper(
    signed_in, person, language, query
):
    client, who = signed_in("director", language), person(OWN)
    answer = page_of(client, who, query)
    shown, works = answer.context["portrait"], answer.context["works"]
    screen = shown_words(answer.content.decode())
    paper = client.get(f"/people/{who.pk}/portrait.pdf{query}").content
    sheets = PdfReader(BytesIO(paper)).pages
    assert len(sheets) == 1
    printed = re.sub(r"\s", "", sheets[0].extract_text())
    dense = re.sub(r"\s", "", screen)
    code = {"en": "en", "zh": "zh-hans"}[language]
    with translation.override(code):
        rows = [one for view in shown.qualities for one in (view.name, view.sentence, view.place, view.kinds)]
        rows += [view.target for view in shown.qualities] + [view.strength for view in shown.qualities]
        rows += [view.aim.weight for view in shown.qualities if view.aim]
    rows += [one for row in shown.growth for one in (row.name, *row.places)]
    rows += [one for view in shown.literacy for one in (view.name, view.sentence, view.place)]
    rows += [*shown.summary, *shown.reading[:2], shown.name, OWN, shown.occasion]
    if shown.targets.aims:
        rows += [shown.targets.definition, shown.targets.note]
    for one in rows:
        wanted = re.sub(r"\s", "", one)
        assert wanted in printed, one
        assert wanted in dense, one
    # Numbers: what is on paper and not of this printing is on the screen; what the screen shows is on paper.
    left_off = {number for work in works for number in numbers_in(work.title, str(work.done_on), work.strength_reason,
                work.rating, work.counts, str(work.decided_at or ""), work.team)}  # fmt: skip
    told = re.sub(r"Printed.*?\(demo\)\.|\d{4}-\d\d-\d\d\d\d:\d\d由.*?打印。", "", printed)
    on_screen = numbers_in(re.sub(r"\s", "", screen)) | numbers_in(screen)
    missing = numbers_in(screen) - left_off - numbers_in(told) - {"3"}
    assert {number for number in missing if number not in printed} == set()
    printing = numbers_in(f"{timezone.localtime():%Y-%m-%d}", "1", *(f"{n:02d}" for n in range(60)))
    strange = {number for number in numbers_in(told) if number not in on_screen and number not in dense}
    assert strange - printing - left_off == set()


def test_a_student_keeps_a_type_of_their_own_and_everybody_else_may_only_look(signed_in, person):
    who, client = person(OWN), signed_in("student")
    kept = client.post("/talent-type", {"type": "artist"})
    assert kept.status_code == 302
    assert person(OWN).talent_type == "artist"
    assert page_of(client, who).context["portrait"].targets.code == "artist"
    assert AuditEntry.objects.filter(act="talent-type.chosen", people__person=who).count() == 1
    client.post("/talent-type", {"type": "astronaut"})
    assert person(OWN).talent_type == "artist"
    client.post("/talent-type", {"type": "none"})
    assert person(OWN).talent_type == ""
    assert signed_in("teacher").post("/talent-type", {"type": "artist"}).status_code == 403


def test_the_address_keeps_chart_type_and_period(signed_in, person):
    page = page_of(signed_in("teacher"), person(OWN), "?chart=radar&type=artist&occasion=2024-2025").content.decode()
    assert "portrait.pdf?occasion=2024-2025&amp;chart=radar&amp;type=artist" in page
    assert 'href="?occasion=2023-2024&amp;chart=radar&amp;type=artist"' in page
    assert 'href="?occasion=2024-2025&amp;chart=dots&amp;type=artist#targets"' in page or (
        'href="?occasion=2024-2025&amp;type=artist#targets"' in page
    )


@pytest.mark.parametrize("role", ["student", "teacher", "director"])
def test_a_portrait_asks_little_of_the_database_however_much_there_is(
    signed_in, person, role, django_assert_max_num_queries
):
    client, who = signed_in(role), person(OWN)
    page_of(client, who)
    with django_assert_max_num_queries(20):
        page_of(client, who)
    strong = OwnWork.objects.filter(person=who, state="verified").first()
    facts = {f.name: getattr(strong, f.name) for f in OwnWork._meta.concrete_fields if f.name not in ("id", "replaces")}
    for n in range(6):
        OwnWork.objects.create(**{**facts, "title": f"More {n}"})
    with django_assert_max_num_queries(20):
        page_of(client, who)
