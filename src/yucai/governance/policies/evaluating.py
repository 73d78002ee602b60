"""From a sealed card and a data file to the result: the gate first, then, once somebody accepted it, the rest."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.governance.effects import (
    Evaluation,
    EvaluationPlan,
    Feasibility,
    PolicyPanel,
    check_feasibility,
    evaluate,
    read_panel,
)
from yucai.governance.policies.cards import EffectScale, PolicyCard
from yucai.governance.policies.sealing import GateAcceptance, OpenedData, Seal, seal_faults
from yucai.governance.policies.versions import code_versions
from yucai.governance.policies.writing import canonical_json, hash_of
from yucai.texts import Text

__all__ = [
    "EvaluatedPolicy",
    "check_gate",
    "evaluate_card",
    "evaluate_data",
    "gate_bytes",
    "panel_of_card",
    "plan_of_card",
    "require_steps",
]

Report = Callable[[float, Text], None]
DIGITS: Final = 9
MOST_DRAWN: Final = 20_000_000  # draws x units that are held in memory at once
DATA: Final = Text("The data file", "数据文件")
STEPS: Final = Text("The evaluation", "评估")
NOT_A_TABLE: Final = Text(
    "It is not a table of comma-separated values with a head ({reason}). Save it as CSV and try again.",
    "它不是带标题行的 CSV 表格（{reason}）。请另存为 CSV 后重试。",
)
EMPTY: Final = Text("it is empty", "文件为空")
TOO_LONG: Final = Text(
    "line {line} has {n} cells, the head has {head}; commas inside a cell need quotation marks around it",
    "第 {line} 行有 {n} 个单元格，标题行只有 {head} 个；单元格内含逗号时须加引号",
)
UNREADABLE: Final = Text("its cells cannot be told apart from line {line} on", "自第 {line} 行起无法划分单元格")
NO_BASE: Final = Text(
    "{unit}: its mean before the policy is {mean}; per cent of it cannot be told. Seal a card with the scale “level”, "
    "or leave the unit out.",
    "{unit}：政策前均值为 {mean}，无法以其百分比表示。请另立 scale 为 level 的卡，或剔除该单位。",
)
STRANGER: Final = Text(
    "{unit} is left out by the plan, but there is no such unit in the data. Correct the card, or the file.",
    "方案中剔除了 {unit}，但数据中没有该单位。请更正卡片或文件。",
)
HEAD_TWICE: Final = Text(
    "Two columns are headed “{name}”. Rename one of them, or take it out.", "有两列标题均为“{name}”。请改名或删去其一。"
)
TOO_MUCH: Final = Text(
    "{n} units and {draws} draws are more than can be worked out here. Seal a card with fewer draws, such as {fewer}.",
    "{n} 个单位、{draws} 次抽取超出可计算的规模。请另立抽取次数较少的卡，如 {fewer} 次。",
)
OTHER_DATA: Final = Text(
    "the data are not those that were opened at {at}: their hash is {now}…, then it was {then}….",
    "数据与 {at} 打开时不同：现哈希为 {now}…，当时为 {then}…。",
)
OTHER_SEAL: Final = Text("the opening of the data belongs to another seal.", "数据打开记录对应的是另一封存。")
OTHER_OPENING: Final = Text(
    "the acceptance belongs to another opening of the data.", "准入确认对应的是另一次数据打开。"
)
OTHER_GATE: Final = Text(
    "the gate that {by} accepted is not the one that these data give here. Look at it again and accept it anew.",
    "{by} 所确认的可行性门槛与本机按此数据得出的不同。请重新查看并确认。",
)
OUT_OF_ORDER: Final = Text(
    "{later} lies before {earlier}. The order is: seal, open, accept, evaluate.",
    "{later} 早于 {earlier}。顺序应为：封存、打开数据、确认、评估。",
)
READING: Final = Text("reading the data", "读取数据")
GATE: Final = Text("looking what can be told at all", "判断能否检验")
WORKING: Final = Text("working the effect out", "估计政策效果")
DONE: Final = Text("writing the result down", "写入结果")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedPolicy:
    """That a result was worked out from what was sealed, opened and accepted; ``evaluation`` holds its bytes.

    ``versions`` names the programs; where they are others than at the seal, the plan stood fast and the code did not.
    """

    acceptance: str
    evaluation: bytes
    at: datetime
    by: str
    versions: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return the note as a plain mapping; the result itself is named by its hash."""
        return {
            "acceptance": self.acceptance,
            "evaluation": hash_of(self.evaluation),
            "at": self.at.isoformat(timespec="microseconds"),
            "by": self.by,
            "versions": dict(sorted(self.versions.items())),
        }


