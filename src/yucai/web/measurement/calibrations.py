"""The current calibration of a space, read from its file once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from yucai.measurement import Calibration
from yucai.web.accounts.models import Space
from yucai.web.measurement.models import CalibrationRun

__all__ = ["calibration_in", "calibration_of", "current_run", "file_of"]


def current_run(space: Space) -> CalibrationRun | None:
    """Return the calibration that feeds the pages of a space, or None before the first."""
    return CalibrationRun.objects.filter(space=space, current=True).first()


def calibration_of(space: Space) -> Calibration | None:
    """Return what the current calibration of a space found, or None before the first."""
    run = current_run(space)
    return calibration_in(file_of(run)) if run is not None else None


def file_of(run: CalibrationRun) -> Path:
    """Return where a calibration is kept."""
    file: Path = settings.WORKSPACE.calibrations / run.file
    return file


@lru_cache(maxsize=4)
def calibration_in(file: Path) -> Calibration:
    """Return what is kept in the file of a run, which is written once; the last few are at hand."""
    return Calibration.load(file)
