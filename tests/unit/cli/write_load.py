"""Writes to an office without a pause: a correction of a whole import and one reading, both in one transaction.

    python -m tests.unit.cli.write_load WORKSPACE FILE

Every correction takes the files of the lake off the disk that were listed before, so that a backup that is not of one
moment lacks some. Prints a line after each round.
"""

import sys
from pathlib import Path


def main(workspace, file):
    from yucai.web.commands.importing import TableOptions, import_file
    from yucai.web.commands.starting import now, start

    start(Path(workspace))
    from django.db import transaction

    from yucai.web.accounts.audit import note
    from yucai.web.accounts.models import Account, Person

    facts = {"purpose": "p", "legal_basis": "duty", "owner": "o", "grade": "2", "retention_months": 12}
    account, number, n = Account.objects.get(), 0, 0
    while True:
        rows = "".join(f"L{one},exam/a,{(one + n) % 100},100\n" for one in range(200))
        Path(file).write_text(f"learner,item,score,max_score\n{rows}", encoding="utf-8")
        with transaction.atomic():
            done = import_file(
                Path(workspace), Path(file), space=None, source_name="marks", dry_run=False, at=now(),
                options=TableOptions(facts=facts, corrects=number or None, remove_rows=True),
            )  # fmt: skip
            person = Person.objects.order_by("pk").first()
            note("read", by=account, at=now(), target="portrait", purpose="teaching", people=[person.pk])
        number, n = done.number, n + 1
        print(n, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
