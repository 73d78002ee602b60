"""Method audit: which variant of the formulas reproduces somebody's table, and what the standard formula would say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Conventional, Floats, Frequencies
from yucai.governance.coordination.coupling import classical_coupling, corrected_coupling, grade_bands
from yucai.governance.coordination.variants import (
    COORDINATIONS,
    COUPLINGS,
    DEVELOPMENTS,
    FLOORS,
    SCALINGS,
    WEIGHTINGS,
    FormulaVariant,
)
from yucai.texts import Text

__all__ = ["AuditClaim", "AuditStep", "GradeChange", "MethodAudit", "Reproduction", "audit_method"]

CLAIM: Final = Text("the table", "所给表格")
NOTHING: Final = Text(
    "it holds no result to audit: a score a subsystem, C, T or D is needed.",
    "没有可核查的结果：至少需要各子系统得分、C、T 或 D 之一。",
)
NO_BASIS: Final = Text(
    "it holds neither indicators nor scores of at least two subsystems, so nothing can be worked out again.",
    "既没有指标，也没有至少两个子系统的得分，无法重算。",
)
CONSTANT: Final = Text("“{name}” does not vary and cannot be scaled.", "“{name}”没有差异，无法归一化。")
SAID: Final = Text(
    "A cell is reproduced where it differs by no more than half a unit of its last printed place, with the rounding of "
    "what it is worked out from taken into account. Tried: {n} variants",
    "当差异不超过末位的半个单位（并计入所用数值的舍入误差）时，视为该格得到重现。共试 {n} 种算法组合",
)
FLOORED: Final = Text("scores of 0 lifted to {floor}", "将 0 分抬高到 {floor}")
FLOOR: Final = Text(
    "{n} cells rest on a floor constant: a subsystem scores 0 there, and D is whatever the constant makes it",
    "{n} 个单元取决于下限常数：某子系统得分为 0，D 完全由该常数决定",
)
WITHIN: Final = Text("within each subsystem", "各子系统内")
OVERALL: Final = Text("over all indicators, then to 1 in each subsystem", "全部指标一并赋权，再在子系统内归一")
PARTS: Final = Text("T with shares {parts}", "T 取系数 {parts}")
REPORTED: Final = FormulaVariant(code="reported", name=Text("the table's own figures", "表中所给数值"))
MOST_EQUALS: Final = 6
LEAST_SHARE: Final = 0.1  # of cells; below it a result counts as not reproduced
LEAST_NAMED: Final = 0.5  # of cells; above it the mistakes of the first combination are named
RESULTS: Final = {
    "scores": Text("Subsystem scores", "子系统得分"),
    "C": Text("C, coupling", "C，耦合度"),
    "T": Text("T, development", "T，综合发展指数"),
    "D": Text("D, coordination", "D，耦合协调度"),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AuditClaim:
    """Somebody's table: inputs by subsystem, results as printed (None where not); ``places`` are their decimals."""

    units: tuple[str, ...]
    years: tuple[int, ...]
    systems: tuple[str, ...]
    indicators: Mapping[str, Floats] = field(default_factory=dict)
    negative: Mapping[str, tuple[bool, ...]] = field(default_factory=dict)
    scores: Floats | None = None
    c: Floats | None = None
    t: Floats | None = None
    d: Floats | None = None
    places: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A combination of variants and how many cells it reproduces."""

    variants: tuple[FormulaVariant, ...]
    cells: int
    of: int

    @property
    def share(self) -> float:
        """The share of cells reproduced."""
        return self.cells / self.of if self.of else 0.0

    @property
    def mistakes(self) -> tuple[FormulaVariant, ...]:
        """The published mistakes in it."""
        return tuple(one for one in self.variants if one.mistake is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStep:
    """What was found for one result of the table: the best combinations, several where they cannot be told apart."""

    result: str
    best: tuple[Reproduction, ...]
    equals: int
    tried: int

    @property
    def name(self) -> Text:
        """What the result is called."""
        return RESULTS[self.result]

    @property
    def is_nowhere(self) -> bool:
        """Whether nothing that was tried reproduces it."""
        return self.best[0].share < LEAST_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeChange:
    """A cell whose grade of ten differs from that of the standard formula."""

    unit: str
    year: int
    printed: float
    standard: float
    corrected: float
    printed_grade: Text
    standard_grade: Text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MethodAudit(Conventional):
    """What a method audit found; ``standard`` names the scores on which the standard D rests."""

    steps: tuple[AuditStep, ...]
    changes: tuple[GradeChange, ...]
    compared: int
    changed_corrected: int
    standard: tuple[FormulaVariant, ...]
    notes: tuple[Text, ...]

    @property
    def mistakes(self) -> tuple[FormulaVariant, ...]:
        """The published mistakes by which most cells of a result are reproduced, each once."""
        firsts = [step.best[0] for step in self.steps if step.best[0].share > LEAST_NAMED]
        return tuple({one.code: one for first in firsts for one in first.mistakes}.values())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Basis:
    """Subsystem scores worked out one way, and by how much rounding may have moved them."""

    variants: tuple[FormulaVariant, ...]
    scores: Floats
    slack: float


def audit_method(claim: AuditClaim) -> MethodAudit:
    """Return which variants of the formulas reproduce a table, and whose grade changes by the standard one.

    Every printed result is taken by itself: scores from indicators, C and T from the printed scores where they are
    printed, D from the printed C and T where they are, so that one mistake does not hide the next. Raises
    FaultyInputError where nothing can be worked out.
    """
    _check(claim)
    worked = tuple(_from_indicators(claim)) if claim.indicators else ()
    steps = []
    if claim.scores is not None and worked:
        steps.append(
            _step(
                "scores",
                claim.scores,
                claim.places.get("scores", 6),
                (_alone((b.variants, b.scores, 0.0)) for b in worked),
            )
        )
    bases = (_printed(claim),) if claim.scores is not None else worked
    bases = tuple(lifted for basis in bases for lifted in _floored(basis))
    if claim.c is not None:
        steps.append(_step("C", claim.c, claim.places.get("c", 6), map(_alone, _couplings(bases))))
    if claim.t is not None:
        steps.append(_step("T", claim.t, claim.places.get("t", 6), map(_alone, _developments(bases, claim))))
    if claim.d is not None:
        steps.append(_step("D", claim.d, claim.places.get("d", 6), _coordinations(bases, claim)))
    standard = bases[0]
    changes, compared, corrected = _changes(claim, standard)
    zeros = int(
        np.count_nonzero(
            (_printed(claim) if claim.scores is not None else _named(worked, "plain")).scores.min(axis=1) <= 0
        )
    )
    notes = (FLOOR.filled(n=zeros),) if zeros else ()
    said = SAID.filled(n=sum(step.tried for step in steps))
    return MethodAudit(steps=tuple(steps), changes=changes, compared=compared, changed_corrected=corrected,
                       standard=standard.variants, notes=notes, conventions=(said,))  # fmt: skip


def _check(claim: AuditClaim) -> None:
    faults = []
    if claim.scores is None and claim.c is None and claim.t is None and claim.d is None:
        faults.append(Fault(code="nothing", says=NOTHING))
    if len(claim.systems) < 2 or (claim.scores is None and not claim.indicators):
        faults.append(Fault(code="no-basis", says=NO_BASIS))
    for system, values in claim.indicators.items():
        if np.any(np.ptp(values, axis=0) == 0):
            faults.append(Fault(code="constant", says=CONSTANT, facts={"name": system}))
    if faults:
        raise FaultyInputError(CLAIM, faults)


def _printed(claim: AuditClaim) -> _Basis:
    assert claim.scores is not None
    return _Basis(variants=(REPORTED,), scores=claim.scores, slack=_half(claim.places.get("scores", 6)))


def _named(bases: Sequence[_Basis], code: str) -> _Basis:
    return next(basis for basis in bases if basis.variants[0].code == code)


def _from_indicators(claim: AuditClaim) -> Iterator[_Basis]:
    """Yield subsystem scores by every scaling, every weighting, and both ways to bound the weights."""
    years, units = np.asarray(claim.years), len(set(claim.units))
    blocks = [_upward(claim, one) for one in claim.systems]
    for scaling, rescale in SCALINGS:
        if scaling.code == "shares" and any(np.any(block <= 0) for block in blocks):
            continue
        scaled = [rescale(block, years) for block in blocks]
        for weighting, weigh in WEIGHTINGS:
            ways = {WITHIN: _within} if weighting.code == "equal" else {WITHIN: _within, OVERALL: _overall}
            for how, bounded in ways.items():
                with np.errstate(all="ignore"):
                    scores = _scores(scaled, partial(bounded, weigh, scaled, units))
                if scores is not None:
                    named = FormulaVariant(code=how.en.split()[0], name=how)
                    yield _Basis(variants=(scaling, weighting, named), scores=scores, slack=0.0)


def _scores(scaled: Sequence[Floats], weigh: Callable[[], list[Floats]]) -> Floats | None:
    """Return subsystem scores, or None where this table gives no such weights: then nobody can have used them."""
    try:
        scores = np.stack([block @ w for block, w in zip(scaled, weigh(), strict=True)]).T  # a column lies together
    except FaultyInputError:
        return None
    return scores if np.all(np.isfinite(scores)) else None


def _within(weigh: Callable[[Floats, int], Floats], scaled: Sequence[Floats], units: int) -> list[Floats]:
    return [weigh(block, units) for block in scaled]


def _upward(claim: AuditClaim, system: str) -> Floats:
    """Return the indicators of a subsystem, those of which less is better turned round."""
    values = claim.indicators[system]
    turned = claim.negative.get(system, (False,) * values.shape[1])
    return np.asarray(values * np.where(turned, -1.0, 1.0), dtype=np.float64)


def _overall(weigh: Callable[[Floats, int], Floats], scaled: Sequence[Floats], units: int) -> list[Floats]:
    weights = weigh(np.column_stack(scaled), units)
    edges = np.cumsum([block.shape[1] for block in scaled])[:-1]
    return [few / few.sum() for few in np.split(weights, edges)]


def _floored(basis: _Basis) -> Iterator[_Basis]:
    """Yield a basis, and, where a score is 0, what floor constants make of it."""
    yield basis
    if np.any(basis.scores <= 0):
        for floor in FLOORS:
            named = FormulaVariant(
                code=f"floor-{floor:g}", name=FLOORED.filled(floor=f"{floor:g}"), mistake=FLOOR_MISTAKE
            )
            lifted = np.maximum(basis.scores, floor)
            yield _Basis(variants=(*basis.variants, named), scores=lifted, slack=basis.slack)


FLOOR_MISTAKE: Final = Text(
    "a score of 0 is lifted to a constant, which then decides C and D", "0 分被抬高到某个常数，C 和 D 便由该常数决定"
)
Tried = tuple[tuple[FormulaVariant, ...], Floats, Floats | float]
Together = tuple[Sequence[tuple[FormulaVariant, ...]], Floats, Floats]
"""Several combinations tried at once: their results and by how much rounding may have moved them, a row for each."""


def _couplings(bases: Sequence[_Basis]) -> Iterator[Tried]:
    for basis, (variant, couple) in product(bases, COUPLINGS):
        if variant.code == "square-root" and basis.scores.shape[1] == 2:
            continue  # the second root is the n-th
        yield (*basis.variants, variant), _quietly(couple, basis.scores), _moved(couple, basis)


def _developments(bases: Sequence[_Basis], claim: AuditClaim) -> Iterator[Tried]:
    for basis, (variant, mean) in product(bases, DEVELOPMENTS):
        yield (*basis.variants, variant), _quietly(mean, basis.scores), _moved(mean, basis)
    if claim.t is None or len(claim.t) <= len(claim.systems):
        return
    for basis in bases:
        parts = np.linalg.lstsq(basis.scores, claim.t, rcond=None)[0]
        if abs(parts.sum() - 1) < 0.01 and np.all(parts > 0) and np.ptp(parts) > 0.01:
            rounded = np.round(parts, 2)
            named = FormulaVariant(code="parts", name=PARTS.filled(parts=" : ".join(f"{one:g}" for one in rounded)))
            yield (*basis.variants, named), basis.scores @ rounded, basis.slack


def _coordinations(bases: Sequence[_Basis], claim: AuditClaim) -> Iterator[Together]:
    """Yield D from printed C and T where both are there, else from every way to work out what is missing.

    All ways from the scores of one basis are one piece of arithmetic: there are thousands of them.
    """
    printed_c = [] if claim.c is None else [((), claim.c, _half(claim.places.get("c", 6)))]
    printed_t = [] if claim.t is None else [((), claim.t, _half(claim.places.get("t", 6)))]
    for basis in bases[:1] if printed_c and printed_t else bases:
        cs: Sequence[Tried] = printed_c or list(_couplings([basis]))
        ts: Sequence[Tried] = printed_t or list(_developments([basis], claim))
        names = [(by_c, by_t) for (by_c, *_), (by_t, *_) in product(cs, ts)]
        c, t = (np.stack([values for _, values, _ in few]) for few in (cs, ts))
        loose = _relative(cs)[:, None] + _relative(ts)
        exact = not loose.any()
        for variant, power, mix in COORDINATIONS:
            found = _quietly(lambda pair, mix=mix: mix(*pair), (c[:, None], t)).reshape(-1, c.shape[1])
            moved = np.zeros((1, 1)) if exact else np.nan_to_num(found * power * loose.reshape(found.shape))
            yield [(*by_c, *(by_t[-1:] if by_c else by_t), variant) for by_c, by_t in names], found, moved


def _relative(few: Sequence[Tried]) -> Floats:
    """Return by which share of itself each factor may have moved with the rounding of what it is made of."""
    return np.stack([np.zeros_like(values) + slack / np.maximum(values, 1e-12) for _, values, slack in few])


def _alone(tried: Tried) -> Together:
    """Return one combination as several."""
    variants, values, slack = tried
    width = slack[:, None] if values.ndim == 2 and isinstance(slack, np.ndarray) else np.asarray(slack)
    return [variants], values[None], width[None]


def _moved(make: Callable[[Floats], Floats], basis: _Basis) -> Floats | float:
    """Return by how much a result moves at most when each printed score moves by half a unit of its last place."""
    if not basis.slack:
        return 0.0
    here, total = _quietly(make, basis.scores), np.zeros(len(basis.scores))
    for k in range(basis.scores.shape[1]):
        step = np.zeros(basis.scores.shape[1])
        step[k] = basis.slack
        up, down = _quietly(make, basis.scores + step), _quietly(make, np.maximum(basis.scores - step, 0))
        total += np.nan_to_num(np.maximum(np.abs(up - here), np.abs(down - here)))
    return total


def _quietly(make: Callable[..., Floats], of: object) -> Floats:
    """Return a result with what cannot be worked out left as no number: such a cell is not reproduced."""
    with np.errstate(all="ignore"):
        return np.asarray(make(of), dtype=np.float64)


def _step(result: str, printed: Floats, places: int, tried: Iterable[Together]) -> AuditStep:
    """Return the combinations that reproduce most cells of a result; simple and faultless ones first among equals."""
    near, found = _half(places) * (1 + 1e-6) + 1e-12, list[tuple[int, tuple[FormulaVariant, ...]]]()
    cells = tuple(range(1, printed.ndim + 1))
    for names, values, slack in tried:
        hits = np.count_nonzero(np.abs(values - printed) <= near + slack, axis=cells)
        found += zip(hits.tolist(), names, strict=True)
    most = max((hits for hits, _ in found), default=0)
    equal = [Reproduction(variants=one, cells=hits, of=printed.size) for hits, one in found if hits == most]
    best = sorted(equal, key=lambda one: (len(one.mistakes), len(one.variants)))
    return AuditStep(result=result, best=tuple(best[:MOST_EQUALS]), equals=len(best), tried=len(found))


def _changes(claim: AuditClaim, standard: _Basis) -> tuple[tuple[GradeChange, ...], int, int]:
    """Return the cells whose grade the standard formula changes, of how many, and how many the corrected one."""
    if claim.d is None:
        return (), 0, 0
    bands, scores = grade_bands("ten"), standard.scores
    with np.errstate(all="ignore"):
        usual = np.sqrt(classical_coupling(scores) * scores.mean(axis=1))
        newer = np.sqrt(corrected_coupling(scores) * scores.mean(axis=1))
    usual, newer = np.nan_to_num(usual), np.nan_to_num(newer)
    printed, by_usual, by_newer = (bands.places(one).astype(np.int64) for one in (claim.d, usual, newer))
    changed = _apart(printed, by_usual)
    changes = tuple(
        GradeChange(
            unit=claim.units[row], year=claim.years[row], printed=float(claim.d[row]), standard=float(usual[row]),
            corrected=float(newer[row]), printed_grade=bands.names[printed[row]],
            standard_grade=bands.names[by_usual[row]],
        )
        for row in changed
    )  # fmt: skip
    return changes, len(claim.d), len(_apart(printed, by_newer))


def _apart(one: Frequencies, other: Frequencies) -> Frequencies:
    return np.flatnonzero(one != other)


def _half(places: int) -> float:
    return float(0.5 * 10.0**-places)