def plan_of_card(card: PolicyCard) -> EvaluationPlan:
    """Return the plan of a card in the words of the estimators."""
    plan = card.plan
    return EvaluationPlan(
        estimators=plan.estimators,
        control_groups=plan.control_groups,
        primary=plan.primary,
        horizon=card.horizon - 1,
        anticipation=card.anticipation,
        alpha=plan.level,
        placebo_years=plan.placebo_years,
        neighbours=plan.neighbours,
        no_neighbours=plan.no_neighbours,
        smallest_effect=plan.smallest_effect,
        seed=plan.seed,
        draws=plan.draws,
    )


def panel_of_card(card: PolicyCard, data: bytes) -> PolicyPanel:
    """Return the panel that a card asks for from a CSV file. Raises FaultyInputError with all faults."""
    spec, frame = card.data, _frame(data)
    if {spec.unit_column, spec.period_column} <= set(frame.columns):
        units = frame[spec.unit_column].str.strip_chars()
        strangers = [name for name in card.plan.leave_out if name not in set(units)]
        if strangers:
            faults = [Fault(code="stranger", says=STRANGER, facts={"unit": name}) for name in strangers]
            raise FaultyInputError(DATA, faults)
        period = frame[spec.period_column].str.strip_chars().cast(pl.Int64, strict=False)
        inside = period.is_null() | period.is_between(spec.first_period, spec.last_period)
        frame = frame.filter(inside & ~units.fill_null("").is_in(list(card.plan.leave_out)))
    panel = read_panel(
        frame,
        unit=spec.unit_column,
        period=spec.period_column,
        outcome=spec.outcome_column,
        first_treated={unit.name: unit.first_period for unit in card.units},
        breaks=spec.breaks,
    )
    _require_size(panel, draws=card.plan.draws)
    return panel if card.plan.scale is EffectScale.LEVEL else _indexed(panel, anticipation=card.anticipation)


