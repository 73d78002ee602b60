"""What is spoken of: qualities, AI literacy, talent types, rubrics and items, with versions and crosswalks."""

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
from yucai.framework.packs import (
    PackMissingError,
    PackUnreadableError,
    load_evidence_map,
    load_framework,
    shipped_packs,
)

__all__ = [
    "Crosswalk",
    "CrosswalkLink",
    "Entry",
    "EvidenceKind",
    "EvidenceMap",
    "EvidenceRule",
    "Framework",
    "ItemModel",
    "Level",
    "PackMissingError",
    "PackUnreadableError",
    "Strength",
    "TalentType",
    "TalentTypes",
    "UnknownCodeError",
    "load_evidence_map",
    "load_framework",
    "shipped_packs",
]
