"""What a class list says of people: who is new, what changed, and how that is brought in and taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence import PeopleMatch, match_people
from yucai.texts import Text
from yucai.web.accounts.models import Group, Membership, Person, Space
from yucai.web.evidence.models import Import, PersonChange

__all__ = [
    "FieldChange",
    "PersonNews",
    "bring_in",
    "match_by_name",
    "names_on_record",
    "news_of",
    "take_back",
    "unfit_people",
]

Field = PersonChange.Field
COLUMNS: Final = {  # of a class list
    Field.NAME: "name",
    Field.PROGRAMME: "major",
    Field.COHORT: "entry_year",
    Field.CLASS: "class_name",
}
MOST: Final = {Field.NAME: 200, Field.PROGRAMME: 200, Field.COHORT: 50, Field.CLASS: 90}
MOST_NUMBER: Final = 100
YEAR: Final = re.compile(r"((?:19|20)\d\d)\s*(?:级|年|届)?")
BATCH: Final = 500
TOO_LONG: Final = Text(
    "{n} value{n:|s} of “{column}” {n:is|are} longer than {most} characters (first: {value}…). Shorten them.",
    "“{column}”有 {n} 个值超过 {most} 个字符（首见：{value}…）。请缩短。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One thing said of a person that is not what was known."""

    field: str
    before: str
    after: str

    @property
    def label(self) -> str:
        """What it is called on a page."""
        return str(Field(self.field).label)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNews:
    """What a file says of one person that is not known yet."""

    code: str
    name: str
    new: bool
    changes: tuple[FieldChange, ...]


def news_of(table: pl.DataFrame, space: Space, *, only_new: bool = False) -> tuple[PersonNews, ...]:
    """Return what a table with learner, name, class ... says of people that is not known yet; nothing is written.

    An empty cell says nothing. With ``only_new`` those on record stay as they are: grades name people in passing.
    """
    known, classes = _known(space), _classes(space)
    there = {field: column for field, column in COLUMNS.items() if column in table.columns}
    rows = table.filter(pl.col("learner").is_not_null()).unique("learner", keep="first", maintain_order=True)
    news = []
    for row in rows.select("learner", *there.values()).iter_rows(named=True):
        person = known.get(row["learner"])
        if person is not None and only_new:
            continue
        said = {field: _said(field, row[column]) for field, column in there.items()}
        before = _values(person, classes) if person is not None else {}
        changes = tuple(
            FieldChange(field=field, before=before.get(field, ""), after=value)
            for field, value in said.items()
            if value and not _same(field, value, before.get(field, ""), person)
        )
        if person is None or changes:
            name = said.get(Field.NAME) or (person.name_zh if person is not None else "")
            news.append(PersonNews(code=row["learner"], name=name, new=person is None, changes=changes))
    return tuple(news)


def unfit_people(table: pl.DataFrame) -> Iterable[Fault]:
    """Yield what the records cannot hold of a class list."""
    for column, most in {"learner": MOST_NUMBER, **{COLUMNS[field]: most for field, most in MOST.items()}}.items():
        if column in table.columns:
            long = table[column].drop_nulls().filter(table[column].drop_nulls().str.len_chars() > most)
            if len(long):
                facts = {"n": len(long), "column": column, "most": most, "value": long[0][:20]}
                yield Fault(code="value-too-long", says=TOO_LONG, facts=facts)


def bring_in(news: Sequence[PersonNews], entry: Import) -> None:
    """Make and bring up to date people, their classes and entry years; write down what was before.

    Call it inside a transaction.
    """
    space = entry.source.space
    Person.objects.bulk_create(
        [Person(space=space, code=one.code, name_en=one.name or one.code, name_zh=one.name or one.code)
         for one in news if one.new],
        batch_size=BATCH,
    )  # fmt: skip
    people, changes = _known(space), []
    for one in news:
        person = people[one.code]
        if one.new:
            changes.append(PersonChange(came_with=entry, person=person, field=Field.PERSON, after=one.code))
        for change in one.changes:
            _set(person, change.field, change.after)
            said = {"field": change.field, "before": change.before, "after": change.after}
            changes.append(PersonChange(came_with=entry, person=person, **said))
    touched = [people[one.code] for one in news]
    Person.objects.bulk_update(touched, ["name_en", "name_zh", "programme", "cohort"], batch_size=BATCH)
    PersonChange.objects.bulk_create(changes, batch_size=BATCH)
    made = _join(Group.Kind.CLASS, Field.CLASS, changes, space) + _join(Group.Kind.COHORT, Field.COHORT, changes, space)
    if made:
        entry.made = {**entry.made, "groups": made}
        entry.save(update_fields=["made"])


def take_back(entry: Import) -> int:
    """Put people and groups back as they were before an import; return how many people stay as a bare number.

    Somebody whom the import made goes again, unless something else knows them by now: whoever was looked at stays,
    for the log of readings must stay whole, but without name, class and entry year.
    """
    space = entry.source.space
    changes = list(entry.person_changes.select_related("person"))
    made = {change.person_id: change.person for change in changes if change.field == Field.PERSON}
    reverse = [
        PersonChange(person=change.person, field=change.field, before=change.after, after=change.before)
        for change in changes
        if change.field != Field.PERSON
    ]
    people = {change.person_id: change.person for change in changes}
    _save_as_before(changes, reverse, people)
    _join(Group.Kind.CLASS, Field.CLASS, reverse, space)
    _join(Group.Kind.COHORT, Field.COHORT, reverse, space)
    stay = _known_elsewhere(list(made))
    for some in _batches([pk for pk in made if pk not in stay]):
        Person.objects.filter(pk__in=some).delete()
    groups = Group.objects.filter(space=space, pk__in=entry.made.get("groups", []), people__isnull=True)
    groups.filter(charges__isnull=True).delete()
    return len(stay)


