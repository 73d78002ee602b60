"""Files on the import desk, dropped and taken in as a director does it on the pages."""

from dataclasses import replace
from datetime import UTC, datetime

from django.core.files.uploadedfile import SimpleUploadedFile

from yucai.evidence import SourceFacts, read_table, refuse_unfit_scores
from yucai.web.accounts.models import Group, Membership, Person, Space
from yucai.web.evidence.foreseeing import Wish, foresee
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, Upload
from yucai.web.evidence.taking import take_table
from yucai.web.lake.models import LakeFile

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FACTS = SourceFacts(purpose="了解学习进展", legal_basis="duty", owner="教务处", grade="3", retention_months=84)
LIST = ["学号,姓名,班级,专业,年级", "01,张三,一班,物理,2025", "02,李四,一班,物理,2025", "03,王五,二班,数学,2025"]
GRADES = [
    "学号,姓名,班级,课程名,学年学期,成绩",
    "01,张三,一班,光学,2025-2026-1,80",
    "02,李四,一班,光学,2025-2026-1,缺考",
    "03,王五,二班,光学,2025-2026-1,61",
]
ON_PAGE = {"owner": "教务处", "purpose": "了解学习进展", "legal_basis": "duty", "grade": "3", "retention_months": "84"}


def written(folder, name, lines):
    """Write a file of lines."""
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def taken(file, space, *, corrects=None, profile=None, source=None, facts=FACTS, at=NOON, answers=None):
    """Take a file in, past the pages, with a yes to all that is asked."""
    answers = answers or {}
    learners = {place: number for place, number in answers.items() if number}
    reading = refuse_unfit_scores(read_table(file, profile, at=at, learners=learners))
    wish = Wish(
        source=source or reading.profile.code, profile=profile, facts=facts,
        corrects=corrects.pk if corrects else None, answers=answers,
    )  # fmt: skip
    wish = replace(wish, agreed=frozenset(one.token for one in foresee(reading, wish, space=space).questions))
    return take_table(reading, wish, space=space, by="lin", at=at)


def dropped(client, space, name, content):
    """Drop one file on the desk; give what the page answered."""
    sent = SimpleUploadedFile(name, content)
    return client.post(f"/spaces/{space.code}/import/drop", {"files": sent})


def on_desk(space):
    """The newest file that lies on the desk."""
    return Upload.objects.filter(space=space, state="open").order_by("-pk").first()


def made_space(code):
    """An institution of its own, with nothing in it."""
    return Space.objects.create(
        code=code, name_en=code, name_zh=code, simulated=False, evidence_map="evidence-demo-college"
    )


def at_desk(client, space, lines, *, name="名单.csv", encoding="utf-8", **said):
    """Drop a file, accept what was understood with the facts of its source, and give the page of changes."""
    dropped(client, space, name, lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode(encoding))
    page = f"/spaces/{space.code}/import/{on_desk(space).pk}/"
    kind = client.get(page).context["shown"].profile.code
    return client.post(page, {"profile": kind, **ON_PAGE, **said}, follow=True)


def take(client, space, **said):
    """Press the button on the page of changes, with every tick that it asks for."""
    page = f"/spaces/{space.code}/import/{on_desk(space).pk}"
    if "agree" not in said and "corrects" in said:
        client.post(f"{page}/changes", {"corrects": said["corrects"]})
    shown = client.get(f"{page}/changes")
    if "agree" not in said and shown.status_code == 200:
        said["agree"] = [ask.token for ask, *_ in shown.context["asks"]]
    return client.post(f"{page}/take", said, follow=True)


def text_of(answer):
    """The words of a page."""
    return answer.content.decode()


def state_of(space):
    """All that is current in a space, in values: what undoing must bring back exactly."""
    people = Person.objects.filter(space=space)
    members = Membership.objects.filter(group__space=space)
    records = EvidenceRecord.objects.current().filter(person__space=space)
    return {
        "people": sorted(people.values_list("code", "name_zh", "name_en", "programme", "cohort")),
        "groups": sorted(Group.objects.filter(space=space).values_list("code", "kind", "name_zh")),
        "members": sorted(members.values_list("group__code", "person__code")),
        "items": sorted(Item.objects.filter(space=space).values_list("code", flat=True)),
        "records": sorted(records.values_list("pk", "person__code", "item__code", "score", "source_row")),
        "current imports": sorted(
            Import.objects.filter(source__space=space, current=True).values_list("pk", flat=True)
        ),
    }


def lake_rows(space):
    """The numbers of the records in the lake, and how many rows its manifest lists."""
    from yucai.web.evidence.actions import check_lake, lake_folder
    from yucai.web.evidence.actions import space_responses as read

    assert check_lake(space) == ()
    listed = LakeFile.objects.filter(space=space)
    files = {path.relative_to(lake_folder(space).parent).as_posix() for path in lake_folder(space).rglob("*.parquet")}
    assert files == set(listed.values_list("path", flat=True))
    return sorted(read(space).table["record"]) if listed.exists() else []


def sources(space):
    """The codes of the sources of a space."""
    return sorted(DataSource.objects.filter(space=space).values_list("code", flat=True))
