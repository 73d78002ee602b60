"""The method audit finds which formula is behind a table, right or wrong, and what it changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.governance.coordination_panels import reference_panel
from yucai.errors import FaultyInputError
from yucai.governance.coordination import AuditClaim, audit_method, read_claim

SYSTEMS = ("edu", "sci", "tal")


def blocks():
    panel = reference_panel()
    return {one: panel.values[:, [k for k, name in enumerate(panel.indicators) if name.startswith(one)]]
            for one in SYSTEMS}  # fmt: skip


def coarse():
    """Figures rounded as some tables are, so that values occur more than once."""
    return {one: np.round(block) for one, block in blocks().items()}


def min_max(values):
    return (values - values.min(axis=0)) / np.ptp(values, axis=0)


def entropy(values):
    shares = values / values.sum(axis=0)
    return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=0) / np.log(len(values))


def standard_scores():
    columns = []
    for block in blocks().values():
        scaled = 0.002 + 0.996 * min_max(block)
        weights = (1 - entropy(scaled)) / (1 - entropy(scaled)).sum()
        columns.append(scaled @ weights)
    return np.column_stack(columns)


def claim(**results):
    panel = reference_panel()
    units, years = zip(*panel.rows, strict=True)
    places = dict.fromkeys(("scores", "c", "t", "d"), 4)
    rounded = {name: np.round(values, 4) if name in places else values for name, values in results.items()}
    return AuditClaim(units=units, years=years, systems=SYSTEMS, places=places, **rounded)


def first(audit, result):
    step = next(step for step in audit.steps if step.result == result)
    return {one.code for one in step.best[0].variants}, step.best[0].share


def mean_and_c(u):
    return u.mean(axis=1), 3 * np.prod(u, axis=1) ** (1 / 3) / u.sum(axis=1)


def test_a_right_table_is_reproduced_in_every_cell_and_no_grade_changes():
    u = standard_scores()
    t, c = mean_and_c(u)
    audit = audit_method(claim(indicators=blocks(), scores=u, c=c, t=t, d=np.sqrt(c * t)))
    assert {step.result: step.best[0].share for step in audit.steps} == {"scores": 1, "C": 1, "T": 1, "D": 1}
    assert not any(step.best[0].mistakes for step in audit.steps)
    assert first(audit, "scores")[0] == {"span", "entropy", "within"}
    assert (len(audit.changes), audit.compared) == (0, 150)
    assert 0.5 < audit.changed_corrected / audit.compared < 0.9  # the corrected C moves most grades


MISTAKES = {
    "cube": lambda u, t, c: {"c": c, "t": t, "d": np.cbrt(c * t)},
    "none": lambda u, t, c: {"c": c, "t": t, "d": c * t},
    "no-factor": lambda u, t, c: {"c": c / 3, "t": t},
    "no-root": lambda u, t, c: {"c": c**3},
    "square-root": lambda u, t, c: {"c": np.sqrt(c**3)},
    "pairs": lambda u, t, c: {
        "c": 3 * (np.prod(u, axis=1) / ((u[:, 0] + u[:, 1]) * (u[:, 0] + u[:, 2]) * (u[:, 1] + u[:, 2]))) ** (1 / 3)
    },
    "sum": lambda u, t, c: {"t": 3 * t},
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_published_mistake_is_named(mistake):
    u = standard_scores()
    audit = audit_method(claim(scores=u, **MISTAKES[mistake](u, *mean_and_c(u))))
    assert all(step.best[0].share == 1 for step in audit.steps)
    named = [one for step in audit.steps for one in step.best[0].mistakes]
    assert [one.code for one in named] == [mistake]
    assert named[0].mistake.zh


@pytest.mark.parametrize(
    ("code", "weigh"),
    [
        ("entropy-turned", lambda x: entropy(x) / entropy(x).sum()),
        ("distinct-turned", lambda x: _distinct(x) / _distinct(x).sum()),
        ("equal", lambda x: np.full(x.shape[1], 1 / x.shape[1])),
    ],
)
def test_how_the_weights_were_made_is_told_from_scores_alone(code, weigh):
    u = np.column_stack([min_max(block) @ weigh(min_max(block)) for block in coarse().values()])
    audit = audit_method(claim(indicators=coarse(), scores=u))
    found, share = first(audit, "scores")
    assert share == 1
    assert {"plain", code} <= found


def test_what_cannot_be_told_apart_is_shown_together():
    # Where every value occurs once, the entropy of distinct-value counts is ln n for all: equal weights in disguise.
    every = {one: block + np.arange(150)[:, None] * 1e-7 for one, block in blocks().items()}
    u = np.column_stack([min_max(block).mean(axis=1) for block in every.values()])
    step = audit_method(claim(indicators=every, scores=u)).steps[0]
    assert {"equal", "distinct-turned"} <= {variant.code for one in step.best for variant in one.variants}
    assert step.equals >= 2


def _distinct(values):
    counts = [np.unique(column, return_counts=True)[1] / len(values) for column in values.T]
    return np.array([-(p * np.log(p)).sum() for p in counts])


def test_the_program_of_a_published_paper_is_recognised_and_most_grades_change():
    # Weights by the entropy of distinct-value counts, and a cube root in D, as one released program does.
    u = np.column_stack([min_max(block) @ (_distinct(block) / _distinct(block).sum()) for block in coarse().values()])
    t, c = mean_and_c(u)
    audit = audit_method(claim(indicators=coarse(), d=np.cbrt(c * t)))
    found, share = first(audit, "D")
    assert share == 1
    assert {"distinct-turned", "cube", "classical"} <= found
    assert len(audit.changes) / audit.compared > 0.7


def test_scores_of_nought_rest_on_a_floor_constant():
    u = standard_scores()
    u[:4, 0] = 0
    lifted = np.maximum(u, 1e-4)
    c = mean_and_c(lifted)[1]
    audit = audit_method(claim(scores=u, c=c))
    found, share = first(audit, "C")
    assert share == 1
    assert "floor-0.0001" in found
    assert "4 cells rest on a floor constant" in audit.notes[0].en


def test_unequal_shares_of_t_are_found():
    u = standard_scores()
    audit = audit_method(claim(scores=u, t=u @ np.array([0.4, 0.3, 0.3])))
    assert audit.steps[0].best[0].variants[-1].name.en == "T with shares 0.4 : 0.3 : 0.3"
    assert audit.steps[0].best[0].share == 1


def test_a_table_that_nothing_reproduces_says_so():
    rng = np.random.default_rng(4)
    audit = audit_method(claim(scores=standard_scores(), d=rng.uniform(size=150)))
    assert audit.steps[0].best[0].share < 0.1
    assert audit.steps[0].tried > 20


TITLES = ["省份", "年份", "教育/经费占比", "教育/师生比(-)", "科技/研发强度", "U:教育", "U:科技", "D", "备注"]


def row(n, *, d="0.512"):
    return [f"省{n}", "2020", f"{n}.5", f"{20 - n}", f"{n * n}", f"0.{n + 1}1", f"0.{n + 2}3", d, ""]


def test_titles_say_what_a_column_is():
    found = read_claim(TITLES, [row(n) for n in range(6)])
    assert found.systems == ("教育", "科技")
    assert found.negative == {"教育": (False, True), "科技": (False,)}
    assert found.scores.shape == (6, 2)
    assert found.places == {"d": 3, "scores": 2}
    assert found.c is None


def test_all_faults_of_an_uploaded_table_are_said_with_unit_and_year():
    rows = [row(0), row(1, d="n/a"), row(1), row(3)]
    rows[3][2] = ""
    with pytest.raises(FaultyInputError) as refused:
        read_claim(TITLES, rows)
    told = {(fault.code, fault.where) for fault in refused.value.faults}
    assert told == {("no-number", "省1, 2020"), ("no-number", "省3, 2020"), ("twice", "省1, 2020")}
    with pytest.raises(FaultyInputError) as refused:
        read_claim(["x", "U:a"], [["1", "2"]])
    assert len(refused.value.faults) == 2
    with pytest.raises(FaultyInputError, match="Give all or none"):
        read_claim(["unit", "U:a", "U:b", "c/x"], [["1", "0.2", "0.3", "4"]])


def test_a_table_that_gives_some_weights_no_meaning_is_audited_all_the_same():
    # Constant within each year, so scaling by years leaves nothing to weigh; and a single indicator in one subsystem.
    rows = [[f"u{n}", str(2020 + n % 2), str(n % 2), str(n), f"0.{n + 1}", f"0.{n + 2}", "0.4"] for n in range(6)]
    titles = ["unit", "year", "a/x", "b/y", "U:a", "U:b", "D"]
    audit = audit_method(read_claim(titles, rows))
    assert [step.result for step in audit.steps] == ["scores", "D"]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_table_is_audited_or_refused_in_words(data):
    n = data.draw(st.integers(1, 5))
    cell = st.one_of(st.integers(0, 3).map(str), st.floats(0, 1).map(lambda x: f"{x:.2f}"))
    titles = [
        "unit",
        "year",
        "a/x",
        "a/y(-)",
        "b/z",
        *data.draw(st.lists(st.sampled_from(["C", "T", "D"]), unique=True)),
    ]
    rows = [[f"u{k}", "2020", *(data.draw(cell) for _ in titles[2:])] for k in range(n)]
    try:
        audit = audit_method(read_claim(titles, rows))
    except FaultyInputError as refused:
        said = refused.in_language("zh")
    else:
        said = audit.told("zh")
    assert "不能照原样使用" in said or "算法组合" in said


def test_a_table_beyond_the_limit_is_refused():
    with pytest.raises(FaultyInputError, match="up to 6,000 rows"):
        read_claim(TITLES, [row(1)] * 6001)
    wide = [*TITLES, *(f"科技/第{n}项" for n in range(30))]
    with pytest.raises(FaultyInputError, match="150,000 figures of indicators"):
        read_claim(wide, [[*row(1), *["1"] * 30]] * 5000)


def test_nothing_to_audit_is_refused():
    with pytest.raises(FaultyInputError, match="no result to audit"):
        audit_method(claim(indicators=blocks()))
    with pytest.raises(FaultyInputError, match="nothing can be worked out again"):
        audit_method(claim(d=np.full(150, 0.5)))
