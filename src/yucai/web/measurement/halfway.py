"""A calibration kept while its profiles are not made yet, so that a worker that falls then need not calibrate again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yucai.evidence import Responses
from yucai.framework import EvidenceMap
from yucai.measurement import Calibration

__all__ = ["Halfway", "digest_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Halfway:
    """The file of a calibration that is not in force, and of what evidence it was made; ``reached`` hears of it."""

    file: Path
    reached: Callable[[Path], None]

    def find(self, of: str) -> Calibration | None:
        """Return the calibration that was made of this evidence; None where there is none."""
        return (
            Calibration.load(self.file) if self.file.is_file() and self._of.is_file() and self._said() == of else None
        )

    def keep(self, calibration: Calibration, of: str) -> None:
        """Keep a calibration; what it was made of is written last."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.drop()
        calibration.save(self.file)
        self._of.write_text(of, encoding="ascii")
        self.reached(self.file)

    def drop(self) -> None:
        """Take it off the disk."""
        self._of.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)

    @property
    def _of(self) -> Path:
        return self.file.with_suffix(".of")

    def _said(self) -> str:
        return self._of.read_text(encoding="ascii")


def digest_of(responses: Responses, evidence_map: EvidenceMap) -> str:
    """Return a short name of exactly this evidence under this map."""
    seen = hashlib.sha256(f"{evidence_map.code} {evidence_map.version}\n".encode())
    for column in sorted(responses.table.columns):
        seen.update(f"{column}\n".encode())
        seen.update(responses.table[column].hash(seed=1).to_numpy().tobytes())
    return seen.hexdigest()
