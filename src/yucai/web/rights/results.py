"""A result that can be contested: what it is in words as it stands now, and whose decision it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime

from yucai.framework import load_evidence_map, load_framework
from yucai.texts import Text, signed
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.evidence.models import OWN_WORKS, EvidenceRecord, OwnWork
from yucai.web.matching.case_models import SupportCase
from yucai.web.matching.priority_models import texts_of
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.models import ProfileRow
from yucai.web.selection.models import AnnouncedLine
from yucai.web.selection.showing import is_open_to_objections

__all__ = ["Result", "records_behind", "result_of"]

MOST_DIGITS = 18
YEAR_LENGTH = len("2025-2026")
VALUE = Text("{quality}, {period}: {place}", "{quality}，{period}：{place}")
NOT_ENOUGH = Text("not enough evidence", "证据不足")
NO_TERM = Text("no term stated", "未注明学期")
WORK = Text("Own work “{title}”: {state}", "个人成果“{title}”：{state}")
STATES = {
    OwnWork.State.VERIFIED: Text("verified", "已核实"),
    OwnWork.State.RETURNED: Text("returned", "已退回"),
}
SCORE = Text("{item}: {score} of {most}{rater}", "{item}：{score} / {most}{rater}")
COMMENT = Text("Comment of {author}, {day}", "{author}的评语，{day}")
ANNOUNCED = Text("Announcement “{title}”: {outcome}", "公示“{title}”：{outcome}")
SUPPORT = Text("Case of a talk, opened on {day}: {said}", "谈话记录（{day} 建立）：{said}")
BY = Text(" by {rater}", "（评分人：{rater}）")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result of a person as it stands; ``made_by`` are the accounts whose decision it is."""

    about: str
    key: str
    named: Text
    made_by: frozenset[int]


def result_of(person: Person, *, about: str, key: str, at: datetime) -> Result | None:
    """Return a result of this person, or None where the address names none of theirs that can be contested now."""
    if about == ReviewCase.About.QUALITY:
        return _value(person, key)
    if not (key.isascii() and key.isdigit() and len(key) <= MOST_DIGITS):
        return None
    if about == ReviewCase.About.ANNOUNCED:
        return _announced(person, int(key), at)
    if about == ReviewCase.About.SUPPORT:
        return _support(person, int(key))
    if about == ReviewCase.About.COMMENT:
        return _comment(person, int(key))
    return _work(person, int(key)) if about == ReviewCase.About.WORK else _score(person, int(key), about)


def _value(person: Person, key: str) -> Result | None:
    quality, _bar, period = key.partition("|")
    framework = load_framework(person.space.framework)
    names = {entry.code: entry.name for entry in (*framework.qualities, *load_framework("ai-literacy").qualities)}
    rows = ProfileRow.objects.filter(run__space=person.space_id, run__current=True, person=person)
    row = rows.filter(quality=quality, occasion=period).first()
    if quality not in names or row is None:
        return None
    place = Text(*[f"{signed(row.mean)} [{signed(row.lower90)}, {signed(row.upper90)}]"] * 2)
    facts = {"quality": names[quality], "period": period or NO_TERM, "place": place if row.enough else NOT_ENOUGH}
    raters = records_behind(person, about=ReviewCase.About.QUALITY, key=key).values_list("rater", flat=True)
    return Result(
        about=ReviewCase.About.QUALITY, key=key, named=VALUE.filled(**facts), made_by=_accounts(person.space, *raters)
    )


def _work(person: Person, pk: int) -> Result | None:
    work = OwnWork.objects.filter(pk=pk, person=person, state__in=STATES).first()
    if work is None or work.decided_by_id is None:
        return None
    named = WORK.filled(title=work.title, state=STATES[OwnWork.State(work.state)])
    makers = {work.decided_by_id, *work.taken_back.values_list("by", flat=True)}
    return Result(about=ReviewCase.About.WORK, key=str(pk), named=named, made_by=frozenset(makers))


