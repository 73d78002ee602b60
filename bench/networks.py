"""Measures how often the 90 % intervals of the collaboration network hold what they say, over simulated years.

    .venv/bin/python bench/networks.py [--years 300]

150 people of three programmes; works of two to four, each further maker from the leader's programme with chance 0.6,
else from any. A year draws so many works anew; what the intervals are to hold is the mean of the measure over 2,000
years. Seeded: the same table in each run.
"""

from __future__ import annotations

import argparse

import numpy as np

from yucai.governance import collaboration_ranges, describe_collaboration

N_PEOPLE, OWN, SEED = 150, 0.6, 3
UNITS = {person: "ABC"[person % 3] for person in range(N_PEOPLE)}
MEASURES = ("density", "across", "assortativity")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, default=300)
    years = parser.parse_args().years
    rng = np.random.default_rng(SEED)
    print(f"share of {years} years whose interval holds the mean; said: 0.90")
    print(f"{'works a year':>12}  " + "  ".join(f"{name:>13}" for name in MEASURES))
    for n_works in (10, 20, 60):
        truth = _truth(n_works, rng)
        held = dict.fromkeys(MEASURES, 0)
        for _ in range(years):
            found = collaboration_ranges(_year(n_works, rng), units=UNITS, people=range(N_PEOPLE))
            for name in MEASURES:
                held[name] += name in found and found[name].low <= truth[name] <= found[name].high
        print(f"{n_works:>12}  " + "  ".join(f"{held[name] / years:>13.2f}" for name in MEASURES))


def _year(n_works: int, rng: np.random.Generator) -> list[set[int]]:
    return [_work(rng) for _ in range(n_works)]


def _work(rng: np.random.Generator) -> set[int]:
    own = int(rng.integers(3))
    programmes = [own, *(own if rng.random() < OWN else int(rng.integers(3)) for _ in range(int(rng.integers(1, 4))))]
    return {int(rng.integers(N_PEOPLE // 3)) * 3 + programme for programme in programmes}


def _truth(n_works: int, rng: np.random.Generator) -> dict[str, float]:
    found = [describe_collaboration(_year(n_works, rng), units=UNITS, people=range(N_PEOPLE)) for _ in range(2000)]
    return {name: float(np.mean([getattr(one, name) for one in found])) for name in MEASURES}


if __name__ == "__main__":
    main()
