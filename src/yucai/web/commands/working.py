"""Working with a workspace: measure, portrait, check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.errors import Fault
from yucai.texts import Text
from yucai.web.commands.refusals import (
    OutputExistsError,
    UnderWayError,
    UnknownOccasionError,
)
from yucai.web.commands.results import Checked, Measured, PortraitWritten
from yucai.web.commands.starting import now, person_named, space_named, start

if TYPE_CHECKING:
    from yucai.web.accounts.models import Account, Space
    from yucai.web.jobs.models import Job
    from yucai.web.measurement.models import CalibrationRun
    from yucai.web.operation.findings import Examined

__all__ = ["check_workspace", "examine_office", "finish_job", "job_handlers", "measure", "write_portrait"]

Report = Callable[[float, Text], None]
BY: Final = "command line"
DAMAGED = Text(
    "the records database is damaged ({found}). Restore it from the last backup.",
    "记录库已损坏（{found}）。请从最近一次备份恢复。",
)
NOT_MIGRATED = Text(
    "the records database is {n} step{n:|s} behind this version. Make a backup, then run yucai serve, which updates "
    "it.",
    "记录库比当前版本落后 {n} 步。请先备份，再运行 yucai serve（会自动升级）。",
)
LAKE_BEHIND = Text(
    "the lake of “{space}” holds {lake} of {records} record{records:|s}. The next import or calibration completes it.",
    "“{space}”的数据湖只有 {records} 条记录中的 {lake} 条。下次导入或标定时会补全。",
)
TABLE_DAMAGED = Text(
    "the table {file} of an import is missing or not as it was written. Restore it from a backup.",
    "导入的表格 {file} 缺失或与写入时不一致。请从备份恢复。",
)
LAKE_DIFFERS = Text(
    "the lake of “{space}” lists {lake} record{lake:|s} up to number {last}, but {records} {records:is|are} recorded. "
    "Restore the workspace from the last backup.",
    "“{space}”的数据湖清单中截至编号 {last} 有 {lake} 条记录，而记录库中有 {records} 条。请从最近一次备份恢复工作区。",
)
FILE_MISSING = Text(
    "the calibration file of “{space}” is missing. Run: yucai measure --space {space}",
    "“{space}”的标定文件缺失。请运行：yucai measure --space {space}",
)
UPLOAD_LOST = Text(
    "{n} file{n:|s} handed in as proof in “{space}” {n:is|are} missing or not as {n:it|they} came. Restore them from "
    "a backup.",
    "“{space}”中有 {n} 个证明文件缺失或与提交时不符。请从备份中恢复。",
)


def measure(workspace: Path, *, space: str | None, report: Report, dry_run: bool) -> Measured:
    """Calibrate the evidence of a space and make its profiles the current ones."""
    start(workspace)
    from yucai.web.evidence.actions import require_evidence

    into = space_named(space)
    n = require_evidence(into)
    if dry_run:
        return Measured(space=into.code, responses=n, units=0, converged=False, seconds=0.0, notices=(), dry_run=True)
    run = finish_job(into, owner=None, report=report)
    return Measured(
        space=into.code,
        responses=run.responses,
        units=run.units,
        converged=run.converged,
        seconds=run.seconds,
        notices=tuple(Text(notice["en"], notice["zh"]) for notice in run.notices),
        dry_run=False,
    )


def job_handlers() -> dict[str, Callable[[Job, Report], Text]]:
    """Return what can be done in the background, by kind of job."""
    from django.conf import settings

    from yucai.web.evidence.actions import write_lake
    from yucai.web.jobs.actions import keep_checkpoint
    from yucai.web.measurement.actions import measure_space
    from yucai.web.measurement.halfway import Halfway

    def measure_in_background(job: Job, report: Report) -> Text:
        write_lake(job.space, at=now())  # what came in since the last import
        halfway = Halfway(
            file=settings.WORKSPACE.calibrations / f".job-{job.pk}.json",
            reached=lambda file: keep_checkpoint(job, {"calibration": file.name}),
        )
        try:
            run = measure_space(job.space, report=report, clock=now, halfway=halfway)
        finally:
            halfway.drop()  # a worker that is killed leaves it to the next
        facts = {"n": run.responses, "units": run.units, "seconds": run.seconds}
        said = Text(
            "Calibrated {n} response{n:|s}, {units} profiles, {seconds:.1f} s",
            "已标定 {n} 条作答，得到 {units} 份画像，用时 {seconds:.1f} 秒",
        )
        return said.filled(**facts)

    def import_in_background(job: Job, report: Report) -> Text:
        from yucai.web.evidence.desk_files import take_upload
        from yucai.web.evidence.models import Upload

        upload = Upload.objects.select_related("space").get(pk=job.kind.partition(":")[2])
        entry = take_upload(upload=upload, by=job.owner.username if job.owner else BY, at=now(), report=report)
        said = Text("Took in “{file}”: {n} row{n:|s}.", "“{file}”已入库：{n} 行。")
        return said.filled(file=entry.file_name, n=entry.kept)

    return {
        "measure": measure_in_background,
        "import": import_in_background,
        "resend": _resend_in_background,
        "erase": _erase_in_background,
        "priority": _priority_in_background,
        "priority-check": _check_in_background,
        "portraits": _portraits_in_background,
        "selection": _selection_in_background,
        **_feed_handlers(),
        **_policy_handlers(),
    }


def _check_in_background(job: Job, report: Report) -> Text:
    from yucai.web.matching.priority_checking import run_check_job

    return run_check_job(job, report, at=now())


def _priority_in_background(job: Job, report: Report) -> Text:
    from yucai.web.matching.priority_running import run_list_job

    return run_list_job(job, report, at=now())


def _selection_in_background(job: Job, report: Report) -> Text:
    from yucai.web.selection.rule_running import run_selection_job

    return run_selection_job(job, report, at=now())


def _erase_in_background(job: Job, report: Report) -> Text:
    from yucai.web.erasure.carrying import CarryingOut, carry_out
    from yucai.web.erasure.models import PersonErasure
    from yucai.web.erasure.retention import carry_out_retention
    from yucai.web.jobs.actions import keep_checkpoint

    known = PersonErasure.objects.select_related("space", "source", "asked_by", "decided_by")
    erasure = known.get(pk=job.kind.partition(":")[2])
    if erasure.state == PersonErasure.State.RUNNING:  # else a worker fell just after it was done
        how = CarryingOut(clock=now, report=report, keep=lambda reached: keep_checkpoint(job, reached))
        (carry_out if erasure.source is None else carry_out_retention)(erasure, how)
    return Text("Erased; certificate {code} is sealed.", "已删除；证明 {code} 已封存。").filled(code=erasure.code)


def _portraits_in_background(job: Job, report: Report) -> Text:
    from yucai.web.measurement.class_portrait_models import ClassPortraits
    from yucai.web.measurement.class_portraits import make_portraits

    known = ClassPortraits.objects.select_related("group__space", "asked_by")
    number = job.kind.partition(":")[2].partition("-")[0]
    return make_portraits(known.get(pk=number), report=report, clock=now)


def _resend_in_background(job: Job, report: Report) -> Text:
    from yucai.web.records.delivering import resend
    from yucai.web.records.forwarding_models import Forwarding

    forwarding = Forwarding.objects.select_related("store").get(pk=job.kind.partition(":")[2])
    sent = resend(forwarding, forwarding.undeliverable.order_by("seq"), clock=now)
    said = Text("{n} taken, {aside} not taken.", "{n} 条被接收，{aside} 条未被接收。")
    return said.filled(n=sent.taken, aside=sent.aside)


def _feed_handlers() -> dict[str, Callable[[Job, Report], Text]]:
    from yucai.web.feeds.due import run_feed, run_look, run_taking

    return {
        "feed": lambda job, report: run_feed(job, report, at=now()),
        "feed-take": lambda job, report: run_taking(job, report, at=now()),
        "feed-look": lambda job, report: run_look(job, report, at=now()),
    }


def _policy_handlers() -> dict[str, Callable[[Job, Report], Text]]:
    from yucai.web.governance.policy_opening import run_gate_job
    from yucai.web.governance.policy_running import run_policy_job, run_rerun_job
    from yucai.web.governance.policy_taking import run_taking_job
    from yucai.web.governance.policy_vintages import run_vintage_job

    return {
        "policy-open": lambda job, report: run_gate_job(job, report, clock=now),
        "policy-later": lambda job, report: run_vintage_job(job, report, clock=now),
        "policy-bundle": lambda job, report: run_taking_job(job, report, clock=now),
        "policy": lambda job, report: run_policy_job(job, report, clock=now),
        "policy-rerun": lambda job, report: run_rerun_job(job, report, clock=now),
    }


def finish_job(space: Space, *, owner: Account | None, report: Report | None = None) -> CalibrationRun:
    """Calibrate a space as a job, in this process, and return the run.

    Raises what went wrong, UnderWayError when another process holds the job, JobCancelledError.
    """
    from yucai.web.jobs.actions import JobCancelledError, ask_for, run_next
    from yucai.web.measurement.models import CalibrationRun

    handlers = job_handlers()
    if report is not None:
        heard, inner = report, handlers["measure"]

        def told(job: Job, tell: Report) -> Text:
            def both(done: float, text: Text) -> None:
                tell(done, text)
                heard(done, text)

            return inner(job, both)

        handlers["measure"] = told
    job = ask_for("measure", space=space, owner=owner, at=now())
    outcome = run_next(handlers, clock=now, only=job)
    job.refresh_from_db()
    if outcome is None and not job.is_open:  # it had fallen too often and was given up just now: a new one
        job = ask_for("measure", space=space, owner=owner, at=now())
        outcome = run_next(handlers, clock=now, only=job)
        job.refresh_from_db()
    if outcome is None:
        raise UnderWayError(space=space.code, share=round(100 * job.progress), until=_clock_time(job.lease_until))
    if outcome.problem is not None:
        raise outcome.problem
    if job.state != job.State.DONE:
        raise JobCancelledError
    return CalibrationRun.objects.get(space=space, current=True)


def _clock_time(moment: datetime | None) -> str:
    from django.utils.timezone import localtime

    return f"{localtime(moment or now()):%H:%M:%S}"


def write_portrait(
    workspace: Path,
    learner: str,
    *,
    space: str | None,
    occasion: str | None,
    language: str,
    to: Path | None,
    dry_run: bool,
    at: datetime,
) -> PortraitWritten:
    """Write the portrait of a learner as a PDF of one A4 page.

    Raises UnknownLearnerError, SeveralLearnersError, UnknownOccasionError; OutputExistsError when the file is there
    already.
    """
    workspace_name = start(workspace).name
    from yucai.web.accounts.audit import note
    from yucai.web.measurement.portrait_paper import portrait_paper
    from yucai.web.measurement.portraits import portrait_of

    person = person_named(learner, space=space)
    known = portrait_of(person, at=now()).occasions
    if occasion is not None and occasion not in known:
        raise UnknownOccasionError(learner=learner, occasion=occasion, known=", ".join(known) or "-")
    file = (to or Path(f"portrait-{person.code}.pdf")).absolute()
    if file.exists():
        raise OutputExistsError(file=file)
    if not dry_run:
        note("portrait.written", by=None, at=at, space=person.space, people=[person.pk])
        paper = portrait_paper(person, occasion=occasion, language=language, by=workspace_name, at=at)
        unfinished = file.with_name(f".{file.name}.part")
        unfinished.write_bytes(paper)
        unfinished.rename(file)
    return PortraitWritten(file=file, learner=person.code, occasion=occasion or "", dry_run=dry_run)


def check_workspace(workspace: Path) -> Checked:
    """Look whether records, lake and calibrations are whole and agree with each other."""
    start(workspace)
    from yucai.web.accounts.models import Space

    faults, notes = [*_database_faults()], []
    passed = [] if faults else [Text("The records database is whole.", "记录库完好。")]
    for space in Space.objects.order_by("code"):
        found = [*_lake_faults(space), *_table_faults(space), *_calibration_faults(space), *_upload_faults(space)]
        faults += found
        notes += _lake_notes(space)
        if not found:
            said = Text(
                "“{space}”: lake and calibration agree with the records.", "“{space}”：数据湖、标定与记录一致。"
            )
            passed.append(said.filled(space=space.name))
    return Checked(faults=tuple(faults), passed=tuple(passed), notes=tuple(notes))


def examine_office(workspace: Path, *, at: datetime) -> Examined:
    """Look at everything that an administrator would ask of an office; nothing is changed."""
    office = start(workspace)
    from yucai.web.operation.examining import examine

    return examine(office, at=at)


def _database_faults() -> list[Fault]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            found = [row[0] for row in cursor.execute("PRAGMA integrity_check").fetchall() if row[0] != "ok"]
            found += [str(row) for row in cursor.execute("PRAGMA foreign_key_check").fetchall()]
        if found:
            return [Fault(code="database-damaged", says=DAMAGED, facts={"found": found[0]})]
    executor = MigrationExecutor(connection)
    behind = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return [Fault(code="not-migrated", says=NOT_MIGRATED, facts={"n": behind})] if behind else []


def _lake_faults(space: Space) -> list[Fault]:
    from yucai.web.evidence.actions import check_lake, last_in_lake
    from yucai.web.evidence.models import EvidenceRecord

    faults = list(check_lake(space))
    last, in_lake = last_in_lake(space), _rows_in_lake(space)
    records = EvidenceRecord.objects.current().filter(person__space=space, pk__lte=last).count()
    if records != in_lake:
        facts = {"space": space.name, "lake": in_lake, "records": records, "last": last}
        faults.append(Fault(code="lake-differs", says=LAKE_DIFFERS, facts=facts))
    return faults


def _lake_notes(space: Space) -> list[Fault]:
    """The lake follows the records: that it has not caught up yet is no damage, but worth a word."""
    from yucai.web.evidence.actions import last_in_lake
    from yucai.web.evidence.models import EvidenceRecord

    records = EvidenceRecord.objects.current().filter(person__space=space)
    if not records.filter(pk__gt=last_in_lake(space)).exists():
        return []
    facts = {"space": space.name, "lake": _rows_in_lake(space), "records": records.count()}
    return [Fault(code="lake-behind", says=LAKE_BEHIND, facts=facts)]


def _table_faults(space: Space) -> list[Fault]:
    """Return what is wrong with the tables that imports brought: missing, or not as they were written."""
    import hashlib

    from django.conf import settings

    from yucai.web.evidence.models import TableFile

    faults = []
    for table in TableFile.objects.filter(came_with__source__space=space).select_related("came_with"):
        file = settings.WORKSPACE.folder / table.path
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != table.sha256:
            faults.append(Fault(code="table-damaged", says=TABLE_DAMAGED, facts={"file": table.path}))
        refused = table.refused_path if table.came_with.undone_at is None else ""  # undoing removes the refused rows
        if refused and not (settings.WORKSPACE.folder / refused).is_file():
            faults.append(Fault(code="table-damaged", says=TABLE_DAMAGED, facts={"file": refused}))
    return faults


def _rows_in_lake(space: Space) -> int:
    from django.db.models import Sum

    from yucai.web.lake.models import LakeFile

    return LakeFile.objects.of_responses(space).aggregate(n=Sum("rows"))["n"] or 0


def _upload_faults(space: Space) -> list[Fault]:
    from yucai.web.evidence.uploads import damaged_uploads

    lost = damaged_uploads(space)
    return [Fault(code="upload-lost", says=UPLOAD_LOST, facts={"space": space.name, "n": len(lost)})] if lost else []


def _calibration_faults(space: Space) -> list[Fault]:
    from django.conf import settings

    from yucai.web.measurement.models import CalibrationRun

    run = CalibrationRun.objects.filter(space=space, current=True).first()
    if run is None or (settings.WORKSPACE.calibrations / run.file).is_file():
        return []
    return [Fault(code="calibration-missing", says=FILE_MISSING, facts={"space": space.code})]
