"""The clock of a request: in how many working days it is answered, and who decided that."""

from __future__ import annotations

from typing import Final

from yucai.texts import Text
from yucai.web.accounts.models import Space

__all__ = ["DEFAULT_SOURCE", "MOST_DAYS", "clock_source"]

MOST_DAYS: Final = 30
DEFAULT_SOURCE: Final = Text(
    "As it ships: 10 working days, within the 15 days in which a school answers a student's appeal (Ministry of "
    "Education, Order 41 of 2017, article 61). Public holidays count as working days.",
    "默认值：10 个工作日，不超出学校答复学生申诉的 15 日期限（教育部令第 41 号（2017），第六十一条）。"
    "法定节假日也计入工作日。",
)


def clock_source(space: Space) -> Text:
    """Return who decided on the term of a space."""
    said = space.request_days_source
    return Text(said, said) if said else DEFAULT_SOURCE
