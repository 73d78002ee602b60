"""A small college in which somebody has gone quiet, somebody is new, and everybody else hands in what is due."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
from yucai.web.matching.case_actions import Said, decide_case, open_case
from yucai.web.matching.case_seconds import shown_now
from yucai.web.matching.priority_models import PriorityEntry
from yucai.web.matching.priority_running import work_out
from yucai.web.registers.switches import Assessment, switch_method_on

NOON = datetime(2026, 8, 10, 4, tzinfo=UTC)
DAY = date(2026, 8, 5)  # a few days after the last term ended
TERMS = ("2025-2026-1", "2025-2026-2")
REASON = "work is missing since spring"


@dataclass(frozen=True)
class College:
    """The institution and who works in it; ``people`` by number."""

    space: Space
    accounts: dict
    people: dict
    group: Group


def furnish_college(code, *, size=8):
    """Make it: class A in which ``quiet`` handed in nothing in the second term, class B where nothing was due yet."""
    space = Space.objects.create(
        code=code, name_en=code, name_zh=code, simulated=False, evidence_map="evidence-demo-college"
    )
    people, groups = {}, {}
    for label, names in (("A", ["quiet", *[f"a{n}" for n in range(size)]]), ("B", ["new"])):
        groups[label] = Group.objects.create(space=space, code=label, kind="class", name_en=label, name_zh=label)
        for name in names:
            people[name] = Person.objects.create(space=space, code=f"{code}-{name}", name_en=name, name_zh=name)
            Membership.objects.create(group=groups[label], person=people[name])
    _records(space, people, {"A": [name for name in people if name != "new"]})
    accounts = {}
    for name in ("director", "teacher", "beside", "student", "researcher", "mentor", "officer"):
        role = {"beside": "teacher"}.get(name, name)
        accounts[name] = Account.objects.create(username=f"{code}-{name}", role=role, name_en=name, name_zh=name)
        accounts[name].spaces.add(space)
    wanted = Assessment(purpose="x", necessity="x", risks="x", measures="x")
    switch_method_on(space=space, method="priority-list", wanted=wanted, owner="x", by=accounts["director"], at=NOON)
    for name, label in (("teacher", "A"), ("mentor", "A"), ("beside", "B")):
        Charge.objects.create(account=accounts[name], group=groups[label])
    accounts["student"].person = people["quiet"]
    accounts["student"].save()
    return College(space, accounts, people, groups["A"])


def _records(space, people, classes):
    source = DataSource.objects.create(
        space=space, code="exams", name_en="e", name_zh="e", purpose="p", legal_basis="duty", owner="o"
    )
    entry = Import.objects.create(source=source, file_name="f", digest="d", at=NOON, by="x", kept=0)
    for term in TERMS:
        for course in ("algebra", "optics", "writing"):
            item = Item.objects.create(space=space, code=f"exam/{course}-{term}", name_en=course.capitalize(),
                                       name_zh=f"{course}考试", kind="exam", occasion=term)  # fmt: skip
            EvidenceRecord.objects.bulk_create(
                EvidenceRecord(came_with=entry, person=people[name], item=item, occasion=term, score=80, max_score=100)
                for name in classes["A"]
                if name != "quiet" or term == TERMS[0]
            )


def listed(college, *, scope="all", day=DAY, at=NOON):
    """Work the list out, and give the run."""
    return work_out(space=college.space, scope=scope, as_of=day, by=college.accounts["director"], at=at)


def entry_of(college, name="quiet"):
    """The newest entry of somebody, or None."""
    found = PriorityEntry.objects.filter(person=college.people[name]).select_related("run", "person__space")
    return found.order_by("-run__at", "-pk").first()


def opened_case(college, *, by="director", at=NOON):
    """Open a case about who has gone quiet."""
    return open_case(entry=entry_of(college), by=college.accounts[by], at=at)


def decide(case, account, kind, *, at=NOON, looked=30, **said):
    """Decide in a case after having looked at its page for some seconds."""
    shown = shown_now(case=case.pk, by=account, at=at - timedelta(seconds=looked))
    told = {"reason": REASON, **({"day": at.date(), "who": "Lin", "said": "we talked"}
                                 if kind in ("talk", "action") else {}), **said}  # fmt: skip
    return decide_case(case=case, said=Said(kind=kind, **told), shown=shown, by=account, at=at)


def whole_life(case, account, *, at=NOON):
    """Bring a case to its end."""
    for kind in ("talk", "action", "outcome"):
        decide(case, account, kind, at=at)
    decide(case, account, "helped", at=at, helped="yes")
