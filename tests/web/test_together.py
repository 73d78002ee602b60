"""What threads want at the same time is done by one of them, for all, in groups."""

import threading
import time

import pytest

from yucai.web.together import Together


def run_all(together, wishes):
    """Wish from a thread each; return what each was told, by its wish."""
    told, begin = {}, threading.Barrier(len(wishes))

    def wish(wanted):
        begin.wait()
        try:
            told[wanted] = together.done(wanted)
        except ValueError as problem:
            told[wanted] = problem

    threads = [threading.Thread(target=wish, args=(wanted,)) for wanted in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    return told


def test_each_gets_its_own_result_and_no_group_is_larger_than_may_be():
    groups = []

    def act(group):
        groups.append([wish.wanted for wish in group])
        time.sleep(0.01)
        for wish in group:
            wish.done(wish.wanted * wish.wanted)

    assert run_all(Together(act, most=4), range(40)) == {n: n * n for n in range(40)}
    assert sorted(n for group in groups for n in group) == list(range(40))
    assert 1 < max(map(len, groups)) <= 4


def test_who_failed_is_told_and_nobody_else():
    def act(group):
        time.sleep(0.005)
        for wish in group:
            if wish.wanted % 3:
                wish.done("well")
            else:
                wish.problem = ValueError(wish.wanted)

    told = run_all(Together(act), range(12))
    assert {n for n, one in told.items() if isinstance(one, ValueError)} == {0, 3, 6, 9}
    assert all(told[n] == "well" for n in range(12) if n % 3)


def test_one_alone_is_done_at_once_and_after_an_accident_the_next_go_on():
    def act(group):
        if group[0].wanted == "accident":
            raise RuntimeError("nobody expected it")
        for wish in group:
            wish.done(len(group))

    together = Together(act)
    with pytest.raises(RuntimeError):
        together.done("accident")
    assert together.done("next") == 1
