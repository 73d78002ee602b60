"""Drafts of comments: strengths first, nothing without a fact, and of what is not known only that it is not known."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.matching.test_next_steps import NINE, PACK, place, profiles
from yucai.framework import load_framework
from yucai.matching import CommentPiece, SentencePart, draft_comment
from yucai.texts import Text

ANA = Text("Ana", "安娜")
FRAMEWORK = load_framework("nine-qualities")
ESSAY = CommentPiece(quality="innovation", what=Text("Essay", "文章"), score=Text("good", "良好"))
PIECES = st.lists(
    st.builds(CommentPiece, quality=st.sampled_from(NINE), what=st.just(ESSAY.what), score=st.just(ESSAY.score)),
    max_size=4,
)


def draft(places, pieces=()):
    return draft_comment(ANA, places, pieces=pieces, practices=PACK)


def named_in(text):
    """The qualities that a sentence names, in English; a practice may name others in passing."""
    return {
        entry.code for entry in FRAMEWORK.qualities if entry.name.en[:1].lower() + entry.name.en[1:] in text.en
    }  # fmt: skip


@given(profiles(), PIECES)
def test_each_sentence_is_backed_by_facts_that_were_given(places, pieces):
    """Draft must never invent: what a sentence rests on was given, and it names no quality beyond that."""
    given_facts = [ANA, *places, *pieces, *PACK.practices]
    for sentence in draft(places, pieces).sentences:
        assert all(any(fact is known for known in given_facts) for fact in sentence.rests_on)
        assert sentence.rests_on or not places
        if sentence.part is not SentencePart.STEP:
            told = {fact.quality for fact in sentence.rests_on if not isinstance(fact, Text)}
            assert named_in(sentence.says) <= told


@given(profiles(), PIECES)
def test_what_is_said_is_what_the_interval_says_as_it_is_printed(places, pieces):
    held = {one.quality: one for one in places}
    for sentence in draft(places, pieces).sentences:
        if ("clearly above" in sentence.says.en and "nor" not in sentence.says.en) or "same goes" in sentence.says.en:
            assert all(held[one.quality].enough and held[one.quality].printed[0] > 0 for one in sentence.rests_on)
        if "below the average so far" in sentence.says.en:
            assert all(held[one.quality].enough and held[one.quality].printed[1] < 0 for one in sentence.rests_on)
        if "neither clearly above nor below" in sentence.says.en:
            (one,) = sentence.rests_on
            assert one.enough
            assert one.printed[0] <= 0 <= one.printed[1]


@given(profiles(), PIECES)
def test_of_a_quality_without_enough_evidence_nothing_is_said_but_that_it_is_not_known(places, pieces):
    grey = {one.quality for one in places if not one.enough}
    for sentence in draft(places, pieces).sentences:
        if sentence.part in (SentencePart.STRENGTH, SentencePart.WORK_ON):
            assert not named_in(sentence.says) & grey
        if sentence.part is SentencePart.UNKNOWN:
            assert named_in(sentence.says) <= grey


@given(profiles(), PIECES)
def test_strengths_come_first_then_one_thing_and_one_step(places, pieces):
    parts = [sentence.part for sentence in draft(places, pieces).sentences]
    assert parts == sorted(parts, key=list(SentencePart).index)
    assert parts[0] is SentencePart.GREETING
    assert parts.count(SentencePart.WORK_ON) <= 1
    assert parts.count(SentencePart.STEP) <= 1
    assert parts.count(SentencePart.UNKNOWN) <= 1


@given(profiles(), PIECES)
def test_no_brace_is_left_and_both_languages_say_something(places, pieces):
    made = draft(places, pieces)
    for language in ("en", "zh"):
        said = made.in_language(language)
        assert "{" not in said
        assert "}" not in said
        assert said


def test_a_comment_reads_like_one():
    places = [
        place("innovation", 0.9),
        place("practical-literacy", -0.9),
        place("scientific-spirit", 0.0, enough=False),
    ]
    said = draft(places, [ESSAY]).in_language("en")
    paragraphs = said.split("\n\n")
    assert paragraphs[0] == "Dear Ana,"
    assert paragraphs[1] == (
        "In innovation you stand clearly above the average of our institution. It shows, for instance, in “Essay” "
        "(good)."
    )
    assert paragraphs[2].startswith("One thing to work on is practical literacy: what is on record lies below")
    assert "A next step could be this: " in paragraphs[2]
    assert paragraphs[3] == "Of scientific spirit too little is known yet to say anything; that is no judgement."
    assert (
        draft(places, [ESSAY])
        .in_language("zh")
        .startswith("安娜同学：\n\n你的创新能力明显高于本单位的平均水平。例如“文章”")
    )


def test_where_nothing_stands_out_the_draft_does_not_make_it_up():
    said = draft([place("innovation", 0.1), place("practical-literacy", -0.1)]).in_language("en")
    assert "lies about where most stand" in said
    assert "neither clearly above nor below" in said
    assert "clearly above the average of our institution" not in said


def test_of_somebody_unknown_it_says_that_and_nothing_else():
    said = draft([place(code, enough=False) for code in NINE])
    assert [one.part for one in said.sentences] == [SentencePart.GREETING, SentencePart.UNKNOWN]
    assert "that is no judgement" in said.in_language("en")
