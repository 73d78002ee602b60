"""What is done with an indicator: setting who answers and what is aimed at, filling in, working out anew, signing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from math import isfinite
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.governance import Indicator, IndicatorPack, WhyEmpty, compute_indicator
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.indicator_doors import eligible_accounts, keeps_indicators
from yucai.web.governance.indicator_models import IndicatorEntry, IndicatorPlan
from yucai.web.governance.indicator_records import figure_on_record

__all__ = ["fill_indicator", "latest_entry", "latest_plan", "plan_indicator", "recorded_counts", "sign_indicator"]

NAME: Final = Text("indicator", "指标")
RECORDS: Final = "records of this workspace"
SAME_PERSON: Final = Text(
    "Recorder and auditor must be two people. Choose another for one of them.",
    "填报人与审核人须为两人。请更换其中一人。",
)
NOT_HERE: Final = Text(
    "{who} is no director or research officer of this institution. Choose one of the list.",
    "{who} 不是本单位的院长或院校研究人员。请从列表中选择。",
)
NO_SOURCE: Final = Text("Say where the figures come from.", "请写明数据来源。")
NO_REASON: Final = Text(
    "This year has a value already. Say why a new version is needed; the old one stays beside it.",
    "本年度已有数值。请说明更正原因；原版本会保留。",
)
NO_NUMBER: Final = Text("“{figure}” is below zero or no number.", "“{figure}”不是有效的非负数。")
NOT_YET: Final = Text("The day lies in the future. Give the day of the figures.", "日期在将来。请填写数据的截止日期。")
NOTHING_NEW: Final = Text(
    "Nothing is different from the version before. It stays as it is.", "与上一版本没有不同，保持不变。"
)
RECORDER_ONLY: Final = Text(
    "{who} is named to fill this in. Only they do, or somebody names another.",
    "该项指定由 {who} 填报，请由本人填报或先更换填报人。",
)
AUDITOR_ONLY: Final = Text(
    "{who} is named to audit this. Only they sign, or somebody names another.",
    "该项指定由 {who} 审核，请由本人审核或先更换审核人。",
)
OWN: Final = Text("You filled this in. Another person signs it.", "该项由您填报，须由另一人审核。")
SIGNED: Final = Text("This version is signed already.", "该版本已审核。")
NOT_LATEST: Final = Text("There is a newer version. Look at that one.", "已有更新的版本，请审核新版本。")


def latest_plan(space: Space, code: str, year: int) -> IndicatorPlan | None:
    """Return who answers for an indicator in a year and what is aimed at, as it stands."""
    rows = IndicatorPlan.objects.filter(space=space, indicator=code, year=year)
    return rows.select_related("recorder", "auditor").order_by("-pk").first()


def latest_entry(space: Space, code: str, year: int) -> IndicatorEntry | None:
    """Return the newest version of an indicator in a year."""
    rows = IndicatorEntry.objects.filter(space=space, indicator=code, year=year)
    return rows.select_related("by", "signed_by").order_by("-version").first()


def recorded_counts(pack: IndicatorPack, indicator: Indicator, space: Space, year: int) -> dict[str, int]:
    """Return those figures of an indicator that the records give."""
    found = {}
    for code in indicator.figures:
        records = pack.figure(code).records
        count = figure_on_record(space, records, year).count if records else None
        if count is not None:
            found[code] = count
    return found


@transaction.atomic
def plan_indicator(
    *, space: Space, indicator: Indicator, year: int, target: float | None, recorder: Account | None,
    auditor: Account | None, by: Account, at: datetime,
) -> IndicatorPlan:  # fmt: skip
    """Set who fills an indicator in, who audits it, and its target for a year. Earlier rows stay.

    Raises PermissionDenied for anybody but a director or research officer of the space, FaultyInputError with all
    faults.
    """
    _require(space, by)
    faults = []
    if recorder is not None and recorder == auditor:
        faults.append(Fault(code="same", says=SAME_PERSON, where="auditor"))
    known = set(eligible_accounts(space).values_list("pk", flat=True))
    for field, account in (("recorder", recorder), ("auditor", auditor)):
        if account is not None and account.pk not in known:
            faults.append(Fault(code="not-here", says=NOT_HERE, where=field, facts={"who": account.name}))
    if faults:
        raise FaultyInputError(NAME, faults)
    made = IndicatorPlan.objects.create(
        space=space,
        indicator=indicator.code,
        year=year,
        target=target,
        recorder=recorder,
        auditor=auditor,
        by=by,
        at=at,
    )
    note("indicator.planned", by=by, at=at, space=space, target=f"indicator:{indicator.code}", detail={"year": year})
    return made


@transaction.atomic
def fill_indicator(
    *, space: Space, pack: IndicatorPack, indicator: Indicator, year: int, counts: Mapping[str, float], applies: bool,
    source: str, as_of: date, reason: str, by: Account, at: datetime,
) -> IndicatorEntry:  # fmt: skip
    """Fill an indicator in for a year: the first signature. A year that has a value gets a new version beside it.

    What the records give is taken from them, whatever was said. Raises PermissionDenied for anybody but a director or
    research officer of the space, FaultyInputError with all faults.
    """
    _require(space, by)
    Space.objects.select_for_update().get(pk=space.pk)
    before, plan = latest_entry(space, indicator.code, year), latest_plan(space, indicator.code, year)
    recorded = recorded_counts(pack, indicator, space, year) if applies else {}
    given = {code: float(count) for code, count in counts.items() if code in indicator.figures} if applies else {}
    given |= recorded
    source = source.strip() or (RECORDS if given and set(given) == set(recorded) else "")
    faults = _faults(pack, given, source=source, as_of=as_of, at=at)
    if before is not None and not reason.strip():
        faults.append(Fault(code="no-reason", says=NO_REASON, where="reason"))
    if plan is not None and plan.recorder is not None and plan.recorder != by:
        faults.append(Fault(code="recorder", says=RECORDER_ONLY, facts={"who": plan.recorder.name}))
    if before is not None and before.counts == given and bool(before.why == WhyEmpty.DOES_NOT_APPLY) != applies:
        faults.append(Fault(code="same", says=NOTHING_NEW))
    if faults:
        raise FaultyInputError(NAME, faults)
    value = compute_indicator(
        indicator, given if applies else dict.fromkeys(indicator.figures, WhyEmpty.DOES_NOT_APPLY), at
    )
    made = IndicatorEntry.objects.create(
        space=space, indicator=indicator.code, definition=indicator.version, year=year,
        version=1 if before is None else before.version + 1, counts=given, on_record=sorted(recorded),
        value=value.value, why=value.why.value if value.why else "", source=source, as_of=as_of,
        reason=reason.strip(), by=by, at=at,
    )  # fmt: skip
    note("indicator.filled", by=by, at=at, space=space, target=f"indicator:{indicator.code}",
         detail={"year": year, "version": made.version})  # fmt: skip
    return made


@transaction.atomic
def sign_indicator(*, entry: IndicatorEntry, by: Account, at: datetime) -> IndicatorEntry:
    """Sign a version as the second person. It is locked by that; a correction is a new version.

    Raises PermissionDenied for anybody but a director or research officer of the space, FaultyInputError where the
    version is one's own, signed already, or not the newest.
    """
    _require(entry.space, by)
    held = IndicatorEntry.objects.select_for_update().get(pk=entry.pk)
    latest, plan = (
        latest_entry(held.space, held.indicator, held.year),
        latest_plan(held.space, held.indicator, held.year),
    )
    faults = []
    if held.signed_at is not None:
        faults.append(Fault(code="signed", says=SIGNED))
    if latest is not None and latest.pk != held.pk:
        faults.append(Fault(code="not-latest", says=NOT_LATEST))
    if held.by_id == by.pk:
        faults.append(Fault(code="own", says=OWN))
    elif plan is not None and plan.auditor is not None and plan.auditor != by:
        faults.append(Fault(code="auditor", says=AUDITOR_ONLY, facts={"who": plan.auditor.name}))
    if faults:
        raise FaultyInputError(NAME, faults)
    held.signed_by, held.signed_at = by, at
    held.save(update_fields=["signed_by", "signed_at"])
    note("indicator.signed", by=by, at=at, space=held.space, target=f"indicator:{held.indicator}",
         detail={"year": held.year, "version": held.version})  # fmt: skip
    return held


def _faults(
    pack: IndicatorPack, given: Mapping[str, float], *, source: str, as_of: date, at: datetime
) -> list[Fault]:  # fmt: skip
    faults = [
        Fault(code="number", says=NO_NUMBER, where=code, facts={"figure": pack.figure(code).name})
        for code, count in given.items()
        if not isfinite(count) or count < 0
    ]
    if not source:
        faults.append(Fault(code="no-source", says=NO_SOURCE, where="source"))
    if as_of > at.date():
        faults.append(Fault(code="future", says=NOT_YET, where="as_of"))
    return faults


def _require(space: Space, by: Account) -> None:
    if not keeps_indicators(by) or not by.spaces.filter(pk=space.pk).exists():
        raise PermissionDenied
