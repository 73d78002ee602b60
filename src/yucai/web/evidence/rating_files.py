"""Rating sheets on the site: a rater's workbook out, the filled one in, as drafts and as nothing more."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import RatedWork, RatingSheetReading, RatingSheetReport, read_rating_sheet, write_rating_sheet
from yucai.texts import Text
from yucai.web.accounts.access import may_rate
from yucai.web.accounts.models import Account
from yucai.web.evidence.rating_models import RatingRoundRecord, RatingSeatRecord
from yucai.web.evidence.rating_planning import plan_of, rater_name, rubric_of
from yucai.web.evidence.rating_rounds import Draft, drafts_of, may_open_seat, require_open, save_draft

__all__ = [
    "SheetAgedError",
    "SheetRow",
    "SheetUnderstood",
    "read_sheet",
    "save_sheet",
    "seats_to_fill",
    "sheet_file",
]

SALT: Final = "yucai.rating-sheet"
KEPT_SECONDS: Final = 24 * 3600
ZH_FIRST: Final = ("zh", "en")

NO_ABOUT: Final = Text(
    "the page “说明 About” is gone, so nobody can tell of which round this sheet is: works are called alike in every "
    "round. Send the workbook with all its pages.",
    "“说明”页已不在，无法判断此表属于哪一轮：各轮作品编号相同。请上传保留全部页面的工作簿。",
)
OTHER_SHEET: Final = Text(
    "it is not the sheet of your works in this round. Download the sheet here, and fill in that one.",
    "此表不是您在本轮的评分表。请在此下载评分表后填写。",
)
NO_REASON: Final = Text(
    "“{work}”: say in words what the conflict of interest is.", "“{work}”：请用文字说明是何种利益关系。"
)
FOR_ALL: Final = {"no-about": NO_ABOUT, "plan-changed": OTHER_SHEET}  # notices that are faults on the site


class SheetAgedError(YucaiError):
    """What was shown of a sheet was shown too long ago, or to somebody else."""

    says = Text(
        "What was shown of this sheet is no longer valid. Nothing was saved. Upload the sheet again.",
        "所展示的评分表内容已失效，未保存任何评分。请重新上传。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """What a sheet says of one work: levels by criterion, and what was saved before where that differs."""

    work: str
    levels: Mapping[str, int]
    before: Mapping[str, int]
    remark: str
    conflict: bool
    declared_before: bool

    @property
    def new(self) -> int:
        """How many levels were not saved before."""
        return sum(criterion not in self.before for criterion in self.levels)

    @property
    def overwritten(self) -> int:
        """How many levels take the place of another one saved before."""
        return sum(self.before.get(criterion, level) != level for criterion, level in self.levels.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetUnderstood:
    """A sheet as it was read: its report, its rows, and the seal by which exactly these may be saved."""

    report: RatingSheetReport
    rows: tuple[SheetRow, ...]
    seal: str


def seats_to_fill(account: Account, record: RatingRoundRecord) -> QuerySet[RatingSeatRecord]:
    """Return the seats of an account in a round. Raises PermissionDenied for whom has none or may not rate."""
    seats = RatingSeatRecord.objects.filter(round=record, rater=account).select_related("round__space", "rater")
    seats = seats.prefetch_related("marks").order_by("work")
    if not may_rate(account, rater_pk=account.pk, space=record.space) or not seats:
        raise PermissionDenied
    if not all(may_open_seat(account, seat) for seat in seats):
        raise PermissionDenied
    return seats


def sheet_file(record: RatingRoundRecord, account: Account, *, language: str) -> bytes:
    """Return the workbook of an account's works in a round, with its own drafts and nothing of others.

    Raises PermissionDenied.
    """
    seats = seats_to_fill(account, record)
    languages = ZH_FIRST if language.startswith("zh") else ZH_FIRST[::-1]
    plan, drafts = plan_of(record), drafts_of(record, seats)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sheet.xlsx"
        write_rating_sheet(
            plan, rubric_of(record), rater_name(account), file=file, ratings=drafts, languages=languages
        )  # fmt: skip
        return file.read_bytes()


def read_sheet(
    record: RatingRoundRecord, account: Account, *, content: bytes, name: str, at: datetime
) -> SheetUnderstood:
    """Return what a filled sheet says, read by the library; nothing is saved.

    A sheet without its last page, or whose works are others, is refused as a whole. Raises PermissionDenied,
    RoundClosedError, HandedInAlreadyError, OtherRubricError, and the library's refusals of files.
    """
    seats = seats_to_fill(account, record)
    require_open(record, account)
    plan, rubric = plan_of(record), rubric_of(record)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"sheet{Path(name).suffix.lower()[:10]}"
        file.write_bytes(content)
        reading = read_rating_sheet(file, plan, rubric, rater=rater_name(account), at=at)
    strict = _strictly(reading.report, name)
    rows = () if strict.faults else tuple(_rows(reading, _by_learner(plan.works_of(rater_name(account))), seats))
    said = [[row.work, dict(row.levels), row.remark, row.conflict] for row in rows]
    seal = signing.dumps(said, salt=_salt(record, account), compress=True) if said else ""
    return SheetUnderstood(report=strict, rows=rows, seal=seal)


@transaction.atomic
def save_sheet(
    *, record: RatingRoundRecord, seal: str, reasons: Mapping[str, str], by: Account, at: datetime
) -> int:  # fmt: skip
    """Save what was shown of a sheet as drafts; return of how many works.

    What the sheet leaves open stays as it was saved. ``reasons`` say what each conflict of interest is. Raises
    SheetAgedError, PermissionDenied, FaultyInputError, RoundClosedError, HandedInAlreadyError.
    """
    seats = {seat.work: seat for seat in seats_to_fill(by, record)}
    try:
        said = signing.loads(seal, salt=_salt(record, by), max_age=KEPT_SECONDS)
    except signing.BadSignature as problem:
        raise SheetAgedError from problem
    faults = [
        Fault(code="no-reason", says=NO_REASON, facts={"work": work})
        for work, _levels, _remark, conflict in said
        if conflict and not (seats[work].conflict or reasons.get(work, "").strip())
    ]
    if faults:
        raise FaultyInputError(record.name, faults)
    for work, levels, remark, conflict in said:
        draft = _merged(seats[work], levels, remark, reasons.get(work, "").strip() if conflict else "")
        save_draft(seat=seats[work], draft=draft, by=by, at=at)
    return len(said)


def _by_learner(works: Iterable[RatedWork]) -> dict[str, str]:
    return {learner: work.code for work in works for learner in work.learners}


def _salt(record: RatingRoundRecord, account: Account) -> str:
    return f"{SALT}.{record.pk}.{account.pk}"


def _strictly(report: RatingSheetReport, name: str) -> RatingSheetReport:
    """Return a report in which what the library only notes, and the site cannot let pass, is a fault."""
    faults = [Fault(code=notice.code, says=FOR_ALL[notice.code]) for notice in report.notices if notice.code in FOR_ALL]
    if not faults and not report.faults:
        return replace(report, file=name)
    kept = tuple(notice for notice in report.notices if notice.code not in FOR_ALL) if not faults else ()
    rest = () if faults else report.refused
    return replace(report, file=name, faults=(*report.faults, *faults), notices=kept, refused=rest)


def _rows(
    reading: RatingSheetReading, work_of: Mapping[str, str], seats: QuerySet[RatingSeatRecord]
) -> Iterator[SheetRow]:
    levels: dict[str, dict[str, int]] = {}
    for learner, item, score in reading.responses.table.select("learner", "item", "score").iter_rows():
        levels.setdefault(work_of[learner], {})[item] = int(score) + 1
    remarks = {remark.work: remark.text for remark in reading.report.remarks}
    aside = {row.work for row in reading.report.aside}
    for seat in seats.prefetch_related("marks"):
        if seat.work in levels or seat.work in remarks or seat.work in aside:
            yield SheetRow(
                work=seat.work,
                levels=levels.get(seat.work, {}),
                before={mark.criterion: mark.level for mark in seat.marks.all() if mark.level is not None},
                remark=remarks.get(seat.work, ""),
                conflict=seat.work in aside,
                declared_before=seat.conflict,
            )


def _merged(seat: RatingSeatRecord, levels: Mapping[str, int], remark: str, conflict_reason: str) -> Draft:
    """Return a draft in which a sheet adds to what was saved before and takes nothing away."""
    before = dict(seat.marks.values_list("criterion", "level"))
    reason = conflict_reason or seat.conflict_reason
    return Draft(
        levels={**before, **levels},
        remark=remark or seat.remark,
        conflict=bool(reason),
        conflict_reason=reason,
    )