def _score(person: Person, pk: int, about: str) -> Result | None:
    record = EvidenceRecord.objects.current().filter(pk=pk, person=person).select_related("item", "came_with").first()
    if record is None or about != ReviewCase.About.RECORD:
        return None
    rater = BY.filled(rater=record.rater) if record.rater else Text("", "")
    facts = {"item": record.item.name, "score": f"{record.score:g}", "most": f"{record.max_score:g}", "rater": rater}
    makers = _accounts(person.space, record.rater or record.came_with.by)
    return Result(about=about, key=str(pk), named=SCORE.filled(**facts), made_by=makers)


def _announced(person: Person, pk: int, at: datetime) -> Result | None:
    line = AnnouncedLine.objects.filter(pk=pk, person=person).select_related("announcement").first()
    if line is None or not line.number or not is_open_to_objections(line.announcement, at=at):
        return None
    told = line.announcement
    named = ANNOUNCED.filled(title=told.title, outcome=told.words[line.outcome])
    makers = frozenset(told.made_by) | ({told.approved_by_id} if told.approved_by_id else set())
    return Result(about=ReviewCase.About.ANNOUNCED, key=f"{pk}", named=named, made_by=makers)


def _support(person: Person, pk: int) -> Result | None:
    case = SupportCase.objects.filter(pk=pk, person=person).first()
    if case is None:
        return None
    said = texts_of(case.reasons)
    told = Text(" ".join(one.en for one in said), "".join(one.zh for one in said))
    named = SUPPORT.filled(day=f"{localtime(case.opened_at):%Y-%m-%d}", said=told)
    makers = {case.opened_by_id, *case.decisions.values_list("by", flat=True)}
    return Result(about=ReviewCase.About.SUPPORT, key=str(pk), named=named, made_by=frozenset(makers))


def _comment(person: Person, pk: int) -> Result | None:
    sent = StudentComment.objects.filter(pk=pk, person=person, sent_at__isnull=False, withdrawn_at__isnull=True)
    comment = sent.select_related("author").first()
    if comment is None or comment.sent_at is None:
        return None
    named = COMMENT.filled(author=comment.author.name, day=f"{localtime(comment.sent_at):%Y-%m-%d}")
    made_by = frozenset({comment.author_id})
    return Result(about=ReviewCase.About.COMMENT, key=f"{pk}", named=named, made_by=made_by)


def _accounts(space: Space, *names: str) -> frozenset[int]:
    """Return the accounts of these names; who rated on paper has none."""
    found = Account.objects.filter(username__in={name for name in names if name}, spaces=space)
    return frozenset(found.values_list("pk", flat=True))


def records_behind(person: Person, *, about: str, key: str) -> QuerySet[EvidenceRecord]:
    """Return the current evidence that a result rests on."""
    current = EvidenceRecord.objects.current().filter(person=person)
    if about in (ReviewCase.About.ANNOUNCED, ReviewCase.About.SUPPORT, ReviewCase.About.COMMENT):
        return current.none()  # decided elsewhere, a count of work each of which is contested by itself, or a word
    if about == ReviewCase.About.RECORD:
        return current.filter(pk=int(key))
    if about == ReviewCase.About.WORK:
        return current.filter(source_file=f"own-work-{key}", came_with__source__code=OWN_WORKS)
    quality, _bar, period = key.partition("|")
    yearly = person.space.period == Space.Period.SCHOOL_YEAR and len(period) == YEAR_LENGTH
    inside = current.filter(Q(occasion__startswith=period) if yearly else Q(occasion=period))
    evidence_map = load_evidence_map(person.space.evidence_map)
    speaks = [pk for pk, code in inside.values_list("pk", "item__code")
              if (rule := evidence_map.rule_for(code)) is not None and rule.quality == quality]  # fmt: skip
    return current.filter(pk__in=speaks)
