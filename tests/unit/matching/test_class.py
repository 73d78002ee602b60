"""What a class goes over next, and who of it has gone quiet: few, sure, counted, and with words for it."""

from hypothesis import given
from hypothesis import strategies as st

from yucai.framework import load_practices
from yucai.matching import MOST_IDEAS, find_quiet, lesson_plan
from yucai.measurement import ClassIdea, ClassIdeas, IdeaKind, ThinIdea
from yucai.texts import Text

PACK = load_practices("practices-nine-qualities")
NINE = ("innovation", "practical-literacy", "scientific-spirit", "frontier-knowledge")


def idea(code, gap, error=0.1, *, quality=None, kind=IdeaKind.QUALITY, rate=0.01, p=0.001):
    expected = 0.0 if kind is IdeaKind.QUALITY else 0.7
    return ClassIdea(
        kind=kind, code=code, quality=quality or code, n_people=30, n_answers=60, seen=expected + gap,
        expected=expected, std_error=error, p_value=p, false_discovery_rate=rate,
    )  # fmt: skip


IDEAS = st.lists(
    st.builds(
        lambda code, gap, rate, quality: idea(code, gap, rate=rate, quality=quality, kind=IdeaKind.TASK),
        st.sampled_from("abcdef"), st.floats(-1, 1), st.floats(0, 1), st.sampled_from(NINE),
    ),
    max_size=8,
)  # fmt: skip


@given(IDEAS)
def test_at_most_three_each_surely_behind_no_quality_twice_and_fewer_is_said(ideas):
    plan = lesson_plan(ClassIdeas(ideas=tuple(ideas), thin=()), PACK, names={})
    assert len(plan.points) <= MOST_IDEAS
    assert all(point.idea.behind for point in plan.points)
    assert len({point.idea.quality for point in plan.points}) == len(plan.points)
    assert (plan.fewer is None) == (len(plan.points) == MOST_IDEAS)


def test_each_idea_has_its_evidence_how_sure_it_is_and_one_suggestion():
    found = ClassIdeas(
        ideas=(idea("innovation", -0.5), idea("exam/x", -0.12, 0.03, quality="frontier-knowledge", kind=IdeaKind.TASK)),
        thin=(),
    )
    plan = lesson_plan(found, PACK, names={"exam/x": Text("Optics", "光学")})
    first, second = plan.points
    assert first.evidence.en.startswith("The class stands at −0.5 [−0.7, −0.3]; 0 is the average of all profiles")
    assert first.do == PACK.practice("innovation", PACK.next_level(-0.5)).says
    assert second.name == Text("Optics", "光学")
    assert second.evidence.en == (
        "The class came 58 % of the way to the highest level; others who stand where it stands come 70 % of it "
        "(difference −12 points, between −17 and −7). 30 people, 60 answers."
    )
    assert "99 in 100" in first.sure.en
    assert plan.fewer.en == "Nothing in the evidence says that the class is behind on a third idea."
    assert plan.how.en.startswith("2 ideas were looked at.")


def test_an_idea_of_which_the_pack_knows_nothing_is_gone_over_once_more():
    plan = lesson_plan(ClassIdeas(ideas=(idea("ai-awareness", -0.5),), thin=()), PACK, names={})
    assert plan.points[0].do.en.startswith("Go over “ai-awareness” once more")
    assert "pack of practices has nothing on it" in plan.points[0].rule.en


def test_what_lies_inside_the_noise_or_fails_over_all_ideas_is_not_named():
    noisy = ClassIdeas(ideas=(idea("innovation", -0.1), idea("practical-literacy", -0.5, rate=0.2)), thin=())
    assert lesson_plan(noisy, PACK, names={}).points == ()


def test_where_nothing_is_known_that_is_said():
    grey = ThinIdea(kind=IdeaKind.QUALITY, code="innovation", quality="innovation", why=Text("few", "少"))
    plan = lesson_plan(ClassIdeas(ideas=(), thin=(grey,)), PACK, names={})
    assert plan.fewer.en == "Too little is known of the class to name any idea. That is grey, and not low."
    assert plan.thin == (grey,)


WORKS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.sets(st.sampled_from("wxyz")), max_size=12)


@given(WORKS)
def test_who_is_named_lacks_at_least_half_of_what_most_have_and_two(works):
    found = find_quiet(works)
    most = {piece for piece in "wxyz" if 2 * sum(piece in held for held in works.values()) > len(works)}
    if len(works) >= 5:
        assert set(found.expected) == most
    for one in found.learners:
        assert set(one.missing) == most - works[one.learner]
        assert len(one.missing) >= 2
        assert 2 * len(one.missing) >= len(most)
        assert one.n_there == len(most & works[one.learner])


@given(WORKS, st.randoms())
def test_the_order_in_which_people_are_given_changes_nothing(works, random):
    turned = list(works.items())
    random.shuffle(turned)
    assert find_quiet(dict(turned)) == find_quiet(works)


def test_the_sentence_holds_the_counts_and_can_be_said_aloud():
    works = {f"L{n}": {"essay", "report", "exam"} for n in range(9)} | {"L9": {"exam"}}
    (quiet,) = find_quiet(works).learners
    assert quiet.says.en == (
        "Of the 3 pieces of work that most of the class has, 2 of yours are not on record. How are you, and what is in "
        "the way?"
    )
    assert quiet.says.zh.startswith("班上大多数同学已有的 3 份作业中，你有 2 份没有记录。")


def test_of_four_people_nobody_knows_what_most_have():
    assert find_quiet({"a": {"x", "y"}, "b": {"x", "y"}, "c": {"x", "y"}, "d": set()}).learners == ()
