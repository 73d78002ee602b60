"""Random tables and a slow, plain attacker."""

from itertools import product

import numpy as np
from hypothesis import strategies as st
from scipy import optimize

from yucai.governance import Axis, AxisKind, Table
from yucai.texts import Text


def said(word):
    return Text(word, word)


def axis(code, leaves, **facts):
    names = tuple(f"{code}{number}" for number in range(leaves)) if isinstance(leaves, int) else tuple(leaves)
    return Axis(code=code, name=said(code), leaves=names, **facts)


def table(counts, *, kinds=(), parents=(), code="table"):
    counts = np.asarray(counts)
    kinds = kinds or (AxisKind.GROUP,) * counts.ndim
    parents = parents or ({},) * counts.ndim
    axes = tuple(
        axis("abcd"[number], size, kind=kinds[number], parents=parents[number])
        for number, size in enumerate(counts.shape)
    )
    return Table(code=code, name=said(code), axes=axes, counts=counts)


@st.composite
def tables(draw, most=5, dimensions=(1, 2, 3)):
    """Tables of up to three axes; axes may have two regions above their leaves, and the last may be sensitive."""
    number = draw(st.sampled_from(dimensions))
    shape = tuple(draw(st.integers(2, most if number < 3 else 3)) for _ in range(number))
    size = int(np.prod(shape))
    cells = st.one_of(st.integers(0, 7), st.integers(0, 40))
    counts = np.array(draw(st.lists(cells, min_size=size, max_size=size)), dtype=np.int64).reshape(shape)
    last = draw(st.sampled_from([AxisKind.GROUP, AxisKind.COUNTED, AxisKind.SENSITIVE]))
    parents = tuple(
        {f"{'abcd'[d]}{leaf}": f"{'abcd'[d]}-{'north' if leaf < 2 else 'south'}" for leaf in range(n)}
        if n >= 4 and draw(st.booleans())
        else {}
        for d, n in enumerate(shape)
    )
    return table(counts, kinds=(AxisKind.GROUP,) * (number - 1) + (last,), parents=parents)


def groups(found):
    """Every cell as the list of its base cells, written out without any of the code under test."""
    for nodes in product(*(one.nodes for one in found.axes)):
        yield (
            nodes,
            [
                base
                for base, leaves in enumerate(product(*(one.leaves for one in found.axes)))
                if all(
                    node in ("*", *one.above(leaf)) for one, node, leaf in zip(found.axes, nodes, leaves, strict=True)
                )
            ],
        )


def attacked(found, released, group):
    """The lowest and highest number of people that a group of base cells can have, by a linear program of its own."""
    rows, values = [], []
    shown = {cell.place: cell.count for cell in released.cells if cell.count is not None}
    for nodes, bases in groups(found):
        if nodes in shown:
            rows.append([1.0 if base in bases else 0.0 for base in range(found.counts.size)])
            values.append(shown[nodes])
    cost = np.zeros(found.counts.size)
    cost[list(group)] = 1
    equal = {"A_eq": np.array(rows), "b_eq": np.array(values)} if rows else {}
    ends = []
    for sign in (1, -1):
        told = optimize.linprog(sign * cost, **equal, bounds=(0, 10_000), method="highs")
        assert told.status == 0, told.message
        ends.append(sign * told.fun)
    return ends[0], ends[1]
