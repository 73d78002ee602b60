"""Views that an account saved for itself: a page with its filters and order, under a name."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from django.db import models
from django.urls import reverse

from yucai.web.accounts.models import Account

__all__ = ["SavedView"]


class SavedView(models.Model):
    """A page as somebody filtered and sorted it, under a name of their own. Nobody else sees it.

    It opens the page and gives no right to it: whoever may not see the page any more is refused there.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=30)  # of the pages that can be saved
    number = models.BigIntegerField(null=True)  # of what the page is about, where it is about something
    space = models.SlugField(blank=True)  # code of the institution, where the address of the page names one
    said = models.JSONField(default=dict)  # filters and order as they are read: an erasure finds who is named in them
    name = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        """An account gives a name once; its views stand in the order of their names."""

        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "name"], name="view_named_once")]

    def __str__(self) -> str:
        return f"{self.page} of {self.account_id}"

    @property
    def query(self) -> str:
        """Filters and order, as an address says them."""
        return urlencode(sorted(self.said.items()))

    @property
    def address(self) -> str:
        """Where it opens. The page is one of ours, and the query was looked through when it was saved."""
        args = [self.space] if self.space else [] if self.number is None else [self.number]
        place = reverse(self.page, args=args)
        return f"{place}?{self.query}" if self.query else place
