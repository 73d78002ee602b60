"""What a learner did and can show: from files, ratings and records to one checked table of responses."""

from yucai.evidence.responses import RESPONSES, Responses

__all__ = ["RESPONSES", "Responses"]
