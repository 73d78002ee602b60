"""How many threads are worth their while: those that wait for each other on a busy machine cost more than they do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numba

from yucai.measurement.engine.records import Records

__all__ = ["threads_for"]

MANY_ANSWERS: Final = 50_000  # from here on a step takes longer than threads need to meet


@contextmanager
def threads_for(records: Records) -> Iterator[None]:
    """Use one thread where there is little to do; what comes out is the same to the last bit."""
    before = numba.get_num_threads()
    if len(records.row) < MANY_ANSWERS:
        numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)
