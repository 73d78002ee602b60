"""Protected traits as the groups of an audit of fairness: told in the aggregate alone, behind the gate of releases.

No model, no rule and no list comes here. What is read is kept by nobody but the caller, who passes it to the gate.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from yucai.texts import Text
from yucai.web.accounts.models import ProtectedTrait
from yucai.web.bulk import among

__all__ = ["called", "traits_held", "values_of"]

CALLED: Final = {
    "gender": Text("gender", "性别"),
    "sex": Text("gender", "性别"),
    "region": Text("region", "地区"),
    "age_band": Text("age", "年龄段"),
    "disability": Text("disability", "残障"),
    "highest_education": Text("education before", "入学前学历"),
    "imd_band": Text("deprivation of the home area (0 % is the most deprived)", "家庭所在地贫困程度（0% 最贫困）"),
    "ethnicity": Text("ethnicity", "民族"),
    "religion": Text("religion", "宗教信仰"),
    "income": Text("family income", "家庭收入"),
}
VALUES: Final = {
    "F": Text("women", "女"),
    "M": Text("men", "男"),
    "true": Text("yes", "是"),
    "false": Text("no", "否"),
}


def traits_held(people: Collection[int], occasion: str) -> tuple[str, ...]:
    """Return of which traits anything is kept of these people (numbers), for an occasion or for none in particular."""
    held = ProtectedTrait.objects.filter(among("person", people), occasion__in=(occasion, ""))
    return tuple(held.order_by("trait").values_list("trait", flat=True).distinct())


def values_of(people: Collection[int], trait: str, occasion: str) -> dict[int, str]:
    """Return what is kept of each of these people; what belongs to the occasion stands before what belongs to none."""
    held = ProtectedTrait.objects.filter(among("person", people), trait=trait, occasion__in=(occasion, ""))
    return dict(held.order_by("occasion", "pk").values_list("person", "value"))


def called(code: str) -> Text:
    """Return what a trait, or a value of one, is called."""
    return CALLED.get(code) or VALUES.get(code) or Text(code, code)
