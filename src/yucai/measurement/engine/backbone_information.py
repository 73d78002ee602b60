"""The part of the observed information that the backbone has if the places were seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.layout import Layout
from yucai.measurement.engine.parts import Found, Part
from yucai.measurement.engine.state import State

__all__ = ["known_of_backbone"]

Array = npt.NDArray[np.float64]


def known_of_backbone(part: Part, state: State, after: Found, layout: Layout) -> Array:
    """Return minus the second derivatives of the places' expected log-density by regression and covariances."""
    known = np.zeros((layout.n, layout.n))
    precision = np.linalg.inv(state.backbone.covariance)
    away = after.mean - state.backbone.mean - part.covariates @ state.backbone.regression
    x = layout.covariates(part)
    at = slice(layout.backbone, layout.shares)
    for g, own in enumerate(precision):
        here = part.group == g
        known[at, at] += np.kron(x[here].T @ x[here], own)
        mine = np.flatnonzero(layout.share_group == g)
        a, b = layout.share_a[mine], layout.share_b[mine]
        unit = np.zeros((len(mine), layout.d, layout.d))
        unit[np.arange(len(mine)), a, b] = unit[np.arange(len(mine)), b, a] = 1.0
        bent = own @ unit @ own
        spread = after.covariance_sum[g] + away[here].T @ away[here]
        once = np.einsum("cij,eji->ce", bent, unit)
        twice = np.einsum("cij,eji->ce", bent @ spread, own @ unit)
        places = layout.shares + mine
        known[np.ix_(places, places)] += (twice + twice.T) / 2 - 0.5 * here.sum() * once
        pulled = np.einsum("pe,cef->cpf", x[here].T @ away[here], bent).reshape(len(mine), -1)
        known[places, at] += pulled
        known[at, places] += pulled.T
    return known
