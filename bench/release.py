"""Measures the gate of releases: how long a table takes to leave, how many cells it costs, and that it stays closed.

    .venv/bin/python bench/release.py                 all three
    .venv/bin/python bench/release.py --n 3000        a smaller college

Processor time of this process, from ``time.process_time``. What leaves is attacked at the end by the linear program of
``disclosures``; "open" counts what it could narrow too far, and must be 0.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta

import numpy as np

from yucai.governance import (
    Axis,
    AxisKind,
    Ledger,
    Measure,
    ReleasePolicy,
    Statistic,
    Table,
    disclosures,
    release_table,
    tabulate,
)
from yucai.texts import Text

AT = datetime(2026, 11, 27, tzinfo=UTC)
POLICY = ReleasePolicy()
A_CLASS = 30  # students


def said(word):
    return Text(word, word)


def axis(code, n, **facts):
    return Axis(code=code, name=said(code), leaves=tuple(f"{code}{number}" for number in range(n)), **facts)


def told(name, seconds, released, small, unsafe):
    hidden = sum(cell.count is None for cell in released.cells)
    print(f"| {name} | {len(released.cells):,} | {small:,} | {hidden:,} | {unsafe} | {seconds:.2f} |", flush=True)


def one_table(rng, *, shape, mean, name):
    """A table with its margins; counts of a negative binomial, as of programmes by home county."""
    counts = rng.negative_binomial(2, 2 / (2 + mean), size=shape)
    table = Table(code="t", name=said("t"), axes=(axis("a", shape[0]), axis("b", shape[1])), counts=counts)
    began = time.process_time()
    released = release_table(table, policy=POLICY, at=AT).released
    seconds = time.process_time() - began
    shown = [number for number, cell in enumerate(released.cells) if cell.count is not None]
    told(
        name, seconds, released, int(((counts > 0) & (counts < 5)).sum()), len(disclosures(table, shown, policy=POLICY))
    )


def college(rng, *, n, qualities):
    """Of how many of each class a quality is known, with means, one table a quality; then again after a month."""
    classes = n // A_CLASS
    where = [f"class{number // A_CLASS}" for number in range(n)]
    known = {quality: rng.random(n) < rng.uniform(0.3, 0.95) for quality in range(qualities)}
    place = {quality: rng.normal(size=n) for quality in range(qualities)}
    ledger = Ledger()
    for day, moved in ((AT, 0.0), (AT + timedelta(days=30), 0.02)):
        seconds, cells, hidden, small, held, unsafe = 0.0, 0, 0, 0, 0, 0
        for quality in range(qualities):
            known[quality] ^= rng.random(n) < moved
            yes = np.where(known[quality], "yes", "no").tolist()
            enough = Axis(code=f"enough{quality}", name=said("enough"), leaves=("yes", "no"), kind=AxisKind.COUNTED)
            values = {person: float(place[quality][person]) for person in range(n) if known[quality][person]}
            measure = Measure(code=f"place{quality}", name=said("place"), values=values, statistics=(Statistic.MEAN,))
            table = tabulate(
                range(n),
                {"class": where, enough.code: yes},
                code=f"known{quality}",
                name=said("known"),
                axes=[axis("class", classes), enough],
                measures=[measure],
            )
            began = time.process_time()
            answer = release_table(table, policy=POLICY, at=day, ledger=ledger)
            seconds += time.process_time() - began
            before, ledger = ledger, answer.ledger
            cells += len(answer.released.cells)
            hidden += sum(cell.count is None for cell in answer.released.cells)
            held += answer.released.held is not None
            small += int(((table.counts > 0) & (table.counts < 5)).sum())
            if answer.ledger is not before:
                shown = [number for number, cell in enumerate(answer.released.cells) if cell.count is not None]
                unsafe += len(disclosures(table, shown, policy=POLICY, ledger=before)) if day == AT else 0
        name = f"{n:,} students, {classes:,} classes x {qualities} qualities, {day:%Y-%m-%d}, {held} held"
        print(f"| {name} | {cells:,} | {small:,} | {hidden:,} | {unsafe} | {seconds:.2f} |", flush=True)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description="measure the gate of releases")
    parser.add_argument("--n", type=int, default=30_000)
    parser.add_argument("--qualities", type=int, default=9)
    asked = parser.parse_args()
    print("| Table | cells | small | hidden | open | s |\n|---|---|---|---|---|---|", flush=True)
    one_table(np.random.default_rng(1), shape=(50, 40), mean=30, name="50 x 40 with margins, mean 30")
    one_table(np.random.default_rng(2), shape=(50, 40), mean=10, name="50 x 40 with margins, mean 10")
    college(np.random.default_rng(3), n=asked.n, qualities=asked.qualities)


if __name__ == "__main__":
    main()
