"""Rules that decide over people, where everybody can read them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.texts import Text
from yucai.web.accounts.models import Space

__all__ = ["Rule"]


class Rule(models.Model):
    """One rule of an institution, and how many of its people could meet it at all."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="rules")
    code = models.CharField(max_length=100)
    text_en = models.CharField(max_length=500)
    text_zh = models.CharField(max_length=500)
    open_to = models.PositiveIntegerField()
    people = models.PositiveIntegerField()

    class Meta:
        """One code names one rule in a space."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "code"], name="rule_once_in_a_space")]

    def __str__(self) -> str:
        return self.code

    @property
    def text(self) -> Text:
        """The rule in both languages."""
        return Text(self.text_en, self.text_zh)

    @property
    def shuts_out(self) -> bool:
        """Whether some people cannot meet it whatever they do."""
        return self.open_to < self.people
