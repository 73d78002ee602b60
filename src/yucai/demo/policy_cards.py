"""The policy cards of the demonstration: a real policy on real figures, and two that are simulated.

The real one is about the pilots of 2015; facts that somebody should look up stand on the card. In the simulated
programmes an effect of ``PLANTED_EFFECT`` projects per 100 students begins in 2020 in ten of twenty-four; of the
third card nothing can be told, and the gate says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final

import numpy as np

from yucai.governance import PolicyCard, PolicyUnit, read_card

__all__ = ["PLANTED_EFFECT", "DemoPolicy", "demo_policies"]

PLANTED_EFFECT: Final = 4.0
SEED: Final = 20_200_902
PROGRAMMES: Final = 24
TREATED: Final = 10
YEARS: Final = range(2012, 2024)
BEGINS: Final = 2020


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPolicy:
    """A card, its data and the name of their file."""

    card: PolicyCard
    data: bytes
    data_name: str


def demo_policies() -> tuple[DemoPolicy, ...]:
    """Return the cards of the demonstration with their data: real, simulated with an effect, simulated and too thin."""
    real = DemoPolicy(
        card=_card("reform-pilots-2015"), data=_file("provinces-2010-2023.csv"), data_name="provinces-2010-2023.csv"
    )
    units = tuple(PolicyUnit(name=name, first_period=BEGINS) for name in _names()[:TREATED])
    year = replace(_card("project-year-simulated"), units=units)
    whole = DemoPolicy(card=year, data=_simulated(_names()), data_name="programmes-simulated.csv")
    thin = DemoPolicy(
        card=_card("dual-mentors-simulated"), data=_simulated(_names()[:3]), data_name="three-programmes-simulated.csv"
    )
    return real, whole, thin


def _names() -> list[str]:
    return [f"Programme {n:02d}" for n in range(1, PROGRAMMES + 1)]


def _simulated(names: Sequence[str]) -> bytes:
    """Return programmes by year: a level and a common trend, noise, and the planted effect in the first ten."""
    rng = np.random.default_rng(SEED)
    level = rng.normal(14.0, 3.0, size=PROGRAMMES)
    trend = np.cumsum(rng.normal(0.3, 0.2, size=len(YEARS)))
    noise = rng.normal(0.0, 1.0, size=(PROGRAMMES, len(YEARS)))
    treated = np.arange(PROGRAMMES)[:, None] < TREATED
    value = level[:, None] + trend + noise + PLANTED_EFFECT * (treated & (np.array(YEARS) >= BEGINS))
    lines = ["programme,year,projects_per_100"]
    lines += [f"{name},{year},{value[row, n]:.1f}" for row, name in enumerate(names) for n, year in enumerate(YEARS)]
    return ("\n".join(lines) + "\n").encode()


def _card(name: str) -> PolicyCard:
    return read_card(_file(f"{name}.toml"))


def _file(name: str) -> bytes:
    return files("yucai.demo").joinpath("policies", name).read_bytes()
