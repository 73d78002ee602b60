"""Time, memory and size of every estimator of governance, each beside the peer that it replaces, one after the other.

    python bench/governance.py [--quick]

Runs, each in a process of its own: ``governance_effects`` (diff-diff in the same process; R's figures are stored),
``governance_teaching`` (R's lme4 in the same run where it is installed), ``governance_coordination`` (peers where
``--peers PYTHON`` names an environment that has them), ``governance_causality`` (R's plm where it is installed).
``--quick`` draws fewer panels. Ends with the first code that is not 0.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
QUICK = {
    "effects": ["--draws", "40"],
    "teaching": ["--rounds", "1", "--worlds", "100"],
    "coordination": [],
    "causality": ["--panels", "50"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", metavar="PYTHON", help="a Python that has pymcdm, inequality and esda")
    chosen = parser.parse_args()
    paths = os.pathsep.join([str(FOLDER.parent / "src"), str(FOLDER.parent), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    for name, quick in QUICK.items():
        more = [
            *(quick if chosen.quick else []),
            *(["--peers", chosen.peers] if chosen.peers and name == "coordination" else []),
        ]
        print(f"\n== {name}, load {os.getloadavg()[0]:.1f}", flush=True)
        code = subprocess.call(
            [sys.executable, str(FOLDER / f"governance_{name}.py"), *more], cwd=FOLDER.parent, env=env
        )
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
