"""How mixed the works of an institution are, for who may see their makers."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from yucai.governance import cosine_distances, hill_number, rao_stirling
from yucai.texts import Text
from yucai.web.accounts.access import MIN_CELL
from yucai.web.accounts.models import Space
from yucai.web.governance.indicator_records import verified_works

__all__ = ["Ecosystem", "EcosystemFigure", "ecosystem_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EcosystemFigure:
    """One description with its formula."""

    name: Text
    formula: str
    value: float
    reads: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Ecosystem:
    """The descriptions of one school year; none where fewer people than may be told made the works."""

    works: int
    figures: tuple[EcosystemFigure, ...]


def ecosystem_of(space: Space, year: int) -> Ecosystem:
    """Return how the verified works of a school year spread over programmes and qualities.

    Units are the programmes of those who put works in; two programmes are as far apart as their works differ in the
    qualities they show.
    """
    rows = list(verified_works(space, year).values_list("person", "person__programme", "quality"))
    rows = [row for row in rows if row[1]]
    if len({person for person, *_rest in rows}) < MIN_CELL:
        return Ecosystem(works=len(rows), figures=())
    by_programme = Counter(programme for _person, programme, _quality in rows)
    qualities = sorted({quality for *_rest, quality in rows})
    profile: dict[str, Counter[str]] = defaultdict(Counter)
    for _person, programme, quality in rows:
        profile[programme][quality] += 1
    names = sorted(by_programme)
    counts = np.array([by_programme[name] for name in names], dtype=float)
    distances = cosine_distances([[profile[name][quality] for quality in qualities] for name in names])
    n = len(names)
    figures = (
        EcosystemFigure(
            name=Text("Programmes that put works in (Hill number of order 0)", "有成果的专业数（0 阶 Hill 数）"),
            formula="⁰D", value=hill_number(counts, 0), reads=Text("a plain count", "简单计数"),
        ),
        EcosystemFigure(
            name=Text("Effective number of programmes (Hill number of order 1)", "有效专业数（1 阶 Hill 数）"),
            formula="¹D = exp(−Σ p ln p)", value=hill_number(counts, 1),
            reads=Text("that many equally active programmes would be as diverse; at most {n}",
                       "相当于这么多个同样活跃的专业；最多 {n}").filled(n=n),
        ),
        EcosystemFigure(
            name=Text("The same, with weight on the large ones (order 2)", "同上，偏重大专业（2 阶）"),
            formula="²D = 1 / Σ p²", value=hill_number(counts, 2),
            reads=Text("falls where a few programmes make nearly all", "若少数专业占去绝大多数，则下降"),
        ),
        EcosystemFigure(
            name=Text("Interdisciplinarity (Rao-Stirling)", "跨学科程度（Rao-Stirling）"),
            formula="Δ = Σ d p p, d = 1 − cos", value=rao_stirling(counts, distances),
            reads=Text("the expected distance of two works; 0 where all programmes do alike, below 1",
                       "任取两项成果的期望距离；各专业所做相同时为 0，恒小于 1"),
        ),
    )  # fmt: skip
    return Ecosystem(works=len(rows), figures=figures)
