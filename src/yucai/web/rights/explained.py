"""The six parts of the outcome of a request."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from yucai.texts import Text
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.explaining import Explanation

__all__ = ["explained_case"]


def explained_case(case: ReviewCase, *, clock: Text, appealed: bool) -> Explanation:
    """Return the six parts of a request as it stands; ``clock`` says by which rule it is to be answered."""
    language = translation.get_language() or "en"
    decided = case.state == ReviewCase.State.DECIDED
    open_appeal = _("With an appeal, at the end of this page: somebody else answers it.")
    return Explanation(
        data=_("The result as it stood when the request was opened (%(named)s), and what the student wrote.")
        % {"named": case.named.in_language(language)},
        method=_("No model: a named person decides who had no part in the result. %(clock)s")
        % {"clock": clock.in_language(language)},
        reasons=case.reason if decided else _("Not decided yet; the reason will stand here."),
        change=_("An appeal that is upheld.") if decided else _("The decision, and what is corrected until then."),
        sure=_("A decision, no estimate: it holds as it is written until an appeal changes it.")
        if decided
        else _("Open: until it is decided, the result is marked as under review everywhere."),
        objection=_("An appeal was opened; it is linked above.") if appealed
        else open_appeal if decided and case.appeals_id is None
        else _("After the decision with an appeal; an appeal itself is final here, and the authorities stay open."),
    )  # fmt: skip