def _require_size(panel: PolicyPanel, *, draws: int) -> None:
    n = len(panel.units)
    if n * draws > MOST_DRAWN:
        facts: dict[str, object] = {"n": n, "draws": draws, "fewer": MOST_DRAWN // n}
        raise FaultyInputError(DATA, [Fault(code="too-much", says=TOO_MUCH, facts=facts)])


def _frame(data: bytes) -> pl.DataFrame:
    """Return a CSV file as text cells; a file that is not UTF-8 is read as Chinese Excel writes it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    if not text.strip():
        raise FaultyInputError(DATA, [Fault(code="not-a-table", says=NOT_A_TABLE, facts={"reason": EMPTY})])
    try:
        frame = pl.read_csv(io.StringIO(text), infer_schema=False)
    except (pl.exceptions.PolarsError, ValueError) as problem:
        facts = {"reason": _why_no_table(text)}
        raise FaultyInputError(DATA, [Fault(code="not-a-table", says=NOT_A_TABLE, facts=facts)]) from problem
    if frame.width:
        frame = frame.filter(pl.any_horizontal(pl.all().is_not_null()))  # lines that spreadsheets leave empty
    heads = [name.strip() for name in frame.columns]
    if twice := sorted({name for name in heads if heads.count(name) > 1}):
        faults = [Fault(code="head-twice", says=HEAD_TWICE, facts={"name": name}) for name in twice]
        raise FaultyInputError(DATA, faults)
    return frame.rename(dict(zip(frame.columns, heads, strict=True)))


def _why_no_table(text: str) -> Text:
    """Return in plain words why text is no table: the first line with more cells than the head, where there is one."""
    lines = csv.reader(io.StringIO(text))
    try:
        head = len(next(lines))
        for cells in lines:
            if len(cells) > head:
                return TOO_LONG.filled(line=lines.line_num, n=len(cells), head=head)
    except csv.Error:
        return UNREADABLE.filled(line=lines.line_num)
    return UNREADABLE.filled(line=1)


def _indexed(panel: PolicyPanel, *, anticipation: int) -> PolicyPanel:
    """Return a panel in per cent of each unit's own mean before the policy began anywhere."""
    start = min(panel.cohorts, default=panel.periods[-1] + 1) - anticipation
    before = panel.outcome[:, [n for n, period in enumerate(panel.periods) if period < start]]
    means = before.mean(axis=1) if before.size else np.zeros(len(panel.units))
    faults = [
        Fault(code="no-base", says=NO_BASE, facts={"unit": unit, "mean": f"{mean:g}"})
        for unit, mean in zip(panel.units, means.tolist(), strict=True)
        if not mean > 0
    ]
    if faults:
        raise FaultyInputError(DATA, faults)
    outcome = 100.0 * panel.outcome / means[:, np.newaxis]
    outcome.setflags(write=False)
    return replace(panel, outcome=outcome)


def check_gate(card: PolicyCard, data: bytes) -> Feasibility:
    """Return what these data can tell at best about the policy of a card; nothing of the result is worked out."""
    return check_feasibility(panel_of_card(card, data), plan_of_card(card))


def gate_bytes(gate: Feasibility) -> bytes:
    """Return a gate as the bytes that are kept and accepted."""
    return canonical_json(_plain(gate))


def evaluate_data(card: PolicyCard, data: bytes) -> Evaluation:
    """Return what a card's plan gives on a data file, without any seal: for a second vintage, or to look again."""
    return evaluate(panel_of_card(card, data), plan_of_card(card))


def evaluate_card(
    card: PolicyCard,
    data: bytes,
    *,
    seal: Seal,
    opening: OpenedData,
    acceptance: GateAcceptance,
    at: datetime,
    by: str,
    report: Report | None = None,
) -> EvaluatedPolicy:
    """Return the result of a sealed card.

    Raises FaultyInputError, before anything is worked out, with every step that does not fit the one before: a card
    changed after its seal, other data than those opened, a gate that nobody accepted.
    """
    tell = report or (lambda done, text: None)
    tell(0.02, READING)
    steps: dict[str, Any] = {"seal": seal, "opening": opening, "acceptance": acceptance, "at": at}
    require_steps(card, data, **steps)
    panel, plan = panel_of_card(card, data), plan_of_card(card)
    tell(0.05, GATE)
    require_steps(card, data, **steps, gate=gate_bytes(check_feasibility(panel, plan)))
    tell(0.15, WORKING)
    result = evaluate(panel, plan)
    tell(0.95, DONE)
    return EvaluatedPolicy(
        acceptance=hash_of(canonical_json(acceptance.as_json())),
        evaluation=result.as_json(),
        at=at.astimezone(UTC),
        by=by.strip(),
        versions=code_versions(),
    )


def require_steps(
    card: PolicyCard,
    data: bytes,
    *,
    seal: Seal,
    opening: OpenedData,
    acceptance: GateAcceptance,
    at: datetime,
    gate: bytes | None = None,
) -> None:
    """Raise FaultyInputError with everything that does not fit between card, seal, data, gate and acceptance.

    Without ``gate`` nothing is asked of it: what came before it is looked at first.
    """
    faults = seal_faults(card, seal)
    now = hash_of(data)
    if now != opening.data:
        facts = {"at": opening.at.isoformat(timespec="seconds"), "now": now[:12], "then": opening.data[:12]}
        faults.append(Fault(code="other-data", says=OTHER_DATA, where="data.csv", facts=facts))
    if opening.seal != seal.mark:
        faults.append(Fault(code="other-seal", says=OTHER_SEAL, where="opening.json"))
    if acceptance.opening != hash_of(canonical_json(opening.as_json())):
        faults.append(Fault(code="other-opening", says=OTHER_OPENING, where="acceptance.json"))
    if gate is not None and acceptance.gate != hash_of(gate):
        faults.append(Fault(code="other-gate", says=OTHER_GATE, where="gate.json", facts={"by": acceptance.by}))
    order = [("seal", seal.at), ("opening", opening.at), ("acceptance", acceptance.at), ("evaluation", at)]
    for (earlier, first), (later, second) in pairwise(order):
        if second < first:
            said = {"later": ORDER[later], "earlier": ORDER[earlier]}
            faults.append(Fault(code="out-of-order", says=OUT_OF_ORDER, where=f"{later}.json", facts=said))
    if faults:
        raise FaultyInputError(STEPS, faults)


ORDER: Final = {
    "seal": Text("the seal", "封存"),
    "opening": Text("the opening of the data", "打开数据"),
    "acceptance": Text("the acceptance of the gate", "确认可行性门槛"),
    "evaluation": Text("the evaluation", "评估"),
}


def _plain(value: Any) -> Any:
    """Return a result as JSON holds it; figures with nine significant digits, so that another machine agrees."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Text):
        return {"en": value.en, "zh": value.zh}
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
