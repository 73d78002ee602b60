"""Tests the priority list on the Open University's past: rules, model and "seven days unseen", learners held out.

    .venv/bin/python bench/support.py                                    all 22 presentations, counts of work alone
    .venv/bin/python bench/support.py --clicks student_vle_part.parquet  and the three presentations with whole clicks
    .venv/bin/python bench/support.py --fairness                         and who is listed and missed, by group
    .venv/bin/python bench/support.py --weeks                            and lists of every week: how long before

The day is 35 (week 5), the event that somebody leaves after it or fails. The clicks are not shipped. The first table of
every block is with learners held out in turn, the second in later presentations with learners not seen before.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from yucai.demo import open_university, university_past
from yucai.matching import FairnessCase, SupportBand, SupportEntry, compare_with_rules, support_entry, support_fairness

LATER_FROM = date(2014, 1, 1)


def of_100(figure):
    return f"{100 * figure.value:.1f} [{100 * figure.low:.1f}, {100 * figure.high:.1f}]"


def told(split):
    print(f"\n{split.says.en}: {split.n_cases:,} cases, {split.n_events:,} events, {split.n_cohorts} presentations\n")
    print("| List of 10 % | Right of 100 listed | Found of 100 events | AUC | Days ahead, median | dated |")
    print("|---|---|---|---|---|---|")
    for one in split.methods:
        lead = "-" if one.lead_days is None else f"{one.lead_days:.0f}"
        print(f"| {one.says.en} | {of_100(one.precision)} | {of_100(one.recall)} | {one.auc:.3f} | {lead} |"
              f" {one.n_with_day:.0f} |")  # fmt: skip
    for gap in split.differences:
        print(f"- {gap.method} over {gap.against}: {of_100(gap.precision)}")
    for band in split.bands:
        right = "-" if band.precision is None else of_100(band.precision)
        print(f"- band {band.band or 'nothing stands out'}: {band.n_cases:,} learners, right {right}")
    held = split.calibration
    line = "slope {0.value:.2f} [{0.low:.2f}, {0.high:.2f}], intercept {1.value:.2f} [{1.low:.2f}, {1.high:.2f}]"
    print(f"- chances: {line.format(held.slope, held.intercept)}; Brier {held.brier:.4f} (base"
          f" {held.brier_of_base:.4f}); {held.expected:.0f} expected, {held.observed:,} came")  # fmt: skip
    rows = (f"{100 * row.predicted:.0f}/{100 * row.observed.value:.0f}" for row in held.table)
    print(f"- tenths, expected/observed of 100: {' '.join(rows)}")


def compared(name, past, *, clicks):
    began = time.process_time()
    found = compare_with_rules(past, seed=1, clicks=clicks, later_from=LATER_FROM)
    print(f"\n## {name}: {time.process_time() - began:.1f} s of processor")
    print(f"\n{found.n_cases:,} cases, {found.n_events:,} events; of {found.n_abstained:,} more nothing was due yet.")
    told(found.learners)
    if found.later is not None:
        told(found.later)
    print(f"\nJoins: {'yes' if found.joins else 'no'}. {' '.join(text.en for text in found.because)}")


def fairness(past):
    held = open_university().protected
    print("\n## Fairness of the band “talk within a fortnight”, all presentations")
    for trait in ("gender", "disability", "age_band", "imd_band"):
        rows = held.filter(trait=trait).select("learner", "occasion", "value").iter_rows()
        group = {(learner, occasion): value for learner, occasion, value in rows}
        cases = []
        for case in past:
            key = (case.signs.learner, case.cohort)
            cases.append(FairnessCase(learner="/".join(key), group=group.get(key, ""), listed=in_talk(case.signs),
                                      happened=case.happened))  # fmt: skip
        found = support_fairness(cases)
        print(f"\n| {trait} | n | listed | right of listed | missed of events | wrongly listed of others |")
        print("|---|---|---|---|---|---|")
        for one in found.groups:
            rates = (one.listed, one.right, one.missed, one.wrong)
            print(f"| {one.group} | {one.n:,} | {' | '.join(of_100(r.rate) if r else '-' for r in rates)} |")
        for text in found.says:
            print(f"- {text.en}")


def seen_long_ago(signs):
    last = signs.clicks.last_visit
    return last is None or (signs.as_of - last).days >= 7


def in_talk(signs):
    entry = support_entry(signs)
    return isinstance(entry, SupportEntry) and entry.band is SupportBand.TALK


def by_weeks(name, ways, *, clicks):
    """Lists made every week from day 14 to 70: who was ever listed, and how long before leaving."""
    first, after = {way: {} for way in ways}, {}
    for day in range(14, 71, 7):
        for case in university_past(day=day, clicks=clicks):
            key = (case.signs.learner, case.cohort)
            after.setdefault(key, case)
            for way, lists in ways.items():
                if lists(case.signs):
                    first[way].setdefault(key, case.signs.as_of)
    leavers = {key for key, case in after.items() if case.on is not None}
    base = sum(case.happened for case in after.values()) / len(after)
    print(f"\n## {name}, a list every week from day 14 to 70")
    print(f"\n{len(after):,} learners, {len(leavers):,} left on a known day; {100 * base:.1f} of 100 left or failed")
    print("\n| List | ever listed | right of 100 | leavers listed before, of 100 | days ahead, median | 14 or more |")
    print("|---|---|---|---|---|---|")
    for way, listed in first.items():
        right = sum(after[key].happened for key in listed)
        ahead = [(after[key].on - day).days for key, day in listed.items() if key in leavers]
        print(f"| {way} | {len(listed):,} | {100 * right / len(listed):.1f} | {100 * len(ahead) / len(leavers):.1f} |"
              f" {median(ahead):.0f} | {100 * sum(days >= 14 for days in ahead) / len(ahead):.0f} % |")  # fmt: skip


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--day", type=int, default=35)
    asked.add_argument("--clicks", type=Path)
    asked.add_argument("--fairness", action="store_true")
    asked.add_argument("--weeks", action="store_true", help="lists every week, and how long before leaving")
    asked.add_argument("--without", nargs="*", default=[], help="presentations to leave out, such as BBB-2014J")
    given = asked.parse_args()
    print(f"{datetime.now(tz=UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.1f}")
    past = [case for case in university_past(day=given.day) if case.cohort not in given.without]
    nothing = Counter(case.cohort for case in past if not case.signs.due and not case.signs.results)
    print(f"day {given.day}: {len(past):,} cases; nothing due yet: {dict(nothing)}")
    compared("Counts of work, all presentations", past, clicks=False)
    if given.clicks is not None:
        seen = university_past(day=given.day, clicks=given.clicks)
        compared("Three presentations with whole clicks, model of work alone", seen, clicks=False)
        compared("The same, model of work and visits", seen, clicks=True)
    if given.fairness:
        fairness(past)
    if given.weeks:
        by_weeks("All presentations", {"rules, talk within a fortnight": in_talk}, clicks=None)
    if given.weeks and given.clicks is not None:
        both = {"rules, talk within a fortnight": in_talk, "seven days unseen": seen_long_ago}
        by_weeks("Three presentations with whole clicks", both, clicks=given.clicks)


if __name__ == "__main__":
    main()
