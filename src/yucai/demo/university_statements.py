"""The Open University 2013-14 as xAPI statements, as a learning platform would have sent them (OULAD, CC BY 4.0)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import as_file, files
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from yucai.evidence import LearnerNumbers, Version, timestamp_text

__all__ = ["university_learners", "university_statements"]

Json = dict[str, Any]
HOME: Final = "https://oulad.example.org"
ADL: Final = "http://adlnet.gov/expapi/verbs"
ACTIVITIES: Final = "http://adlnet.gov/expapi/activities"
CLICKS, ON_TIME, BANKED = f"{HOME}/xapi/clicks", f"{HOME}/xapi/on-time", f"{HOME}/xapi/carried-over"
KEY: Final = ["code_module", "code_presentation"]
START_MONTHS: Final = {"B": 2, "J": 10}
NOON: Final = time(12, tzinfo=UTC)
CHUNK: Final = 50_000
VERBS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType({
    "registered": (f"{ADL}/registered", "registered", "注册"),
    "scored": (f"{ADL}/scored", "scored", "获得评分"),
    "submitted": ("http://activitystrea.ms/schema/1.0/submit", "submitted", "提交"),
    "experienced": (f"{ADL}/experienced", "experienced", "浏览"),
    "Pass": (f"{ADL}/passed", "passed", "通过"),
    "Fail": (f"{ADL}/failed", "failed", "未通过"),
    "Distinction": ("http://id.tincanapi.com/verb/earned", "earned a distinction", "获得优异"),
    "Withdrawn": (f"{ADL}/exited", "withdrew", "退出"),
})  # fmt: skip
# The first two digits of an id say what table its statement is from, the last twelve the row in it.
REGISTRATIONS, RESULTS, OUTCOMES, VISITS = 1, 2, 3, 4


def university_learners() -> LearnerNumbers:
    """Return how the actors of these statements are told to be learners."""
    return LearnerNumbers(home_pages=frozenset({HOME}))


def university_statements(
    *, version: Version, clicks: pl.DataFrame | None = None, presentations: Collection[str] | None = None
) -> Iterator[Json]:
    """Yield the tables as statements: registrations, results of assessments, outcomes, and daily clicks where given.

    ``clicks`` has the columns of the source's table studentVle, which is not shipped with Yucai; ``presentations`` are
    those to tell of (``AAA-2013J``), all by default. Days in the source count from the start of a presentation, of
    which the month is known: the first of it is taken, and noon. Where the source has no day there is no timestamp.
    """
    teller = _Teller(version, presentations)
    yield from teller.registrations(_read("student_registration"))
    yield from teller.results(_read("student_assessment"), _read("assessment"))
    yield from teller.outcomes(_read("student"), _read("student_registration"), _read("course"))
    if clicks is not None:
        yield from teller.visits(clicks, _read("vle"))


def _read(name: str) -> pl.DataFrame:
    with as_file(files("yucai.demo").joinpath(f"oulad/{name}.parquet")) as path:
        return pl.read_parquet(path)


class _Teller:
    """Tells one row as one statement. What does not change from row to row is made once and shared, never altered."""

    def __init__(self, version: Version, presentations: Collection[str] | None) -> None:
        self.version = version
        self.presentations = presentations
        self.verbs = {name: {"id": id, "display": {"en": en, "zh": zh}} for name, (id, en, zh) in VERBS.items()}
        self.contexts: dict[str, Json] = {}
        self.times: dict[tuple[str, int], str] = {}

    def registrations(self, table: pl.DataFrame) -> Iterator[Json]:
        for n, occasion, row in self._rows(table):
            statement = self._base(REGISTRATIONS, n, "registered", row["id_student"], occasion)
            yield self._at(statement, occasion, row["date_registration"])

    def results(self, table: pl.DataFrame, assessment: pl.DataFrame) -> Iterator[Json]:
        joined = table.with_row_index("n", offset=1).join(assessment, on="id_assessment", maintain_order="left")
        for n, occasion, row in self._rows(joined):
            score, kind, due = row["score"], row["assessment_type"], row["date"]
            told = "submitted" if score is None else "scored"
            statement = self._base(RESULTS, n, told, row["id_student"], occasion)
            statement["object"] = {
                "id": f"{HOME}/{occasion}/{kind}-{row['id_assessment']}",
                "definition": {"type": f"{ACTIVITIES}/assessment"},
            }
            extensions: Json = {BANKED: row["is_banked"]}
            if due is not None and kind != "Exam" and not row["is_banked"]:
                extensions[ON_TIME] = row["date_submitted"] <= due
            statement["result"] = {"extensions": extensions}
            if score is not None:
                statement["result"]["score"] = {"raw": score, "min": 0, "max": 100, "scaled": score / 100}
            yield self._at(statement, occasion, row["date_submitted"])

    def outcomes(self, table: pl.DataFrame, registration: pl.DataFrame, course: pl.DataFrame) -> Iterator[Json]:
        """An outcome is told at the end of the presentation, a withdrawal on its day."""
        joined = table.join(registration, on=[*KEY, "id_student"], maintain_order="left")
        joined = joined.join(course, on=KEY, maintain_order="left")
        for n, occasion, row in self._rows(joined):
            outcome = row["final_result"]
            statement = self._base(OUTCOMES, n, outcome, row["id_student"], occasion)
            if outcome == "Withdrawn":
                yield self._at(statement, occasion, row["date_unregistration"])
                continue
            statement["result"] = {"success": outcome != "Fail", "completion": True}
            yield self._at(statement, occasion, row["module_presentation_length"])

    def visits(self, table: pl.DataFrame, vle: pl.DataFrame) -> Iterator[Json]:
        kinds: dict[int, str] = dict(vle.select("id_site", "activity_type").iter_rows())
        for n, occasion, row in self._rows(table):
            site = row["id_site"]
            statement = self._base(VISITS, n, "experienced", row["id_student"], occasion)
            statement["object"] = {
                "id": f"{HOME}/{occasion}/site-{site}",
                "definition": {"type": f"{HOME}/activity-type/{kinds.get(site, 'unknown')}"},
            }
            statement["result"] = {"extensions": {CLICKS: row["sum_click"]}}
            yield self._at(statement, occasion, row["date"])

    def _rows(self, table: pl.DataFrame) -> Iterator[tuple[int, str, Json]]:
        """Yield the row's number from 1, its presentation and its values; a piece of the table at a time."""
        numbered = table if "n" in table.columns else table.with_row_index("n", offset=1)
        for start in range(0, numbered.height, CHUNK):
            piece = numbered.slice(start, CHUNK).with_columns(pl.col(KEY).cast(pl.String))
            for row in piece.iter_rows(named=True):
                occasion = f"{row['code_module']}-{row['code_presentation']}"
                if self.presentations is None or occasion in self.presentations:
                    yield row["n"], occasion, row

    def _base(self, table: int, n: int, verb: str, student: int, occasion: str) -> Json:
        """Return what each statement has; its object is the presentation until something else is put there."""
        context = self.contexts.get(occasion)
        if context is None:
            course = {"id": f"{HOME}/{occasion}", "definition": {"type": f"{ACTIVITIES}/course"}}
            context = {"contextActivities": {"grouping": [course]}, "platform": "OULAD"}
            self.contexts[occasion] = context
        return {
            "id": f"{table:02d}000000-0000-8000-8000-{n:012d}",
            "actor": {"objectType": "Agent", "account": {"homePage": HOME, "name": f"ou-{student}"}},
            "verb": self.verbs[verb],
            "object": context["contextActivities"]["grouping"][0],
            "context": context,
            "version": self.version.stated,
        }

    def _at(self, statement: Json, occasion: str, day: int | None) -> Json:
        if day is not None:
            key = (occasion, day)
            text = self.times.get(key)
            if text is None:
                start = date(int(occasion[-5:-1]), START_MONTHS[occasion[-1]], 1)
                text = timestamp_text(datetime.combine(start + timedelta(days=day), NOON))
                self.times[key] = text
            statement["timestamp"] = text
        return statement
