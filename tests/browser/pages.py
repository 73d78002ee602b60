"""Every page of the site as the server answers it, in both languages, to be looked at in a browser without a server.

The addresses are those of the access matrix, asked in the institution that the matrix is walked in: a page that is
added there is looked at here. Each page is opened as the first role that the matrix lets in, and as the learner where
the learner sees it too. To these come the same pages after an empty form was sent, what a form gives back only once
(a link, recovery codes), the pages for who is not signed in, and the pages of errors.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.timezone import localdate

from tests.spec.test_access_matrix import LETTERS, LINES, address_of
from tests.trust.world import NOON
from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.registers.switches import switch_method_off
from yucai.web.selection.models import Announcement

HOST = "http://localhost"
ROLE_OF = {letter: role for role, letter in LETTERS.items()}
PASSWORD = "four-words-that-differ"  # of every account of the world
ASKED_WITH = {
    "request_add": ("student", "?about=record&key={record}"),
    "rating_round_add": ("director", "?group={group}"),
    "observation_add": ("director", "?space={space}"),
    "test_add": ("teacher", "?group={group}"),
    "priority_several": ("director", "?entry={listed}"),
}


def openers(line):
    """Return as whom an address of the matrix is looked at: the first role let in, and the learner."""
    letters = line[3] if line[3] not in "-=" else ""
    return [ROLE_OF[letter] for letter in dict.fromkeys(letters[:1] + ("S" if "S" in letters else ""))]


@dataclass
class Book:
    """What was answered: by language and name of a page its address and its HTML; and which templates took part."""

    pages: dict = field(default_factory=lambda: {"zh-hans": {}, "en": {}})
    templates: set = field(default_factory=set)
    other: dict = field(default_factory=dict)  # by name of an address: the status or kind of what is no page

    def put(self, name, language, answer, address="/"):
        """Keep an answer if it is a page, and note what else it is."""
        kind = answer.get("Content-Type", "").partition(";")[0]
        if answer.streaming:
            b"".join(answer.streaming_content)  # which closes it
        elif kind == "text/html" and b"<html" in answer.content:
            self.pages[language][name] = (urlsplit(address).path or "/", answer.content.decode())
            self.templates |= {template.name for template in answer.templates or () if template.name}
            return True
        self.other[name] = kind if answer.status_code == 200 else answer.status_code
        return False


def printed(things):
    """Ask for everything, as everybody, in both languages; what that changed is undone."""
    book = Book()
    for language in book.pages:
        for role, account in things.accounts.items():
            client = asking_as(account, language)
            for line in LINES:
                if line[1] == "get" and role in openers(line) and line[0] not in ASKED_WITH:
                    _look(book, client, f"{line[0]} {line[2]} {role}", language, address_of(line, things))
            for name, (who, query) in ASKED_WITH.items():
                if who == role:
                    numbers = {"group": things.parts["group"]["pk"], "space": things.parts["space"]["code"],
                               "record": things.parts["score"]["pk"],
                               "listed": things.parts["listed"]["pk"]}  # fmt: skip
                    parts = [things.parts["space"]["code"]] if name == "priority_several" else []
                    address = reverse(name, args=parts) + query.format(**numbers)
                    _look(book, client, f"{name} {role}", language, address)
        _homes(book, things, language)
        _once(book, things, language)
        _outside(book, things, language)
        _errors(book, things, language)
    return book


def asking_as(account, language, **more):
    """Return a client that is signed in and has chosen a language."""
    client = Client(raise_request_exception=False, **more)
    if account is not None:
        client.force_login(account)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def _asked(client, how, address, said=None):
    """Ask, and undo what that did."""
    with transaction.atomic():
        answer = getattr(client, how)(address, said or {}, secure=False)
        transaction.set_rollback(True)
    return answer


def _look(book, client, name, language, address):
    """Keep a page, and the same page after an empty form was sent to it."""
    answer = _asked(client, "get", address)
    if book.put(name, language, answer, address) and answer.status_code == 200:
        again = _asked(client, "post", address)
        if again.status_code == 200 and again.content != answer.content:
            book.put(f"{name} after an empty form", language, again, address)


def _homes(book, things, language):
    """The homes of the other roles, and what a search found."""
    for role, account in things.accounts.items():
        _look(book, asking_as(account, language), f"home {role}", language, reverse("home"))
    director = asking_as(things.accounts["director"], language)
    book.put("search found", language, _asked(director, "post", reverse("search"), {"q": "a0"}), reverse("search"))


def _once(book, things, language):
    """What is said once, in answer to a form; and where the links lead that are given so."""
    director, nobody = asking_as(things.accounts["director"], language), asking_as(None, language)
    group, store = things.parts["group"]["pk"], things.parts["store"]["code"]
    tool = {"name": "LMS", "home": "https://lms.example", "preset": "sender"}
    sent = {
        "record_credential_made": (reverse("record_credential_add", args=[store]), tool),
        "recovery_codes": (reverse("recovery_renew"), {"old": PASSWORD}),
        "api_token_made": (reverse("api_tokens"), {"name": "Report", "scopes": ["read:groups"], "days": 90}),
    }
    for name, (address, said) in sent.items():
        book.put(name, language, _asked(director, "post", address, said), address)
    links = {
        "set_password": ("link_made", reverse("account_link", args=[things.parts["account"]["pk"]]), {}),
        "outside": ("outside_link_made", reverse("outside_link_add"), {"name": "Zhou", "group": group, "days": 7}),
    }
    for name, (made, address, said) in links.items():
        with transaction.atomic():
            answer = director.post(address, said)
            book.put(made, language, answer, address)
            link = re.search(r"http://[^/]+(/(?:outside|password)/[^<\"]+)", answer.content.decode())[1]
            _look(book, nobody, name, language, link)
            transaction.set_rollback(True)
    _sheet_and_raters(book, director, things, language)


def _sheet_and_raters(book, director, things, language):
    """What was understood of a rating sheet, and a closed round whose raters are compared no more."""
    which = things.parts["round"]
    sheet = director.get(reverse("rating_sheet", kwargs=which)).content
    address = reverse("rating_sheet_upload", kwargs=which)
    book.put("rating_sheet", language, director.post(address, {"sheet": SimpleUploadedFile("s.xlsx", sheet)}), address)
    with transaction.atomic():
        found, by = RatingRoundRecord.objects.get(**which), things.accounts["director"]
        RatingRoundRecord.objects.filter(**which).update(closed_at=NOON, closed_by=by)
        switch_method_off(space=found.space, method="rater-comparison", reason="x", by=by, at=timezone.now())
        address = reverse("raters", kwargs=which)
        book.put("raters_off", language, director.get(address), address)
        transaction.set_rollback(True)


def _outside(book, things, language):
    """What somebody sees who is not signed in, or half way."""
    nobody = asking_as(None, language)
    for name in ("start", "observe", "about_algorithms", "announced_index", "api"):
        _look(book, nobody, name, language, reverse(name))
    _announced(book, nobody, things, language)
    book.put("link_over", language, _asked(nobody, "get", reverse("set_password", args=["over"])))
    half = asking_as(None, language)
    half.post("/", {"username": things.accounts["teacher"].username, "password": PASSWORD})
    _look(book, half, "second_step", language, reverse("second_step"))


def _announced(book, nobody, things, language):
    """An announcement while it runs, and when it is over."""
    shown = Announcement.objects.filter(**things.parts["approved one"])
    address, today = reverse("announced", args=[shown.get().key]), localdate()
    for name, first, last in (("announced", 1, -1), ("announced_over", 3, 2)):
        with transaction.atomic():
            days = {"from_day": today - timedelta(days=first), "until_day": today - timedelta(days=last)}
            shown.update(**days, object_until=days["until_day"])
            _look(book, nobody, name, language, address)
            transaction.set_rollback(True)


def _errors(book, things, language):
    """The pages of errors, each as it comes about where that can be had, else as the middleware prints it."""
    teacher = asking_as(things.accounts["teacher"], language)
    strict = asking_as(things.accounts["teacher"], language, enforce_csrf_checks=True)
    book.put("400", language, teacher.get("/home/", headers={"host": "elsewhere.example"}))
    book.put("403", language, teacher.get(reverse("accounts")))
    book.put("403 csrf", language, strict.post(reverse("sign_out")))
    book.put("404", language, teacher.get("/no-such-page"))
    for name, facts in (("429", {"seconds": 7}), ("500", {}), ("503", {}), ("507", {})):
        with translation.override(language):
            book.pages[language][name] = ("/", get_template(f"{name}.html").render(facts))
            book.templates.add(f"{name}.html")
