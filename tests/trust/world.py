"""Two institutions in which everything is there once that an address can name."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from webauthn.helpers import bytes_to_base64url

from tests.feeds.lessons import FACTS, wish
from tests.records.records_client import new_id
from tests.spec.test_attainment import COURSE
from tests.trust.world_results import NOON, add_selection, add_teaching, add_value_added
from tests.web.desk import LIST, ON_PAGE, taken, written
from tests.web.observing import CHILDREN, TIMES
from tests.web.stores import answered, make_store, open_tool
from yucai.demo import demo_policies
from yucai.evidence import LearnersShown, SamplingMode, SourceFacts
from yucai.governance import StudentScores
from yucai.measurement import AdaptivePlan, BankItem, ItemBank, ItemFamily, prepare_test
from yucai.web.accounts.age_models import GuardianConsent, MinorApproval
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.consent_models import ConsentText
from yucai.web.accounts.consents import ship_texts
from yucai.web.accounts.erasure_models import AddedTrait, LegalHold
from yucai.web.accounts.factor_models import Passkey
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.accounts.outside import give_link
from yucai.web.accounts.saved_models import SavedView
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.token_models import ApiToken
from yucai.web.erasure.actions import ask_erasure
from yucai.web.erasure.models import PersonErasure
from yucai.web.evidence.answers import open_answers
from yucai.web.evidence.desk_files import choose, keep_upload
from yucai.web.evidence.maker_models import ImportedWork, WorkMaker
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, OwnWork
from yucai.web.evidence.observation_plans import PlanWanted, open_plan
from yucai.web.evidence.rating_planning import RoundWanted
from yucai.web.evidence.rating_rounds import open_rating_round
from yucai.web.feeds.actions import declare_feed
from yucai.web.feeds.models import ActorDeclaration
from yucai.web.governance.attainment_actions import open_course, put_scores
from yucai.web.governance.attainment_maps import put_course_map
from yucai.web.governance.indicator_actions import fill_indicator, plan_indicator
from yucai.web.governance.indicator_doors import indicator_known
from yucai.web.governance.indicator_showing import last_year
from yucai.web.governance.policy_actions import accept_policy_gate, open_policy_data, save_policy, seal_policy
from yucai.web.governance.policy_running import keep_result
from yucai.web.governance.policy_showing import policy_view
from yucai.web.governance.research_models import ResearchExport
from yucai.web.jobs.models import Job
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.measurement.adaptive_models import AdaptiveSitting, AdaptiveTestRecord
from yucai.web.measurement.class_portrait_models import ClassPortraits
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.models import CalibrationRun
from yucai.web.records.forwarding_models import Forwarding
from yucai.web.records.models import RecordCredential
from yucai.web.records.operating_models import RefusedRequest
from yucai.web.registers.processors import ProcessorWanted, add_processor
from yucai.web.registers.switches import begin_provisionally
from yucai.web.selection.models import AnnouncedLine, Announcement
from yucai.web.several.models import SeveralAct

ROLES = ("director", "researcher", "teacher", "mentor", "student", "bureau", "officer")


@dataclass
class Things:
    """What the addresses of one kind of relation name: for each kind of thing the parts of the address."""

    parts: dict[str, dict] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)


def furnish(code, folder):
    """Make an institution: two classes of six, each role once; give what belongs to the first class, and the second."""
    space = Space.objects.create(
        code=code, name_en=code, name_zh=code, simulated=False, evidence_map="evidence-demo-college"
    )
    own, beside = Things(), Things()
    for role in ROLES:
        own.accounts[role] = _account(space, f"{code}-{role}", role)
    for things, letter in ((own, "a"), (beside, "b")):
        _class(space, letter, things, own.accounts["director"])
    group = Group.objects.get(pk=own.parts["group"]["pk"])
    for role in ("teacher", "mentor"):
        Charge.objects.create(account=own.accounts[role], group=group)
    Account.objects.filter(username=f"{code}-student").update(person=own.parts["person"]["pk"])
    cohort = Group.objects.create(space=space, code="2026", kind="cohort", name_en="2026", name_zh="2026")
    for person in Person.objects.filter(space=space):
        Membership.objects.create(group=cohort, person=person)
    own.parts |= {"space": {"code": code}, "cohort": {"pk": cohort.pk}}
    for things, role in ((own, "teacher"), (beside, "director")):
        book = ClassPortraits.objects.create(
            group_id=things.parts["group"]["pk"], asked_by=own.accounts[role], asked_at=NOON, language="zh-hans",
            chart="dots", people=[things.parts["person"]["pk"]], file="x.pdf", size_bytes=1, made_at=NOON,
        )  # fmt: skip
        things.parts["class portraits"] = {"pk": book.group_id, "book": book.pk}
    for things in (own, beside):
        _adaptive_test(things, own.accounts["director"])
    _sign_ins(own, own.accounts["student"], own.accounts["teacher"], own.accounts["director"])
    _sign_ins(beside, *[_account(space, f"{code}-beside", "teacher")] * 2, own.accounts["director"])
    _ratings(own, group)
    _observation(own, space)
    _desk(own, space, folder)
    _store(own, space)
    consent = GuardianConsent.objects.create(
        person_id=beside.parts["person"]["pk"], guardian="x", shown="paper", reference="x", given_on=date(2026, 9, 1),
        recorded_by=own.accounts["officer"], recorded_at=NOON,
    )  # fmt: skip
    approval = MinorApproval.objects.create(
        space=space, role="teacher", purpose="teaching", reason="x", until=date(2027, 8, 31),
        approved_by=own.accounts["officer"], approved_at=NOON,
    )  # fmt: skip
    own.parts |= {
        "guardian": {"code": code, "pk": consent.pk}, "approval": {"code": code, "pk": approval.pk},
        "pack": {"code": code, "year": 2026},
    }  # fmt: skip
    _erasures(own, space)
    _registers(own, space)
    _announcements(own, space)
    _priority(space, own, beside)
    add_selection(space, own)
    _indicators(own, space)
    add_teaching(space, own)
    add_value_added(space, own)
    _policies(space, own)
    _attainment(space, own, beside)
    own.parts["job"] = {"pk": Job.objects.create(space=space, kind="measure", asked_at=NOON, state="done").pk}
    return own, beside


def _policies(space, own):
    """A card of which nothing can be told, with all its steps, and a draft."""
    director, one = own.accounts["director"], demo_policies()[2]
    card = replace(one.card, code=f"{space.code}-policy")
    record = seal_policy(record=save_policy(space=space, card=card, by=director, at=NOON), by=director, at=NOON)
    record = open_policy_data(record=record, data=one.data, name="x.csv", by=director, at=NOON)
    shown = policy_view(record).gate_hash
    keep_result(record=accept_policy_gate(record=record, shown=shown, by=director, at=NOON), by=director, at=NOON)
    draft = save_policy(space=space, card=card, by=director, at=NOON)
    own.parts |= {"policy": {"code": record.slug}, "policy draft": {"code": draft.slug}}


@cache
def _password():
    return make_password("four-words-that-differ")


def _account(space, username, role):
    """An account with a password and a passkey, so that every page about them has something to show."""
    account = Account.objects.create(username=username, role=role, password=_password())
    account.spaces.add(space)
    credential = bytes_to_base64url(username.encode())
    Passkey.objects.create(
        account=account, credential=credential, public_key=b"k", sign_count=0, name="x", made_at=NOON
    )
    return account


def _sign_ins(things, owner, run, director):
    """Where an account is signed in, its key and token, an account that the office runs, and a link to a group."""
    sign_in = SignIn.objects.create(account=owner, way="password", began_at=NOON, seen_at=NOON)
    group = Group.objects.get(pk=things.parts["group"]["pk"])
    link = give_link(name="Zhou", group=group, days=30, by=director, at=NOON).link
    token = ApiToken.objects.create(
        account=owner, name="x", digest=owner.username, scopes="read:looks", way="password", made_at=NOON,
        expires_at=NOON + timedelta(days=90),
    )  # fmt: skip
    view = SavedView.objects.create(
        account=run, page="group", number=group.pk, said={"sort": "name"}, name="x", made_at=NOON
    )
    act = SeveralAct.objects.create(kind="accounts-off", by=director, at=NOON)
    act.members.create(number=run.pk, done=True, position=1)
    numbers = {"sign in": sign_in, "passkey": owner.passkeys.get(), "account": run, "outside link": link,
               "api token": token, "saved view": view, "several act": act}  # fmt: skip
    things.parts |= {kind: {"pk": thing.pk} for kind, thing in numbers.items()}


def _class(space, letter, things, director):
    group = Group.objects.create(space=space, code=letter, kind="class", name_en=letter, name_zh=letter)
    people = [
        Person.objects.create(space=space, code=f"{letter}{n}", name_en=f"{letter}{n}", name_zh=f"{letter}{n}")
        for n in range(6)
    ]
    for person in people:
        Membership.objects.create(group=group, person=person)
    item = Item.objects.create(space=space, code=f"exam/{letter}", name_en="x", name_zh="x", kind="exam")
    source, _ = DataSource.objects.get_or_create(
        space=space, code="exams", name_en="e", name_zh="e", purpose="p", legal_basis="duty", owner="o"
    )
    entry = Import.objects.create(source=source, file_name=letter, digest=letter, at=NOON, by="x", kept=6)
    records = [
        EvidenceRecord.objects.create(came_with=entry, person=person, item=item, score=n, max_score=6)
        for n, person in enumerate(people)
    ]
    work = {"person": people[0], "kind": "project", "done_on": date(2026, 5, 1), "part": "x", "team_size": 1,
            "quality": "practical-literacy", "proof": "own-word", "ai_used": False, "added_at": NOON}  # fmt: skip
    waiting = OwnWork.objects.create(title="waiting", **work)
    decided = {"state": "verified", "decided_by": director, "decided_at": NOON, "reason": "seen"}
    verified = OwnWork.objects.create(title="verified", **work, **decided)
    listed = ImportedWork.objects.create(
        came_with=entry, kind="project", title="listed", done_on=date(2026, 5, 1), size=2, whole=True
    )
    naming = WorkMaker.objects.create(imported=listed, person=people[0], named_at=NOON)
    request = ReviewCase.objects.create(
        space=space, person=people[0], kind="objection", about="work", key=str(verified.pk), named_en="x", named_zh="x",
        said="x", opened_by=director, opened_at=NOON, due_on=date(2026, 12, 8),
    )  # fmt: skip
    said = StudentComment.objects.create(
        person=people[0], group=group, author=things.accounts.get("teacher", director), language="en",
        said="Well done.", kept_at=NOON, sent_at=NOON,
    )  # fmt: skip
    things.parts |= {
        "scale": {"pk": group.pk, "quality": "innovation"}, "comment": {"pk": said.pk},
        "commented": {"pk": group.pk, "person": people[0].pk},
    }  # fmt: skip
    numbers = {"request": request, "group": group, "person": people[0], "assessment": item, "score": records[0],
               "work": waiting, "verified work": verified, "naming": naming}  # fmt: skip
    things.parts |= {kind: {"pk": thing.pk} for kind, thing in numbers.items()}


def _adaptive_test(things, director):
    group = Group.objects.get(pk=things.parts["group"]["pk"])
    item = BankItem(
        item="q/1", quality="innovation", family=ItemFamily.GRADED, slopes=(1.0,), intercepts=(0.0,), levels=(0, 1)
    )
    bank = ItemBank.of_items([item], qualities=["innovation"], correlations=[[1.0]])
    test = prepare_test(bank, AdaptivePlan(most_items=1))
    run = CalibrationRun.objects.create(
        space=group.space, at=NOON, file="x.json", evidence_map="evidence-demo-college", evidence_map_version="1",
        last_record=0, responses=0, units=0, converged=True, notices=[], seconds=0, current=False,
    )  # fmt: skip
    came_with = open_answers(space=group.space, name=f"test-{group.code}", by="x", at=NOON)
    record = AdaptiveTestRecord.objects.create(
        space=group.space, group=group, name=f"test {group.code}", occasion="2026-2027-1", calibration=run,
        test=test.to_json(), fingerprint=test.fingerprint, questions={"q/1": 1}, fresh_only=False, seed=1,
        came_with=came_with, opened_at=NOON, opened_by=director,
    )  # fmt: skip
    sitting = AdaptiveSitting.objects.create(test=record, person_id=things.parts["person"]["pk"])
    things.parts |= {"test": {"pk": record.pk}, "sitting": {"pk": sitting.pk}}


def _ratings(own, group):
    wanted = RoundWanted(
        group=group, name="projects", rubric="rubric-nine-qualities", occasion="2026-2027-1",
        raters=(own.accounts["teacher"], own.accounts["director"]), each=1, common=2, shown=LearnersShown.NUMBERS,
        seed=1,
    )  # fmt: skip
    found = open_rating_round(wanted=wanted, reason="few works", by=own.accounts["director"], at=NOON)
    own.parts |= {
        "round": {"pk": found.pk},
        "seat": {"pk": found.seats.filter(rater=own.accounts["teacher"]).first().pk},
    }


def _observation(own, space):
    wanted = PlanWanted(
        space=space, name="Autumn", scheme="aggression-preschool", mode=SamplingMode.TIMED_EVENT, seconds=600,
        interval_s=None, children=CHILDREN, times=TIMES,
        observers=(own.accounts["teacher"], own.accounts["researcher"]), second_share=0.5,
        delete_on=date(2027, 8, 31), seed=7,
    )  # fmt: skip
    own.parts["plan"] = {"pk": open_plan(wanted=wanted, by=own.accounts["director"], at=NOON).pk}


def _registers(own, space):
    """A text of consent, a method that may run, and a processor; no notice, which would stand before every page."""
    ship_texts(space=space, at=NOON)
    begin_provisionally(space=space, at=NOON)
    wanted = ProcessorWanted(
        name="Host", what_for="x", data_sets="x", contract="x", on_leaving="x", since=date(2026, 1, 1)
    )
    processor = add_processor(space=space, wanted=wanted, by=own.accounts["director"], at=NOON)
    code = {"code": space.code}
    own.parts |= {
        "consent text": {"pk": ConsentText.objects.get(space=space).pk},
        "consent name": {"name": "research"},
        "data set": {**code, "pk": DataSource.objects.filter(space=space).first().pk},
        "method": {**code, "name": "profiles"},
        "processor": {**code, "pk": processor.pk},
    }


def _desk(own, space, folder):
    content = SimpleUploadedFile("list.csv", "学号,姓名\n2025990001,新生\n".encode())
    upload = keep_upload(space=space, by=own.accounts["director"], sent=content, at=NOON)
    choose(upload=upload, source="class-list", facts=SourceFacts(**{**ON_PAGE, "retention_months": 84}))
    entry = taken(written(folder, f"{space.code}.csv", LIST), space)
    own.parts |= {
        "upload": {"code": space.code, "pk": upload.pk},
        "import": {"code": space.code, "pk": entry.pk},
    }


def _erasures(own, space):
    """An erasure that waits, one that is done, and a hold."""
    director = own.accounts["director"]
    person = Person.objects.get(space=space, code="b5")
    waits = ask_erasure(person=person, reason="asked", by=director, at=NOON)
    source = DataSource.objects.filter(space=space).first()
    done = PersonErasure.objects.create(
        space=space, code=f"{space.code}-done", person=987654, reason="x", state="done", asked_by=director,
        asked_at=NOON, decided_by=own.accounts["officer"], decided_at=NOON, done_at=NOON, told="{}", seal="x",
    )  # fmt: skip
    hold = LegalHold.objects.create(
        space=space, person=Person.objects.get(space=space, code="b4"), reason="x", placed_at=NOON,
        review_on=date(2027, 1, 1),
    )  # fmt: skip
    sheet = {**dict.fromkeys(("export", "recipient", "purpose", "until", "conditions", "reference", "at"), "x"),
             "quasi-identifiers": [], "columns": [], "k source": "x", "score step": 0.05, "k": 5, "smallest crowd": 5,
             "left out": {}, "rows": 1, "people": 5}  # fmt: skip
    export = ResearchExport.objects.create(
        space=space, code=f"{space.code}-out", recipient="x", purpose="x", conditions="x", reference="x",
        until=date(2027, 1, 1), at=NOON, by=director, rows=1, people=5, sheet=json.dumps(sheet),
    )  # fmt: skip
    trait = AddedTrait.objects.create(
        space=space, name_en="x", name_zh="x", reason="x", added_at=NOON, added_by=director
    )
    own.parts |= {
        "trait": {"pk": trait.pk},
        "research": {"pk": export.pk},
        "erasure": {"pk": waits.pk}, "erased": {"pk": done.pk}, "hold": {"pk": hold.pk},
        "data set": {"code": space.code, "pk": source.pk},
    }  # fmt: skip


def _announcements(own, space):
    """A draft with somebody in it, and one that is approved and waits for its first day."""
    director, officer = own.accounts["director"], own.accounts["officer"]
    by_two = {"state": "approved", "asked_by": director, "asked_at": NOON, "approved_by": officer,
              "approved_at": NOON, "digest": "x", "n_lines": 1}  # fmt: skip
    first, second = [
        Announcement.objects.create(
            space=space, key=f"{space.code}-{n}", title_zh="x", reference="x", contact="x", outcomes=[["x", "x"]],
            from_day=date(2099, 1, 1), until_day=date(2099, 1, 2), object_until=date(2099, 1, 2), **more,
        )
        for n, more in enumerate(({}, by_two))
    ]  # fmt: skip
    person = own.parts["person"]["pk"]
    line = AnnouncedLine.objects.create(announcement=first, person_id=person, outcome=0)
    AnnouncedLine.objects.create(announcement=second, person_id=person, outcome=0, name="x", number="x")
    own.parts |= {
        "announcement": {"pk": first.pk}, "approved one": {"pk": second.pk}, "announced line": {"pk": line.pk},
    }  # fmt: skip


def _indicators(things, space):
    """An indicator that is planned, filled in and not yet signed, in the newest year."""
    pack, known = indicator_known("cn-22")
    at, by = timezone.now(), things.accounts["researcher"]
    facts = {"space": space, "indicator": known, "year": last_year(at), "at": at}
    plan_indicator(target=95, recorder=None, auditor=None, by=things.accounts["director"], **facts)
    fill_indicator(pack=pack, counts={"leavers.due": 60, "leavers.graduated": 50}, applies=True, source="x",
                   as_of=date(2025, 8, 31), reason="", by=by, **facts)  # fmt: skip
    things.parts["indicator"] = {"code": "cn-22"}


def _priority(space, own, beside):
    """A list with somebody of each class on it, each with a case that was just opened by the director."""
    run = PriorityRun.objects.create(
        space=space, as_of=NOON.date(), scope="all", at=NOON, rules_version="1.0", last_record=0, people=12, clear=9,
        seconds=0, not_counted=[["x", "无"]],
    )  # fmt: skip
    for things, letter in ((own, "a"), (beside, "b")):
        people = [Person.objects.get(space=space, code=f"{letter}{n}") for n in range(2)]
        said = {
            "reasons": [["Two of three did not come.", "三份中有两份未交。"]], "band": "talk-soon",
            "against": [["One came.", "已交一份。"]], "counts": [["Due: 3, came: 1.", "到期 3 份，已交 1 份。"]],
            "step_en": "Ask.", "step_zh": "问一问。",
        }  # fmt: skip
        waiting, opened = [
            PriorityEntry.objects.create(run=run, person=person, since=NOON, **said) for person in reversed(people)
        ]
        case = SupportCase.objects.create(
            space=space, person=opened.person, as_of=run.as_of, rules_version="1.0", opened_by=own.accounts["director"],
            opened_at=timezone.now(), **said,
        )  # fmt: skip
        CaseDecision.objects.create(case=case, kind="opened", by=own.accounts["director"], at=NOON)
        things.parts |= {"listed": {"pk": waiting.pk}, "case": {"pk": case.pk}}
    PriorityEntry.objects.create(
        run=run, person=Person.objects.get(space=space, code="a2"), band="unknown", since=NOON,
        reasons=[["Too little is known.", "所知太少。"]],
    )  # fmt: skip


def _attainment(space, own, beside):
    """A course of each class with scores of its students."""
    by = own.accounts["director"]
    found = put_course_map(space=space, course=COURSE, file_name="x.xlsx", by=by, at=NOON)
    own.parts["course map"] = {"pk": found.pk}
    for things, letter in ((own, "a"), (beside, "b")):
        group = Group.objects.get(pk=things.parts["group"]["pk"])
        run = open_course(map=found, group=group, term="2026-2027-1", by=by, at=NOON)
        scores = [
            StudentScores(student=f"{letter}{n}", scores={"作业": 50 + n, "期末/目标1": 20, "期末/目标2": 30})
            for n in range(6)
        ]
        put_scores(run=run, scores=scores, source="x.xlsx", by=by, at=NOON)
        things.parts["attained"] = {"pk": run.pk}


def _store(own, space):
    store = make_store(space, code=f"{space.code}-lms")
    tool, id = open_tool(store), new_id()
    assert tool.post([answered("a0", id=id)]).status == 200
    credential = RecordCredential.objects.get(store=store)
    forwarding = Forwarding.objects.create(
        store=store, address="https://other.example/xapi", version="2.0.0", key="k", secret=b"x", is_on=False,
        created_at=NOON,
    )  # fmt: skip
    refused = RefusedRequest.objects.create(
        store=store, credential=credential, first_at=NOON, last_at=NOON + timedelta(minutes=1), method="POST",
        resource="statements", version="2.0.0", body=json.dumps([{"actor": 1}]).encode(), size_bytes=14,
        digest=bytes(16),         status=400,
    )  # fmt: skip
    feed = declare_feed(store=store, name="LMS", facts=FACTS, wish=wish(), by=None, at=NOON)
    actor = ActorDeclaration.objects.create(
        feed=feed, key="mailto:a@x.example", person_id=own.parts["person"]["pk"], at=NOON
    )
    name = {"code": store.code}
    own.parts |= {
        "store": name, "credential": {**name, "pk": credential.pk}, "statement": {**name, "id": id},
        "attachment": {**name, "id": id, "sha2": "0" * 64}, "forwarding": {**name, "pk": forwarding.pk},
        "refused": {**name, "pk": refused.pk}, "feed": {"pk": feed.pk}, "actor": {"pk": actor.pk},
    }  # fmt: skip
