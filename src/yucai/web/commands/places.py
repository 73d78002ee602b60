"""Where a person stands, in words: a table of the records, a store, a file."""

from __future__ import annotations

from typing import Final

from yucai.texts import Text

__all__ = ["place_words"]

ACTORS: Final = Text("actors named by the office", "单位指明的主体")
REFUSED: Final = Text("refused deliveries", "被拒收的投递")
OF_OTHERS: Final = {"declared actors": ACTORS, "refused deliveries": REFUSED}
TABLES: Final = {
    "web_activitydefinition": Text("what stores remember of activities", "记录库所记的活动定义"),
    "web_actordeclaration": ACTORS,
    "web_agentname": Text("names that stores remember", "记录库所记的姓名"),
    "web_attachmentcontent": Text("attachments", "附件"),
    "web_evidencerecord": Text("evidence", "证据"),
    "web_ownwork": Text("own works", "个人成果"),
    "web_person": Text("people on record", "在册人员"),
    "web_recordcredential": Text("credentials of tools", "工具凭据"),
    "web_recorddocument": Text("documents of tools", "工具文档"),
    "web_refusedrequest": REFUSED,
    "web_statementrow": Text("statements", "陈述"),
}
NAMED: Final = Text("{words} ({table})", "{words}（{table}）")
STORE: Final = Text("record store {code}", "记录库 {code}")
STORE_BEFORE: Final = "record store "


def place_words(place: str, language: str) -> str:
    """Return a place in plain words, with its own name where it is a table; a file keeps its name.

    >>> place_words("web_person", "zh"), place_words("record store lms", "zh"), place_words("files/a.zip", "zh")
    ('在册人员（web_person）', '记录库 lms', 'files/a.zip')
    """
    if place in OF_OTHERS:
        return OF_OTHERS[place].in_language(language)
    if place in TABLES:
        return NAMED.in_language(language, words=TABLES[place].in_language(language), table=place)
    if place.startswith(STORE_BEFORE):
        return STORE.in_language(language, code=place.removeprefix(STORE_BEFORE))
    return place
