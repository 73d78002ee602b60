"""Indices, inequality and neighbours: time and memory beside pymcdm, PySAL inequality and esda, in the same run.

    OMP_NUM_THREADS=1 python bench/governance_coordination.py [--peers PYTHON]

The peers live in an environment of their own (pip install pymcdm inequality esda libpysal), never in the product's:
this program asks that Python to time them on the same arrays, in turn with ours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np

PEER = r"""
import json, sys, time, tracemalloc
import numpy as np
data = np.load(sys.argv[1]); what, repeats = sys.argv[2], int(sys.argv[3])
X, w, v, near, groups = data["X"], data["w"], data["v"], data["near"], data["groups"]
if what == "entropy":
    from pymcdm.weights import entropy_weights
    run = lambda: entropy_weights(X)
elif what == "critic":
    from pymcdm.weights import critic_weights
    run = lambda: critic_weights(X)
elif what == "topsis":
    from pymcdm.methods import TOPSIS
    from pymcdm.normalizations import vector_normalization
    one = TOPSIS(vector_normalization); types = np.ones(X.shape[1])
    run = lambda: one(X, w, types)
elif what == "gini":
    from inequality.gini import Gini
    run = lambda: Gini(v).g
elif what == "theil":
    from inequality.theil import TheilD
    run = lambda: TheilD(v, groups).T
else:
    import warnings; warnings.simplefilter("ignore")
    from libpysal.weights import W
    from esda.moran import Moran, Moran_Local
    places = {i: [int(j) for j in np.flatnonzero(near[i])] for i in range(len(v))}
    W0 = W(places, silence_warnings=True); W0.transform = "r"
    run = (lambda: Moran(v, W0, permutations=0).z_rand) if what == "moran" else (
        lambda: Moran_Local(v, W0, permutations=0).Is)
found = run()
took = []
for _ in range(repeats):
    start = time.perf_counter(); run(); took.append(time.perf_counter() - start)
tracemalloc.start(); run(); peak = tracemalloc.get_traced_memory()[1]
value = float(np.sum(np.asarray(found, dtype=float) * np.arange(1, np.size(found) + 1).reshape(np.shape(found))))
print(json.dumps({"s": float(np.median(took)), "kb": peak / 1024, "value": value}))
"""


def ours() -> dict:
    """Our methods, on the arrays that the peers get."""
    from yucai.governance.coordination import (
        conflict_weights,
        decompose_gini,
        decompose_theil,
        entropy_weights,
        gini,
        local_moran,
        moran,
        to_ideal,
    )

    return {
        "entropy": lambda d: entropy_weights(d["X"], count=len(d["X"])),
        "critic": lambda d: conflict_weights(
            (d["X"] - d["X"].min(0)) / np.ptp(d["X"], axis=0), ddof=1, signed=True),
        "topsis": lambda d: to_ideal(d["X"] / np.sqrt((d["X"] ** 2).sum(0)), d["w"]),
        "gini": lambda d: gini(d["v"]),
        "theil": lambda d: decompose_theil(d["v"], d["labels"]).theil,
        "moran": lambda d: moran(d["v"], d["rows"]).z,
        "local": lambda d: local_moran(d["v"], d["rows"]).i,
        "dagum": lambda d: decompose_gini(d["v"], d["labels"]).within,
    }  # fmt: skip


def made(n: int, k: int) -> dict:
    """Arrays of a size: indicators, weights, one figure, a ring with chords as neighbours, four groups."""
    from yucai.governance.coordination import contiguity

    rng = np.random.default_rng(11)
    near = np.zeros((n, n))
    for step in (1, 2, 7):
        near[np.arange(n), (np.arange(n) + step) % n] = near[(np.arange(n) + step) % n, np.arange(n)] = 1
    groups = rng.integers(0, 4, n)
    pairs = [(str(a), str(b)) for a, b in np.argwhere(near)]
    rows = contiguity([str(one) for one in range(n)], pairs)
    return {"X": rng.lognormal(size=(n, k)), "w": np.full(k, 1 / k), "v": rng.beta(2, 4, n), "near": near,
            "groups": groups, "rows": rows, "labels": [str(g) for g in groups]}  # fmt: skip


def timed(run, data: dict, repeats: int) -> dict:
    """Median seconds and peak memory of one of ours."""
    found = run(data)
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        run(data)
        took.append(time.perf_counter() - start)
    tracemalloc.start()
    run(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    value = np.asarray(found, dtype=float)
    told = float(np.sum(value * np.arange(1, value.size + 1).reshape(value.shape)))
    return {"s": float(np.median(took)), "kb": peak / 1024, "value": told}


def page() -> None:
    """The report of the provincial page, worked out anew, and the audit of a large table."""
    from yucai.governance import (
        AuditClaim,
        audit_method,
        load_indices,
        load_provinces,
        province_panel,
        report_coordination,
    )

    pack, provinces = load_indices(), load_provinces()

    def report() -> None:
        report_coordination(province_panel(provinces, pack=pack), pack.couplings[0], 2022, pack=pack,
                            neighbours=provinces.neighbours, rng=np.random.default_rng(1))  # fmt: skip

    report()
    took = [_seconds(report) for _ in range(15)]
    print(f"| report of the page, 1,000 draws of weights | {1000 * np.median(took):.1f} ms |  |  |  |  |")
    rng = np.random.default_rng(3)
    for n in (150, 4189):
        x = {one: rng.lognormal(size=(n, 4)) for one in ("a", "b", "c")}
        d = rng.uniform(0.2, 0.8, n)
        claim = AuditClaim(units=tuple(map(str, range(n))), years=(2020,) * n, systems=tuple(x), indicators=x, d=d,
                           places={"d": 3})  # fmt: skip
        seconds = _seconds(lambda claim=claim: audit_method(claim))
        tracemalloc.start()
        audit_method(claim)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"| method audit of {n:,} rows from indicators to D | {seconds:.2f} s | {peak:.0f} MB |  |  |  |")


def _seconds(run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Print one table in Markdown."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--peers", help="a Python with pymcdm, inequality, esda and libpysal")
    asked.add_argument("--repeats", type=int, default=21)
    given = asked.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}, numpy {np.__version__}")
    print("| method | ours | ours, peak | peer | peer, peak | same value |\n|---|---|---|---|---|---|")
    for n, k in ((30, 12), (300, 12), (3000, 40)):
        data = made(n, k)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "data.npz"
            np.savez(
                place, **{name: np.asarray(value) for name, value in data.items() if name not in ("labels", "rows")}
            )
            for name, run in ours().items():
                mine = timed(run, data, given.repeats)
                peer = None
                if given.peers and name != "dagum":
                    asked_for = [given.peers, "-c", PEER, str(place), name, str(given.repeats)]
                    ran = subprocess.run(asked_for, capture_output=True, text=True, check=True)
                    peer = json.loads(ran.stdout.splitlines()[-1])
                told = f"| {name}, {n} × {k} | {1e6 * mine['s']:.0f} µs | {mine['kb']:.0f} KB "
                if peer:
                    same = "yes" if np.isclose(mine["value"], peer["value"], rtol=1e-9) else "no: other convention"
                    ratio = peer["s"] / mine["s"]
                    told += f"| {1e6 * peer['s']:.0f} µs ({ratio:.1f} ×) | {peer['kb']:.0f} KB | {same} |"
                else:
                    told += "| no peer |  |  |"
                print(told, flush=True)
    page()


if __name__ == "__main__":
    main()
