"""Working with a workspace: import, measure, portrait, check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.errors import Fault
from yucai.texts import Text
from yucai.web.commands.refusals import OutputExistsError, UnknownLearnerError
from yucai.web.commands.results import Checked, ImportDone, Measured, PortraitWritten
from yucai.web.commands.starting import now, space_named, start

if TYPE_CHECKING:
    from yucai.web.accounts.models import Account, Space
    from yucai.web.jobs.models import Job
    from yucai.web.measurement.models import CalibrationRun

__all__ = ["check_workspace", "finish_job", "import_file", "job_handlers", "measure", "write_portrait"]

Report = Callable[[float, Text], None]
BY: Final = "command line"
DAMAGED = Text(
    "the records database is damaged ({found}). Restore it from the last backup.",
    "记录库已损坏（{found}）。请从最近一次备份恢复。",
)
NOT_MIGRATED = Text(
    "the records database is {n} steps behind this version. Make a backup, then run yucai serve, which updates it.",
    "记录库比当前版本落后 {n} 步。请先备份，再运行 yucai serve（会自动升级）。",
)
LAKE_BEHIND = Text(
    "the lake of “{space}” holds {lake} of {records} records. The next import or calibration completes it.",
    "“{space}”的数据湖只有 {records} 条记录中的 {lake} 条。下次导入或标定时会补全。",
)
FILE_MISSING = Text(
    "the calibration file of “{space}” is missing. Run: yucai measure --space {space}",
    "“{space}”的标定文件缺失。请运行：yucai measure --space {space}",
)
UPLOAD_LOST = Text(
    "{n} files handed in as proof in “{space}” are missing or not as they came. Restore them from a backup.",
    "“{space}”中有 {n} 个证明文件缺失或与提交时不符。请从备份中恢复。",
)


def import_file(
    workspace: Path,
    file: Path,
    *,
    space: str | None,
    source_name: str | None,
    dry_run: bool,
    at: datetime,
) -> ImportDone:
    """Read a file of responses and record it whole, or (dry run) say what would happen.

    Raises what ``yucai.evidence.read_responses`` raises, UnknownSpaceError, and FaultyInputError for responses
    that are recorded already. Refused rows are in the report; the good rows go in.
    """
    from yucai.evidence import read_responses

    start(workspace)
    from yucai.web.evidence.actions import preview, source_named, take_in, write_lake

    into = space_named(space)
    reading = read_responses(file)
    source = source_named(into, source_name or "files")
    digest = reading.report.sha256
    if dry_run:
        taken = preview(reading.responses, source=source, digest=digest)
    else:
        taken = take_in(
            reading.responses,
            source=source,
            file_name=file.name,
            digest=digest,
            by=BY,
            at=at,
            refused=reading.report.refused_count,
        )
        write_lake(into, at=at)
    return ImportDone(
        report=reading.report,
        kept=taken.kept,
        new_people=taken.new_people,
        new_items=taken.new_items,
        already=taken.already,
        dry_run=dry_run,
    )


def measure(workspace: Path, *, space: str | None, report: Report, dry_run: bool) -> Measured:
    """Calibrate the evidence of a space and make its profiles the current ones."""
    start(workspace)
    from yucai.web.evidence.actions import space_responses, write_lake

    into = space_named(space)
    if dry_run:
        n = len(space_responses(into))
        return Measured(space=into.code, responses=n, units=0, converged=False, seconds=0.0, notices=(), dry_run=True)
    write_lake(into, at=now())
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
    from yucai.web.evidence.actions import write_lake
    from yucai.web.measurement.actions import measure_space

    def measure_in_background(job: Job, report: Report) -> Text:
        write_lake(job.space, at=now())  # what came in since the last import
        run = measure_space(job.space, report=report, clock=now)
        facts = {"n": run.responses, "units": run.units, "seconds": run.seconds}
        said = Text(
            "Calibrated {n} responses, {units} profiles, {seconds:.1f} s",
            "已标定 {n} 条作答，得到 {units} 份画像，用时 {seconds:.1f} 秒",
        )
        return Text(said.en.format(**facts), said.zh.format(**facts))

    return {"measure": measure_in_background}


def finish_job(space: Space, *, owner: Account | None, report: Report | None = None) -> CalibrationRun:
    """Calibrate a space as a job, in this process, and return the run. Raises what went wrong."""
    from yucai.web.jobs.actions import ask_for, run_next
    from yucai.web.measurement.models import CalibrationRun

    ask_for("measure", space=space, owner=owner, at=now())
    handlers = job_handlers()
    if report is not None:
        heard, inner = report, handlers["measure"]

        def told(job: Job, tell: Report) -> Text:
            def both(done: float, text: Text) -> None:
                tell(done, text)
                heard(done, text)

            return inner(job, both)

        handlers["measure"] = told
    outcome = run_next(handlers, clock=now)
    if outcome is not None and outcome.problem is not None:
        raise outcome.problem
    return CalibrationRun.objects.get(space=space, current=True)


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

    Raises UnknownLearnerError; OutputExistsError when the file is there already.
    """
    workspace_name = start(workspace).name
    from yucai.web.accounts.models import Person

    people = Person.objects.filter(code=learner).select_related("space")
    if space is not None:
        people = people.filter(space=space_named(space))
    person = people.first()
    if person is None:
        raise UnknownLearnerError(learner=learner)
    file = (to or Path(f"portrait-{person.code}.pdf")).absolute()
    if file.exists():
        raise OutputExistsError(file=file)
    if not dry_run:
        from yucai.web.measurement.portraits import portrait_paper

        paper = portrait_paper(person, occasion=occasion, language=language, by=workspace_name, at=at)
        unfinished = file.with_name(f".{file.name}.part")
        unfinished.write_bytes(paper)
        unfinished.rename(file)
    return PortraitWritten(file=file, learner=person.code, occasion=occasion or "", dry_run=dry_run)


def check_workspace(workspace: Path) -> Checked:
    """Look whether records, lake and calibrations are whole and agree with each other."""
    start(workspace)
    from yucai.web.accounts.models import Space

    faults = [*_database_faults()]
    passed = [] if faults else [Text("The records database is whole.", "记录库完好。")]
    for space in Space.objects.order_by("code"):
        found = [*_lake_faults(space), *_calibration_faults(space), *_upload_faults(space)]
        faults += found
        if not found:
            said = Text(
                "“{space}”: lake and calibration agree with the records.", "“{space}”：数据湖、标定与记录一致。"
            )
            passed.append(Text(said.en.format(space=space.name_en), said.zh.format(space=space.name_zh)))
    return Checked(faults=tuple(faults), passed=tuple(passed))


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
    from django.db.models import Sum

    from yucai.web.evidence.actions import check_lake
    from yucai.web.evidence.models import EvidenceRecord, LakeFile

    faults = list(check_lake(space))
    records = EvidenceRecord.objects.filter(person__space=space).count()
    in_lake = LakeFile.objects.filter(space=space).aggregate(n=Sum("rows"))["n"] or 0
    if records != in_lake:
        facts = {"space": space.name, "lake": in_lake, "records": records}
        faults.append(Fault(code="lake-behind", says=LAKE_BEHIND, facts=facts))
    return faults


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
