"""What holds for any good statements, whatever the profile."""

from dataclasses import replace
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.statement_mapping.telling import ADL, CMI5, PAGE, XAPI_ADL, everything, mapped
from tests.unit.evidence.statements import making
from yucai.evidence import LearnerNumbers, load_statement_profiles, statement_faults

PROFILES = load_statement_profiles()
VERBS = sorted(set(chain.from_iterable(profile.verbs for profile in PROFILES.values())))
profiles = st.builds(
    lambda profile, attempt: replace(profile, attempt=attempt),
    st.sampled_from([PROFILES[code] for code in sorted(PROFILES)]),
    st.sampled_from(["first", "last", "best"]).map(lambda name: type(PROFILES["h5p"].attempt)(name)),
)
EVERYBODY = LearnerNumbers(home_pages=frozenset({PAGE}), mail_domains=frozenset({"example.edu"}))
few_ids = st.integers(1, 6).map("00000000-0000-4000-8000-{:012d}".format)
learners = st.sampled_from("abc").map(lambda name: {"account": {"homePage": PAGE, "name": name}})
things = st.sampled_from("xyz").map(lambda name: {"id": f"{PAGE}/{name}"})
times = st.sampled_from([f"2026-{month:02d}-01T08:00:00Z" for month in (1, 2, 3, 9)])
SESSION = {"extensions": {f"{CMI5}/extensions/sessionid": "s"}, "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7"}
contexts = st.fixed_dictionaries(
    {},
    optional={
        "registration": st.just(SESSION["registration"]),
        "extensions": st.fixed_dictionaries(
            {f"{CMI5}/extensions/sessionid": st.sampled_from("st")},
            optional={
                f"{CMI5}/extensions/launchmode": st.sampled_from(["Normal", "Browse"]),
                f"{CMI5}/extensions/masteryscore": st.sampled_from([0.5, True, "x"]),
            },
        ),
        "contextActivities": st.fixed_dictionaries(
            {},
            optional={
                "parent": st.lists(things, max_size=2),
                "category": st.just([{"id": f"{CMI5}/categories/{name}"} for name in ("cmi5", "moveon")]),
            },
        ),
    },
)
common = st.fixed_dictionaries(
    {
        "actor": learners,
        "verb": st.sampled_from([*VERBS, f"{XAPI_ADL}/abandoned", f"{ADL}/passed"]).map(lambda id: {"id": id}),
        "object": things,
    },
    optional={"id": few_ids, "timestamp": times, "result": making.results, "context": contexts},
)
voidings = st.builds(
    lambda who, id, own: {
        "id": own,
        "actor": who,
        "verb": {"id": f"{ADL}/voided"},
        "object": {"objectType": "StatementRef", "id": id},
    },
    learners,
    few_ids,
    few_ids,
)
lists = st.lists(common | voidings, max_size=12)


@given(st.sampled_from(making.BOTH).flatmap(lambda version: st.lists(making.statements(version), max_size=6)), profiles)
def test_any_good_statements_are_mapped_and_all_accounted_for(statements, profile):
    found = mapped(statements, profile, learners=EVERYBODY)
    assert found.n_statements == len(statements)
    assert len(found.responses) + len(found.events) + sum(n.facts["n"] for n in found.notices) == len(statements)


@given(lists, profiles)
def test_each_statement_is_evidence_or_told_with_its_reason(statements, profile):
    assert all(not statement_faults(one, version=making.V2) for one in statements)
    found = mapped(statements, profile)
    told = sum(notice.facts["n"] for notice in found.notices)
    assert len(found.responses) + len(found.events) + told == len(statements)
    assert all(notice.in_language(language) for notice in found.notices for language in ("en", "zh"))


@given(lists, profiles, st.randoms(use_true_random=False))
def test_the_order_of_the_statements_does_not_matter(statements, profile, random):
    shuffled = list(statements)
    random.shuffle(shuffled)
    assert everything(mapped(shuffled, profile)) == everything(mapped(statements, profile))


@given(lists, profiles, st.sets(few_ids))
def test_a_voided_statement_never_counts(statements, profile, voided):
    by_list = {one["object"]["id"] for one in statements if one["verb"]["id"].endswith("/voided")}
    gone = voided | by_list
    found = mapped(statements, profile, voided=voided)
    assert not gone & set(found.responses.table["source_sheet"])
    assert not gone & set(found.events.table["statement"])
    left = [one for one in statements if one.get("id") not in gone or one["verb"]["id"].endswith("/voided")]
    without = mapped(left, profile, voided=voided)
    assert everything(without)[:3] == everything(found)[:3]


@given(lists, profiles)
def test_nothing_that_was_given_is_altered(statements, profile):
    before = repr(statements)
    mapped(statements, profile)
    assert repr(statements) == before
