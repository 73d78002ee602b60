"""From statements to evidence: responses for measurement, weak events beside them, and every statement told of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.responses import Responses
from yucai.evidence.statement_mapping.learners import LearnerNumbers, UnknownActor
from yucai.evidence.statement_mapping.profiles import Attempt, Gives, StatementProfile
from yucai.evidence.statement_mapping.rows import Row, Walker
from yucai.evidence.statement_mapping.told import notices_of
from yucai.frames import Column, Contract
from yucai.texts import Text

__all__ = ["EVENTS", "StatementEvents", "StatementResponses", "responses_from_statements"]

EVENTS: Final = Contract(
    "events",
    (
        Column(name="learner", kind="text", meaning=Text("who did it", "学习者")),
        Column(name="verb", kind="text", meaning=Text("what was done", "动词")),
        Column(name="item", kind="text", meaning=Text("what it was done to", "活动")),
        Column(name="occasion", kind="text", meaning=Text("term or presentation", "学期或期次"), nullable=True),
        Column(name="at", kind="time", meaning=Text("when it was done", "时间"), nullable=True),
        Column(name="times", kind="whole", meaning=Text("how often it was done", "次数"), unit="times"),
        Column(name="strength", kind="text", meaning=Text("how much it can bear", "证据力")),
        Column(name="statement", kind="text", meaning=Text("id of the statement", "陈述标识"), nullable=True),
    ),
)
SCHEMA: Final[Mapping[str, Any]] = {
    "n": pl.Int64, "part": pl.Int64, "id": pl.String, "gives": pl.String, "reason": pl.String, "what": pl.String,
    "learner": pl.String, "item": pl.String, "occasion": pl.String, "at": pl.Datetime("us", "UTC"),
    "score": pl.Float64, "max_score": pl.Float64, "verb": pl.String, "times": pl.Int64, "session": pl.String,
}  # fmt: skip
CHUNK: Final = 20_000
UNIT: Final = ("learner", "item", "occasion")
IN_TIME: Final = ("at", "id", "score", "max_score")
EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StatementEvents:
    """What learners did that is no score, in the columns of ``EVENTS``: seen, opened, clicked. All of it is weak."""

    table: pl.DataFrame

    def __len__(self) -> int:
        """The number of events; one may stand for several clicks (``times``)."""
        return self.table.height


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementResponses:
    """The evidence in statements, and what was left out and why: every statement is in one of them."""

    responses: Responses
    events: StatementEvents
    unknown_actors: tuple[UnknownActor, ...]
    notices: tuple[Fault, ...]
    n_statements: int


def responses_from_statements(
    statements: Iterable[Mapping[str, Any]],
    profile: StatementProfile,
    *,
    learners: LearnerNumbers,
    voided: Collection[str] = (),
    highest: Mapping[str, float] = EMPTY,
    occasions: Mapping[str, str] = EMPTY,
    zone: tzinfo = UTC,
) -> StatementResponses:
    """Return the evidence in statements that break no rule of xAPI, by what the profile declares.

    ``voided`` are ids of statements that are voided; those that the list itself voids are added. ``highest`` states the
    highest score by item (``"*"``: of all others) where a statement gives none, ``occasions`` the occasion by
    registration, ``zone`` where the school's days begin and end. The order of the statements does not matter. In the
    responses ``source_file`` names the kind of tool and ``source_sheet`` the id of the statement.
    """
    walker = Walker(
        profile=profile,
        learners=learners,
        highest=highest,
        occasions={key.lower(): value for key, value in occasions.items()} | dict(occasions),
        zone=zone,
    )
    rows = _gathered(chain.from_iterable(map(walker.rows_of, statements)))
    gone = walker.voided | {id.lower() for id in voided}
    rows = _without_voided(rows, gone)
    rows = _without_repeated(rows)
    rows = _without_closed_sessions(rows, walker, gone)
    rows = _without_sums(rows, walker)
    rows = _without_corrected(rows, profile)
    rows = _one_attempt(rows, profile.attempt)
    return StatementResponses(
        responses=_responses(rows, profile),
        events=_events(rows),
        unknown_actors=_unknown(rows),
        notices=tuple(notices_of(rows.filter(pl.col("reason").is_not_null()), profile)),
        n_statements=walker.n,
    )


def _gathered(rows: Iterator[Row]) -> pl.DataFrame:
    """Gather rows as a table, a piece at a time: columns take a tenth of what as many Python objects do."""
    pieces = [pl.DataFrame(schema=SCHEMA)]
    while piece := list(islice(rows, CHUNK)):
        columns = zip(SCHEMA, zip(*piece, strict=True), strict=True)
        pieces.append(
            pl.DataFrame([pl.Series(name, values, dtype=SCHEMA[name], strict=False) for name, values in columns])
        )
    return pl.concat(pieces)


def _left_out(rows: pl.DataFrame, which: pl.Expr, reason: str) -> pl.DataFrame:
    """Give those rows a reason that have none yet."""
    out = which & pl.col("reason").is_null()
    return rows.with_columns(
        reason=pl.when(out).then(pl.lit(reason)).otherwise("reason"),
        what=pl.when(out).then("item").otherwise("what"),
        gives=pl.when(out).then(pl.lit(str(Gives.NOTHING))).otherwise("gives"),
    )


def _without_voided(rows: pl.DataFrame, gone: Collection[str]) -> pl.DataFrame:
    """A voided statement counts for nothing, whatever else would be said of it; one that voids cannot be voided."""
    is_gone = pl.col("id").is_in(sorted(gone)) & (pl.col("reason").is_null() | (pl.col("reason") != "voids"))
    is_gone = is_gone.fill_null(value=False)
    return rows.with_columns(
        reason=pl.when(is_gone).then(pl.lit("voided")).otherwise("reason"),
        what=pl.when(is_gone).then(pl.lit(None, pl.String)).otherwise("what"),
        gives=pl.when(is_gone).then(pl.lit(str(Gives.NOTHING))).otherwise("gives"),
    )


def _without_repeated(rows: pl.DataFrame) -> pl.DataFrame:
    """Of a statement that came more than once one counts; where they differ, always the same one."""
    ids = rows.filter(pl.col("part") == 0)["id"].drop_nulls()
    if ids.n_unique() == len(ids):
        return rows
    held = rows.filter(pl.col("id").is_in(ids.filter(ids.is_duplicated()).unique().implode()))
    several = held.select("id", "n").unique()
    said = pl.concat_str([pl.col(name).cast(pl.String).fill_null("-") for name in SCHEMA if name != "n"], separator="|")
    whole = held.group_by("id", "n").agg(said=said.sort().str.join("|"))
    kept = whole.sort("id", "said").unique("id", keep="first", maintain_order=True)
    again = pl.col("n").is_in(several.join(kept, on="n", how="anti")["n"].implode())
    return rows.with_columns(
        reason=pl.when(again).then(pl.lit("repeated")).otherwise("reason"),
        what=pl.when(again).then(pl.lit(None, pl.String)).otherwise("what"),
        gives=pl.when(again).then(pl.lit(str(Gives.NOTHING))).otherwise("gives"),
    )


def _without_closed_sessions(rows: pl.DataFrame, walker: Walker, gone: Collection[str]) -> pl.DataFrame:
    """Results of sessions that were only looked through, and what came after a session was abandoned, do not count."""
    rule = walker.profile.session
    facts = [fact for fact in walker.sessions if fact.id not in gone]
    if rule is None or not facts:
        return rows
    browsed = sorted({fact.session for fact in facts if fact.mode is not None and fact.mode != rule.counted_mode})
    rows = _left_out(rows, pl.col("session").is_in(browsed).fill_null(value=False), "browsed")
    ends = pl.DataFrame(
        [(fact.session, fact.abandoned) for fact in facts if fact.abandoned is not None],
        schema={"session": pl.String, "ended": SCHEMA["at"]},
        orient="row",
    )
    ends = ends.group_by("session").agg(pl.col("ended").min())
    rows = rows.join(ends, on="session", how="left", maintain_order="left")
    return _left_out(rows, (pl.col("at") > pl.col("ended")).fill_null(value=False), "after-abandoned").drop("ended")


def _without_sums(rows: pl.DataFrame, walker: Walker) -> pl.DataFrame:
    """The result of a whole does not count beside the results of its parts: it is their sum."""
    if not walker.parts:
        return rows
    schema = {"n": pl.Int64, "learner": pl.String, "item": pl.String, "occasion": pl.String}
    wholes = pl.DataFrame(walker.parts, schema=schema, orient="row")
    counted = rows.filter(pl.col("gives") == Gives.RESPONSE).select("n").unique()
    wholes = wholes.join(counted, on="n", how="semi").select(UNIT)
    wholes = pl.concat([wholes, wholes.with_columns(pl.col("item") + "/success")]).unique()
    is_sum = wholes.with_columns(is_sum=pl.lit(1))
    rows = rows.join(is_sum, on=UNIT, how="left", nulls_equal=True, maintain_order="left")
    sums = (pl.col("is_sum") == 1).fill_null(value=False) & (pl.col("gives") == Gives.RESPONSE)
    return _left_out(rows, sums, "sum").drop("is_sum")


def _without_corrected(rows: pl.DataFrame, profile: StatementProfile) -> pl.DataFrame:
    """Of results that correct each other the last one counts."""
    verbs = sorted(verb for verb, rule in profile.verbs.items() if rule.corrects)
    return _one_of(rows, pl.col("verb").is_in(verbs), Attempt.LAST, "corrected") if verbs else rows


def _one_attempt(rows: pl.DataFrame, attempt: Attempt) -> pl.DataFrame:
    """Keep one result of a learner on an item in an occasion: the first, the last or the best, as declared."""
    return _one_of(rows, pl.lit(value=True), attempt, "attempt")


def _one_of(rows: pl.DataFrame, among: pl.Expr, attempt: Attempt, reason: str) -> pl.DataFrame:
    results = rows.filter(among & (pl.col("gives") == Gives.RESPONSE))
    if not results.select(pl.struct(UNIT).is_duplicated().any()).item():
        return rows
    share = (pl.col("score") / pl.col("max_score")).alias("share")
    by, falling = (["share", *IN_TIME], True) if attempt is Attempt.BEST else (list(IN_TIME), attempt is Attempt.LAST)
    descending = [falling, *(False for _ in IN_TIME)] if attempt is Attempt.BEST else falling
    ordered = results.with_columns(share).sort(by, descending=descending, nulls_last=falling, maintain_order=False)
    kept = ordered.unique(UNIT, keep="first", maintain_order=True).select("n", "part", kept=pl.lit(1))
    rows = rows.join(kept, on=["n", "part"], how="left", maintain_order="left")
    others = among & pl.col("kept").is_null() & (pl.col("gives") == Gives.RESPONSE)
    return _left_out(rows, others, reason).drop("kept")


def _responses(rows: pl.DataFrame, profile: StatementProfile) -> Responses:
    table = rows.filter(pl.col("gives") == Gives.RESPONSE).select(
        "learner", "item", "score", "max_score", "occasion", "at",
        source_file=pl.lit(profile.source), source_sheet="id",
    )  # fmt: skip
    return Responses.from_table(table.sort(UNIT))


def _events(rows: pl.DataFrame) -> StatementEvents:
    table = rows.filter(pl.col("gives") == Gives.EVENT).select(
        "learner", "verb", "item", "occasion", "at", "times", strength=pl.lit("weak"), statement="id"
    )
    return StatementEvents(EVENTS.check(table.sort("at", "statement", "learner", "verb", "item", "occasion", "times")))


def _unknown(rows: pl.DataFrame) -> tuple[UnknownActor, ...]:
    counted = Counter(rows.filter(pl.col("reason") == "unknown-actor")["what"].to_list())
    return tuple(UnknownActor(key=key, n_statements=n) for key, n in sorted(counted.items()))
