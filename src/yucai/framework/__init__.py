"""What is spoken of: qualities, AI literacy, talent types, rubrics and items, with versions and crosswalks."""

from yucai.framework.case import CaseNotWrittenError, UndatedFrameworkError, to_case, write_case
from yucai.framework.case_reading import CaseMissingError, CaseUnreadableError, read_case
from yucai.framework.evidence_maps import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.framework.frameworks import (
    Crosswalk,
    CrosswalkLink,
    Entry,
    Framework,
    Level,
    TalentType,
    TalentTypes,
    UnknownCodeError,
)
from yucai.framework.instrument_packs import load_items, load_rubric
from yucai.framework.instruments import (
    Anchor,
    Criterion,
    Item,
    ItemForm,
    ItemOption,
    ItemPack,
    ItemStatus,
    Rubric,
    ScorePoint,
)
from yucai.framework.packs import load_crosswalk, load_evidence_map, load_framework, load_talent_types
from yucai.framework.practices import Practice, PracticePack, load_practices
from yucai.framework.reading import PackMissingError, PackUnreadableError, shipped_packs
from yucai.framework.reading import Reader as PackReader
from yucai.framework.reading import load as load_pack

__all__ = [
    "Anchor",
    "CaseMissingError",
    "CaseNotWrittenError",
    "CaseUnreadableError",
    "Criterion",
    "Crosswalk",
    "CrosswalkLink",
    "Entry",
    "EvidenceKind",
    "EvidenceMap",
    "EvidenceRule",
    "Framework",
    "Item",
    "ItemForm",
    "ItemModel",
    "ItemOption",
    "ItemPack",
    "ItemStatus",
    "Level",
    "PackMissingError",
    "PackReader",
    "PackUnreadableError",
    "Practice",
    "PracticePack",
    "Rubric",
    "ScorePoint",
    "Strength",
    "TalentType",
    "TalentTypes",
    "UndatedFrameworkError",
    "UnknownCodeError",
    "load_crosswalk",
    "load_evidence_map",
    "load_framework",
    "load_items",
    "load_pack",
    "load_practices",
    "load_rubric",
    "load_talent_types",
    "read_case",
    "shipped_packs",
    "to_case",
    "write_case",
]
