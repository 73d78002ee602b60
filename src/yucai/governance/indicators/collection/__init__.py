"""State-collection tables: which items stand where, as they are filled in, checked against one another, and written."""

from yucai.governance.indicators.collection.checking import (
    CHECK_STATES,
    CheckKind,
    CheckLine,
    CheckState,
    FigureGiven,
    PartsGiven,
    check_collection,
)
from yucai.governance.indicators.collection.definitions import (
    Collection,
    CollectionItem,
    CollectionTable,
    load_collection,
)
from yucai.governance.indicators.collection.filling import FilledLine, FilledTable, SignedBy, StateCollection
from yucai.governance.indicators.collection.writing import write_collection_docx, write_collection_xlsx

__all__ = [
    "CHECK_STATES",
    "CheckKind",
    "CheckLine",
    "CheckState",
    "Collection",
    "CollectionItem",
    "CollectionTable",
    "FigureGiven",
    "FilledLine",
    "FilledTable",
    "PartsGiven",
    "SignedBy",
    "StateCollection",
    "check_collection",
    "load_collection",
    "write_collection_docx",
    "write_collection_xlsx",
]