def _save_as_before(
    changes: Sequence[PersonChange], reverse: Sequence[PersonChange], people: Mapping[int, Person]
) -> None:
    """Save people once each: rows of one person share one object of it."""
    for change in reverse:
        _set(people[change.person.pk], change.field, change.after)
    for change in changes:
        if change.field == Field.PERSON:
            person = people[change.person_id]
            person.name_en = person.name_zh = person.code
    Person.objects.bulk_update(people.values(), ["name_en", "name_zh", "programme", "cohort"], batch_size=BATCH)


def match_by_name(rows: pl.DataFrame, space: Space) -> PeopleMatch:
    """Return whom rows without a number may speak of, by name inside a class of the space."""
    return match_people(rows, _roster(space))


def names_on_record(space: Space) -> dict[str, tuple[str, ...]]:
    """Return how each number of a space is called on record: in Chinese, then in English where that is another."""
    rows = Person.objects.filter(space=space).values_list("code", "name_zh", "name_en")
    return {code: tuple(dict.fromkeys((zh, en))) for code, zh, en in rows}


def _known(space: Space) -> dict[str, Person]:
    return {person.code: person for person in Person.objects.filter(space=space)}


def _classes(space: Space) -> dict[int, Group]:
    """Return the class of each person who has one."""
    members = Membership.objects.filter(group__space=space, group__kind=Group.Kind.CLASS).select_related("group")
    return {member.person_id: member.group for member in members.order_by("pk")}


def _roster(space: Space) -> pl.DataFrame:
    members = Membership.objects.filter(group__space=space, group__kind=Group.Kind.CLASS)
    rows = members.values_list("person__code", "person__name_zh", "group__name_zh", "group__code")
    pairs = {(code, name, label) for code, name, *labels in rows for label in labels}
    schema = {"learner": pl.String, "name": pl.String, "class_name": pl.String}
    return pl.DataFrame(sorted(pairs), schema=schema, orient="row")


def _said(field: str, value: str | None) -> str:
    text = (value or "").strip()
    if field == Field.COHORT and (year := YEAR.fullmatch(text)):
        return year[1]
    return text


def _values(person: Person, classes: Mapping[int, Group]) -> dict[str, str]:
    group = classes.get(person.pk)
    return {
        Field.NAME: person.name_zh,
        Field.PROGRAMME: person.programme,
        Field.COHORT: person.cohort,
        Field.CLASS: group.name_zh if group is not None else "",
    }


def _same(field: str, value: str, before: str, person: Person | None) -> bool:
    """Whether what is said is what is known; a person may be on record under a name in either language."""
    return value == before or (person is not None and field == Field.NAME and value == person.name_en)


def _set(person: Person, field: str, value: str) -> None:
    if field == Field.NAME:
        if person.name_en == person.name_zh:
            person.name_en = value or person.code
        person.name_zh = value or person.code
    elif field == Field.PROGRAMME:
        person.programme = value
    elif field == Field.COHORT:
        person.cohort = value


def _join(kind: Group.Kind, field: str, changes: Iterable[PersonChange], space: Space) -> list[int]:
    """Let people leave the group they were in and join the one they are in now; return the groups made for it."""
    mine = [change for change in changes if change.field == field]
    groups = {group.code: group for group in Group.objects.filter(space=space)}
    named = {group.name_zh: group for group in groups.values() if group.kind == kind}
    named.update({code: group for code, group in groups.items() if group.kind == kind})
    made = []
    for label in dict.fromkeys(change.after for change in mine):
        if label and label not in named:
            named[label] = _new_group(kind, label, space, taken=groups)
            made.append(named[label].pk)
    for label in {change.before for change in mine} & named.keys():
        left = [change.person.pk for change in mine if change.before == label]
        for some in _batches(left):
            Membership.objects.filter(group=named[label], person__in=some).delete()
    joined = [Membership(group=named[change.after], person=change.person) for change in mine if change.after]
    Membership.objects.bulk_create(joined, batch_size=BATCH, ignore_conflicts=True)
    return made


def _new_group(kind: Group.Kind, label: str, space: Space, *, taken: Mapping[str, Group]) -> Group:
    code = label if label not in taken else f"{kind}-{label}"
    names = {"name_en": label, "name_zh": label}
    if kind == Group.Kind.COHORT and YEAR.fullmatch(label):
        names = {"name_en": f"Entry year {label}", "name_zh": f"{label} 级"}
    return Group.objects.create(space=space, code=code, kind=kind, **names)


def _known_elsewhere(people: Sequence[int]) -> set[int]:
    """Return those of whom anything but what an import wrote is on record: readings, an account, works ..."""
    found: set[int] = set()
    for relation in Person._meta.related_objects:
        model = relation.related_model
        derived = relation.many_to_many or relation.name == "profiles"  # a profile says nothing of its own
        if derived or model in (Membership, PersonChange) or isinstance(model, str):
            continue
        name = relation.field.name
        for some in _batches(people):
            found.update(model._base_manager.filter(**{f"{name}__in": some}).values_list(name, flat=True))
    memberships = Membership.objects.filter(group__kind__in=[Group.Kind.MENTEES, Group.Kind.PRESENTATION])
    for some in _batches(people):
        found.update(memberships.filter(person__in=some).values_list("person", flat=True))
    return found


def _batches(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return [numbers[at : at + BATCH] for at in range(0, len(numbers), BATCH)]
