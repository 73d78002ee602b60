"""From the lake to profiles: all or nothing, with its calibration file and everything it has to say."""

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.web.sources import source_named
from yucai.demo import simulate_college
from yucai.errors import YucaiError
from yucai.evidence import Responses
from yucai.measurement import Calibration
from yucai.web.accounts.models import Space
from yucai.web.evidence.actions import digest_of, take_in, write_lake
from yucai.web.lake.models import LakeFile
from yucai.web.measurement.actions import in_periods, measure_space
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.registers.switches import begin_provisionally

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 25, 12, tzinfo=UTC)


class CalledOffError(Exception):
    """What a report raises to end the work."""


def quiet(done, text):
    assert 0 <= done <= 1
    assert text.en != text.zh


@pytest.fixture
def school(settings, tmp_path):
    """Give a small school: one entry year of the simulated college, ratings of one quality and exams."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path)
    space = Space.objects.create(
        code="school", name_en="School", name_zh="学校", simulated=True, evidence_map="evidence-demo-college",
        period="school-year",
    )  # fmt: skip
    begin_provisionally(space=space, at=NOON)
    kept = pl.col("item").str.contains("^(exam|rubric/innovation)") & (pl.col("learner") < "2023")
    import_of(space, simulate_college().responses.table.filter(kept))
    return space


def import_of(space, table):
    some = Responses.from_table(table)
    take_in(some, source=source_named(space, "files"), file_name="f", digest=digest_of(some), by="test", at=NOON)


def measured(space, *, report=quiet, at=NOON):
    return measure_space(space, report=report, clock=lambda: at)


def shown(space):
    rows = ProfileRow.objects.filter(run__space=space).order_by("person", "occasion", "quality")
    return list(rows.values_list("run", "person__code", "occasion", "quality", "mean", "enough"))


def test_a_calibration_is_kept_with_its_file_its_numbers_and_its_notices(school, settings):
    run = measured(school)
    assert (run.current, run.at, run.evidence_map) == (True, NOON, "evidence-demo-college")
    file = settings.WORKSPACE.calibrations / run.file
    kept = Calibration.load(file)
    assert len(run.notices) == len(kept.notices) > 0
    by_name = [notice.zh.replace("frontier-knowledge", "前沿知识") for notice in kept.notices]
    assert [said["zh"] for said in run.notices] == by_name  # pages call a quality by its name, files by its code
    assert all(said["en"] != said["zh"] for said in run.notices)
    assert run.converged == kept.converged
    assert [path.name for path in settings.WORKSPACE.calibrations.iterdir()] == [run.file]
    assert {quality for *_, quality, _, _ in shown(school)} == {scale.quality for scale in kept.scales}


def test_the_evidence_that_the_lake_lacks_is_taken_in_first(school):
    assert not LakeFile.objects.filter(space=school).exists()
    run = measured(school)
    assert run.responses == sum(LakeFile.objects.filter(space=school).values_list("rows", flat=True)) > 1000
    assert run.last_record == LakeFile.objects.filter(space=school).latest("last_record").last_record


def test_the_newest_calibration_takes_the_place_of_the_old_one(school):
    first, second = measured(school), measured(school, at=LATER)
    first.refresh_from_db()
    assert (first.current, second.current) == (False, True)
    assert {run for run, *_ in shown(school)} == {second.pk}
    assert CalibrationRun.objects.filter(space=school, current=True).count() == 1


def test_the_same_evidence_gives_the_same_profiles(school):
    measured(school)
    first = [row[1:] for row in shown(school)]
    measured(school, at=LATER)
    assert [row[1:] for row in shown(school)] == first


def test_when_saving_fails_the_old_profiles_stand(school, settings):
    old = measured(school)
    before = shown(school)
    folder = settings.WORKSPACE.calibrations
    (folder / old.file).rename(folder.with_name("kept"))
    folder.rmdir()
    folder.write_text("something stands where the folder was")
    with pytest.raises(FileExistsError):
        measured(school, at=LATER)
    assert CalibrationRun.objects.get(space=school) == old
    assert CalibrationRun.objects.get(space=school).current
    assert shown(school) == before


def test_the_one_who_hears_of_it_may_call_it_off_at_any_word(school, settings):
    old = measured(school)
    before = shown(school)

    def call_off_at(share):
        def report(done, text):
            if done >= share:
                raise CalledOffError

        return report

    for share in (0.0, 0.1, 0.65, 0.8):
        with pytest.raises(CalledOffError):
            measured(school, report=call_off_at(share), at=LATER)
        assert CalibrationRun.objects.get(space=school) == old
        assert shown(school) == before
    assert [path.name for path in settings.WORKSPACE.calibrations.iterdir()] == [old.file]


def test_no_evidence_is_said(school):
    empty = Space.objects.create(
        code="empty", name_en="Empty", name_zh="空校", simulated=False, evidence_map="evidence-demo-college"
    )
    begin_provisionally(space=empty, at=NOON)
    with pytest.raises(YucaiError, match=r"holds no evidence yet. Import a file first"):
        measured(empty)


def test_terms_are_joined_to_school_years_where_a_profile_covers_a_year(school):
    table = pl.DataFrame(
        {"learner": ["1", "2", "3"], "item": "exam/a", "score": 1.0, "max_score": 2.0,
         "occasion": ["2025-2026-1", "2025-2026-2", None]}
    )  # fmt: skip
    some = Responses.from_table(table)
    assert in_periods(some, school).table["occasion"].to_list() == ["2025-2026", "2025-2026", None]
    assert some.table["occasion"].to_list() == ["2025-2026-1", "2025-2026-2", None]
    by_term = Space(code="t", period=Space.Period.OCCASION)
    assert in_periods(some, by_term).table.equals(some.table)


def test_only_what_has_evidence_becomes_a_row(school):
    measured(school)
    assert not ProfileRow.objects.filter(run__space=school, n_evidence=0).exists()
    write_lake(school, at=LATER)
    before = len(shown(school))
    new = {"learner": ["new"], "item": ["award/unheard-of"], "score": [1.0], "max_score": [1.0]}
    import_of(school, pl.DataFrame(new))
    measured(school, at=LATER)
    assert len([row for row in shown(school) if row[1] != "new"]) == before
