"""Statements in the shapes in which Moodle's and Open edX's senders write them; every value is made up here."""

MOODLE = "https://moodle.example.edu"
EDX = "https://courses.example.edu"
ADL = "http://adlnet.gov/expapi"
INFO = "http://lrs.learninglocker.net/define/extensions/info"


def moodle(verb, thing, *, who="2025001", at="2026-03-02T10:15:00+08:00", result=None, groups=(), kind="", told="seen"):
    """One event of the plugin Logstore xAPI: no id, no authority, times of the site, its own extension."""
    activity = {
        "id": f"{MOODLE}/{thing}",
        "definition": {"type": f"{ADL}/activities/{kind or 'module'}", "name": {"en": thing}},
    }
    grouping = [
        {"id": MOODLE, "definition": {"type": "http://id.tincanapi.com/activitytype/lms", "name": {"en": "Campus"}}},
        {
            "id": f"{MOODLE}/course/view.php?id=3",
            "definition": {"type": "http://id.tincanapi.com/activitytype/lms/course", "name": {"en": "Statistics"}},
        },
        *({"id": f"{MOODLE}/{one}", "definition": {"type": f"{ADL}/activities/assessment"}} for one in groups),
    ]
    statement = {
        "actor": {"name": f"学生 {who}", "account": {"homePage": MOODLE, "name": who}},
        "verb": {"id": verb if ":" in verb else f"{ADL}/verbs/{verb}", "display": {"en": told}},
        "object": activity,
        "timestamp": at,
        "context": {
            "platform": "Moodle",
            "language": "en",
            "extensions": {INFO: {"http://moodle.org": "4.5", "event_name": "\\mod_quiz\\event\\attempt_submitted"}},
            "contextActivities": {
                "grouping": grouping,
                "category": [{"id": "http://moodle.org", "definition": {"name": {"en": "Moodle"}}}],
            },
        },
    }
    return statement if result is None else {**statement, "result": result}


def moodle_question(n, right, **more):
    """A question of quiz 7: success, and no points."""
    result = {"response": "4", "success": right, "completion": True}
    groups = ("mod/quiz/view.php?id=7", "mod/quiz/attempt.php?attempt=31&cmid=7")
    thing = f"question/question.php?cmid=7&id={n}"
    return moodle("answered", thing, result=result, groups=groups, kind="cmi.interaction", **more)


def moodle_quiz(raw, **more):
    """The whole of quiz 7 with its points of 10."""
    score = {"raw": raw, "min": 0, "max": 10, "scaled": raw / 10}
    result = {"score": score, "completion": True, "success": raw >= 6, "duration": "PT12M"}
    return moodle("completed", "mod/quiz/view.php?id=7", result=result, kind="assessment", **more)


def moodle_grade(raw, **more):
    """A grade that a teacher gave for assignment 9, of 100."""
    score = {"raw": raw, "min": 0, "max": 100, "scaled": raw / 100}
    result = {"score": score, "completion": True, "success": raw >= 60, "response": "<p>Well done</p>"}
    return moodle("scored", "mod/assign/view.php?id=9", result=result, **more)


def edx(verb, thing, *, n=1, who="2025001", at="2026-03-02T02:15:00.123456+00:00", result=None, parent=True):
    """One event of event-routing-backends: its own id, version 1.0.3, an account at the platform's address."""
    course = {
        "id": f"{EDX}/course/course-v1:Edu+Stat+2026",
        "objectType": "Activity",
        "definition": {"name": {"en-US": "Statistics"}, "type": f"{ADL}/activities/course"},
    }
    context = {
        "extensions": {"https://w3id.org/xapi/openedx/extension/transformer-version": "event-routing-backends@9.0"}
    }
    if parent:
        context["contextActivities"] = {"parent": [course]}
    statement = {
        "id": f"00000000-0000-5000-8000-{n:012d}",
        "version": "1.0.3",
        "actor": {"objectType": "Agent", "account": {"homePage": EDX, "name": who}},
        "verb": {"id": verb if ":" in verb else f"{ADL}/verbs/{verb}", "display": {"en": verb.rpartition("/")[2]}},
        "object": {
            "id": thing if ":" in thing[:9] else f"{EDX}/xblock/{thing}",
            "objectType": "Activity",
            "definition": {"type": f"{ADL}/activities/cmi.interaction"},
        },
        "timestamp": at,
        "context": context,
    }
    return statement if result is None else {**statement, "result": result}


PROBLEM = "block-v1:Edu+Stat+2026+type@problem+block@5f3a"
EVALUATED = "https://w3id.org/xapi/acrossx/verbs/evaluated"
EARNED = "http://id.tincanapi.com/verb/earned"


def edx_points(raw, most):
    return {"score": {"min": 0, "max": most, "raw": raw, "scaled": raw / most}, "success": raw == most}
