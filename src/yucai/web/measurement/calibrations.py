"""The current calibration of a space, read from its file once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from yucai.measurement import Calibration
from yucai.web.accounts.models import Space
from yucai.web.measurement.models import CalibrationRun

__all__ = ["calibration_of", "current_run"]


def current_run(space: Space) -> CalibrationRun | None:
    """Return the calibration that feeds the pages of a space, or None before the first."""
    return CalibrationRun.objects.filter(space=space, current=True).first()


def calibration_of(space: Space) -> Calibration | None:
    """Return what the current calibration of a space found, or None before the first."""
    run = current_run(space)
    return _loaded(settings.WORKSPACE.calibrations / run.file) if run is not None else None


@lru_cache(maxsize=4)
def _loaded(file: Path) -> Calibration:
    return Calibration.load(file)
