"""Making a workspace: an empty one for an office, or one filled with the demonstration."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.texts import Text
from yucai.web.commands.refusals import DatabaseTakenError
from yucai.web.commands.results import DemoBuilt, WorkspaceMade
from yucai.web.commands.starting import now, start_new
from yucai.web.serving import Step
from yucai.web.workspace import (
    FolderNotWritableError,
    WorkspaceExistsError,
    create_workspace,
    open_workspace,
    require_free,
)

__all__ = ["build_demo", "make_workspace"]

Report = Callable[[float, Text], None]
OFFICE: Final = "office"
SCHOOL_MAP: Final = "evidence-demo-college"  # the template for a school's own evidence map


def make_workspace(path: Path, *, language: str, name: str, dry_run: bool) -> WorkspaceMade:
    """Make an empty workspace with one space and one account that can sign in.

    Raises WorkspaceExistsError, FolderNotWritableError; then nothing is left behind.
    """
    require_free(path)
    if dry_run:
        return WorkspaceMade(workspace=path, username=OFFICE, password="", dry_run=True)
    password = secrets.token_urlsafe(9)
    with _Building(path) as folder:
        create_workspace(folder, name=name, language=language)
        start_new(folder)
        _migrate()
        _found_office(name, password)
    return WorkspaceMade(workspace=path.resolve(), username=OFFICE, password=password, dry_run=False)


def build_demo(path: Path, *, report: Report, dry_run: bool, at: datetime) -> DemoBuilt:
    """Make the demonstration workspace, or find it ready; built aside and moved into place whole.

    Raises WorkspaceExistsError when something else stands there, FolderNotWritableError.
    """
    if path.exists() and (path / "yucai.toml").is_file():
        if not open_workspace(path).demo:
            raise WorkspaceExistsError(folder=path)
        return DemoBuilt(workspace=path.resolve(), reused=True, dry_run=dry_run, steps=())
    require_free(path)
    if dry_run:
        return DemoBuilt(workspace=path, reused=False, dry_run=True, steps=())
    with _Building(path) as folder:
        create_workspace(folder, name="Yucai 育才", language="zh", demo=True)
        start_new(folder)
        steps = _fill_demo(report, at=at)
    return DemoBuilt(workspace=path.resolve(), reused=False, dry_run=False, steps=steps)


class _Building:
    """A folder beside the wanted one, renamed into place when all went well and removed when it did not."""

    def __init__(self, wanted: Path) -> None:
        self.wanted = wanted.absolute()
        self.folder = self.wanted.with_name(f".{self.wanted.name}.building")

    def __enter__(self) -> Path:
        shutil.rmtree(self.folder, ignore_errors=True)  # what an earlier, broken build left
        return self.folder

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, *_: object) -> None:
        from django.apps import apps

        if apps.ready:
            from django.db import connections

            connections.close_all()
        if kind is None:
            if self.wanted.exists():
                self.wanted.rmdir()  # empty, as require_free has seen
            self.folder.rename(self.wanted)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        if isinstance(problem, FolderNotWritableError):  # said of the folder that was asked for
            raise FolderNotWritableError(folder=self.wanted, reason=problem.facts["reason"]) from problem


def _migrate() -> None:
    from django.core.management import call_command

    from yucai.web.accounts.models import Space

    call_command("migrate", verbosity=0, interactive=False)
    there = Space.objects.order_by("pk").first()  # only in a database that was named: the folder's own is new
    if there is not None:
        raise DatabaseTakenError(space=there.name)


def _found_office(name: str, password: str) -> None:
    from django.db import transaction

    from yucai.web.accounts.consents import ship_texts
    from yucai.web.accounts.models import Account, Space
    from yucai.web.registers.switches import begin_provisionally

    with transaction.atomic():
        space = Space.objects.create(
            code=OFFICE, name_en=name, name_zh=name, simulated=False, evidence_map=SCHOOL_MAP, period="school-year"
        )
        account = Account.objects.create_user(
            OFFICE, password=password, role=Account.Role.DIRECTOR, name_en=name, name_zh=name
        )
        account.spaces.add(space)
        begin_provisionally(space=space, at=now())
        ship_texts(space=space, at=now())


def _fill_demo(report: Report, *, at: datetime) -> tuple[Step, ...]:
    """Fill both spaces and calibrate them; ``report`` hears of the whole from 0 to 1."""
    from yucai.demo import open_university, simulate_college, simulate_kindergarten
    from yucai.web.commands.working import finish_job
    from yucai.web.demonstration import (
        fill_announcement,
        fill_college,
        fill_kindergarten,
        fill_questions,
        fill_registers,
        fill_university,
        fill_works,
        make_demo_accounts,
    )
    from yucai.web.evidence.actions import write_lake
    from yucai.web.governance.added_demonstration import fill_value_added
    from yucai.web.governance.attainment_demonstration import fill_attainment
    from yucai.web.governance.graduate_demonstration import fill_graduates
    from yucai.web.governance.indicator_demonstration import fill_indicators
    from yucai.web.governance.network_demonstration import fill_joint_works
    from yucai.web.governance.policy_demonstration import fill_policies
    from yucai.web.governance.teaching_demonstration import fill_teaching
    from yucai.web.matching.priority_demonstration import fill_priority
    from yucai.web.selection.rule_demonstration import fill_selection

    steps: list[Step] = []

    def step(share: float, name: Text, do: Callable[[], object]) -> None:
        report(share, name)
        began = time.perf_counter()
        do()
        steps.append(Step(name=name, seconds=time.perf_counter() - began))

    spaces = []
    step(0.00, Text("Prepare the records", "准备记录库"), _migrate)
    real = Text("Record the Open University 2013-14 (real)", "录入英国开放大学 2013-14（真实数据）")
    step(0.05, real, lambda: spaces.append(fill_university(open_university(), at=at)))
    mock = Text("Simulate and record the demonstration college", "模拟并录入示范荣誉学院")
    college = simulate_college()
    step(0.35, mock, lambda: spaces.append(fill_college(college, at=at)))
    step(0.48, Text("Open the demo accounts", "开设演示账号"), make_demo_accounts)
    works = Text("Put in and verify own works (simulated)", "提交并核实自主成果（模拟）")
    step(0.49, works, lambda: fill_works(college, spaces[-1], at=at))
    tried = Text("Record a question bank and its trial (simulated)", "录入题库及其试测（模拟）")
    step(0.52, tried, lambda: fill_questions(college, spaces[-1], at=at))
    told = Text("Record assessments and notices (demonstration)", "登记影响评估与告知书（演示）")
    step(0.53, told, lambda: [fill_registers(space, at=at) for space in spaces])
    shown = Text("Announce an award (simulated)", "公示一项奖励（模拟）")
    step(0.54, shown, lambda: fill_announcement(spaces[-1], at=at))
    governed = Text("Fill indicators in over three years (simulated)", "填报三年指标（模拟）")
    step(0.542, governed, lambda: fill_indicators(spaces[-1], at=at))
    joined = Text("Take a list of projects in that were made together (simulated)", "导入合作项目名单（模拟）")
    step(0.543, joined, lambda: fill_joint_works(spaces[-1], at=at))
    left = Text("Take a list of graduates in (simulated)", "导入毕业去向名单（模拟）")
    step(0.544, left, lambda: fill_graduates(spaces[-1], at=at))
    watched = Text("Simulate and record a kindergarten", "模拟并录入幼儿园观察")
    step(0.545, watched, lambda: fill_kindergarten(simulate_kindergarten(), at=at))
    step(0.55, Text("Write the lake", "写入数据湖"), lambda: [write_lake(space, at=now()) for space in spaces])
    for share, space in zip((0.60, 0.85), spaces, strict=True):
        name = Text(f"Calibrate and score: {space.name_en}", f"标定并计算画像：{space.name_zh}")
        step(share, name, lambda space=space: finish_job(space, owner=None))  # type: ignore[misc]
    rated = Text("Take a course evaluation in (simulated)", "导入课程评价（模拟）")
    step(0.975, rated, lambda: fill_teaching(spaces[-1], at=at))
    added = Text("Work value added of classes out (simulated)", "计算各班增值（模拟）")
    step(0.978, added, lambda: fill_value_added(spaces[-1], at=at))
    listed = Text("Work out who needs a talk", "生成优先关注名单")
    step(0.98, listed, lambda: fill_priority(spaces, at=at))
    ruled = Text("Run a rule for exit on last year (simulated)", "按上一学年模拟退出规则（模拟）")
    step(0.985, ruled, lambda: fill_selection(spaces[1], at=at))
    judged = Text("Look whether policies worked", "评估政策效果")
    step(0.99, judged, lambda: fill_policies(next(one for one in spaces if one.simulated), at=at))
    attained = Text("Record course objectives and their attainment (simulated)", "录入课程目标及达成情况（模拟）")
    step(0.99, attained, lambda: fill_attainment(spaces[1], at=at))
    report(1.0, Text("Ready", "就绪"))
    return tuple(steps)
