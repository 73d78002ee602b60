"""Indicators, attainment, policy effects, release, and the audit trail."""

from yucai.governance.audit import (
    CHAIN_START,
    AnchorUnreadableError,
    AuditEvent,
    ChainAnchor,
    ChainBreak,
    ChainedEvent,
    ChainFault,
    ChainPlace,
    ChainVerdict,
    canonical_bytes,
    link_of,
    read_anchors,
    seal_place,
    verify_chain,
)

__all__ = [
    "CHAIN_START",
    "AnchorUnreadableError",
    "AuditEvent",
    "ChainAnchor",
    "ChainBreak",
    "ChainFault",
    "ChainPlace",
    "ChainVerdict",
    "ChainedEvent",
    "canonical_bytes",
    "link_of",
    "read_anchors",
    "seal_place",
    "verify_chain",
]
