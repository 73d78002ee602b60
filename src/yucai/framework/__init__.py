"""What is spoken of: qualities, AI literacy, talent types, rubrics and items, with versions and crosswalks."""

from yucai.framework.evidence_maps import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength

__all__ = ["EvidenceKind", "EvidenceMap", "EvidenceRule", "ItemModel", "Strength"]
