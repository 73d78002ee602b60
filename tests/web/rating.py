"""What the tests of rating rounds are made of: a round of two raters, seats, drafts, and sheets that go out and in."""

import io
from datetime import UTC, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.unit.evidence.rating_making import Opened
from yucai.evidence import LearnersShown
from yucai.framework import load_rubric
from yucai.web.accounts.models import Account, Group
from yucai.web.evidence.rating_models import RatingSeatRecord
from yucai.web.evidence.rating_planning import RoundWanted as Wanted
from yucai.web.evidence.rating_planning import plan_of
from yucai.web.evidence.rating_rounds import Draft, hand_in_seats, open_rating_round, save_draft

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RUBRIC = load_rubric("rubric-nine-qualities")
CODES = [criterion.code for criterion in RUBRIC.criteria]
NAMES = [criterion.name.en for criterion in RUBRIC.criteria]


def account(name):
    return Account.objects.get(username=name)


def wish(**changes):
    usual = {
        "group": Group.objects.get(code="2023-1"), "name": "Projects", "rubric": "rubric-nine-qualities",
        "occasion": "2026-2027-1", "raters": (account("teacher"), account("director")), "each": 1, "common": 2,
        "shown": LearnersShown.BLIND, "seed": 7,
    }  # fmt: skip
    return Wanted(**{**usual, **changes})


def a_round(**changes):
    return open_rating_round(wanted=wish(**changes), reason="", by=account("director"), at=NOON)


def seats_of(record, name):
    return RatingSeatRecord.objects.filter(round=record, rater__username=name).order_by("work")


def common_seat(record, name, n=0):
    return seats_of(record, name).get(work=plan_of(record).common[n])


def rate(seat, level, **more):
    levels = level if isinstance(level, dict) else dict.fromkeys(CODES, level)
    save_draft(seat=seat, draft=Draft(levels=levels, **more), by=seat.rater, at=NOON)


def give(record, by, *, minutes=1):
    hand_in_seats(record=record, incomplete=True, by=by, at=NOON + timedelta(minutes=minutes))


def download(client, record, folder, name="sheet.xlsx"):
    answer = client.get(f"/ratings/rounds/{record.pk}/sheet.xlsx")
    assert answer.status_code == 200
    file = folder / name
    file.write_bytes(answer.content)
    return Opened(file)


def upload(client, record, content, name="filled.xlsx"):
    content = content if isinstance(content, bytes) else content.read_bytes()
    sent = SimpleUploadedFile(name, io.BytesIO(content).read())
    return client.post(f"/ratings/rounds/{record.pk}/sheet", {"sheet": sent})


def said(answer):
    return [str(message) for message in answer.context["messages"]]
