"""What others wrote: wherever a text of theirs holds the person's number, address or full name, a sign takes its place.

Only texts are touched that stand for nobody else: see ``subjects``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.apps import apps
from django.db import IntegrityError, models, transaction

from yucai.evidence import PersonTraces
from yucai.web.erasure.holding import Task
from yucai.web.erasure.subjects import Subject, traces_in

__all__ = ["TEXTS_LEFT", "count_texts", "forget_texts"]

# The trail cannot be changed and holds no names (decision 0035); certificates are checked when they are asked for.
TEXTS_LEFT: Final = frozenset({"AuditEntry", "AuditPerson", "AuditStump", "PersonErasure", "Person", "Account"})
NO_WORDS: Final = frozenset(
    {"path", "refused_path", "sha256", "digest", "seal", "told", "code", "username", "password"}
)
SIGN: Final = "…"
Found = tuple[type[models.Model], Any, dict[str, Any]]


def _texts(subject: Subject) -> Iterator[Found]:
    """Yield each row that holds a text of the person, with what its columns would say without."""
    traces = traces_in(subject)
    if not traces.texts:
        return
    for model in apps.get_app_config("web").get_models():
        if model.__name__ in TEXTS_LEFT or model.__name__.startswith(("Statement", "Record", "Agent", "Attachment")):
            continue
        names = [field.attname for field in model._meta.concrete_fields if _is_words(field)]
        if names:
            yield from _rows_of(model, names, traces)


def _is_words(field: models.Field[Any, Any]) -> bool:
    kinds = (models.CharField, models.TextField, models.JSONField)
    return isinstance(field, kinds) and not field.primary_key and field.name not in NO_WORDS


def _rows_of(model: type[models.Model], names: list[str], traces: PersonTraces) -> Iterator[Found]:
    def unnamed(text: str) -> str:
        return traces.pattern.sub(SIGN, text)

    for pk, *values in model._default_manager.order_by("pk").values_list("pk", *names).iterator(chunk_size=2_000):
        new = {name: _mapped(value, unnamed) for name, value in zip(names, values, strict=True)}
        changed = {name: new[name] for name, value in zip(names, values, strict=True) if new[name] != value}
        if changed:
            yield model, pk, changed


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with every text in it changed, also the names of a JSON object."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(str(name)): _mapped(held, change) for name, held in value.items()}
    if isinstance(value, list):
        return [_mapped(held, change) for held in value]
    return value


def count_texts(subject: Subject) -> int:
    """Return how many rows of others hold a text of the person."""
    return sum(1 for _ in _texts(subject))


def forget_texts(subject: Subject, task: Task) -> int:
    """Put a sign in the place of the person in what others wrote; what a rule of a table forbids is left and told."""
    n = 0
    for model, pk, changed in list(_texts(subject)):
        try:
            with transaction.atomic():
                n += model._default_manager.filter(pk=pk).update(**changed)
        except IntegrityError:
            continue  # it is counted by what is looked at after, and stands in the certificate
    return n
