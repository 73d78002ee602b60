"""What a learning platform tells, and how a feed of it is taken in."""

import uuid
from datetime import UTC, datetime

from yucai.evidence import SourceFacts
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.feeds.actions import MappingWish
from yucai.web.feeds.models import EvidenceFeed
from yucai.web.feeds.taking import take_feed

HOME = "https://lms.example.edu"
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
FACTS = SourceFacts(purpose="了解学习进展", legal_basis="duty", owner="教务处", grade="3", retention_months=84)
PROFILE = r"""
code = "quizzes"
version = "1.0"
source = "Moodle"
attempt = "first"
name = { en = "Quizzes", zh = "测验" }
about = { en = "Quizzes of the platform.", zh = "平台测验。" }

[item]
pattern = 'https://lms\.example\.edu/quiz/(.+)'
written = 'exam/\1'

[[verbs]]
ids = ["http://adlnet.gov/expapi/verbs/answered", "http://adlnet.gov/expapi/verbs/scored"]
gives = "response"

[[verbs]]
ids = ["http://adlnet.gov/expapi/verbs/experienced"]
gives = "event"
"""


def wish(**more):
    """The mapping of the tests, with what is said otherwise."""
    return MappingWish(**{"own": PROFILE, "home_pages": [HOME], **more})


def told(who, verb, thing, *, score=None, at="2026-03-02T08:00:00Z", actor=None, name=None, id=None):
    """A statement: who did what."""
    thing = {"id": f"{HOME}/{thing}"}
    if name:
        thing["definition"] = {"name": name}
    statement = {
        "id": id or str(uuid.uuid4()),
        "actor": actor or {"account": {"homePage": HOME, "name": who}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": thing,
        "timestamp": at,
    }
    return statement if score is None else {**statement, "result": {"score": {"raw": score, "max": 10}}}


def answered(who, quiz, score, **more):
    """A statement of an answered quiz."""
    return told(who, "answered", f"quiz/{quiz}", score=score, **more)


def voids(id):
    """A statement that takes back another."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": HOME, "name": "admin"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": id},
    }


def sent(tool, *statements):
    """Send statements to the store."""
    answer = tool.post(list(statements))
    assert answer.status == 200, answer.body
    return answer.json


def took(feed, **more):
    """Take a feed in as the store is now."""
    return take_feed(feed=EvidenceFeed.objects.get(pk=feed.pk), **{"by": "lin", "at": NOON, **more})


def scores(feed):
    """What counts now: learner, item and score."""
    current = EvidenceRecord.objects.current().filter(came_with__source__code=feed.code)
    return sorted(current.values_list("person__code", "item__code", "score"))
