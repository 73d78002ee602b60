"""Why a command cannot be carried out."""

from __future__ import annotations

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = [
    "DatabaseTakenError",
    "NoTimeError",
    "OutputExistsError",
    "RecordsMissingError",
    "SeveralLearnersError",
    "SeveralSpacesError",
    "StartedElsewhereError",
    "UnderWayError",
    "UnknownAccountError",
    "UnknownLearnerError",
    "UnknownOccasionError",
    "UnknownSpaceError",
]


class UnknownSpaceError(YucaiError):
    """No space of that name, or several to choose from."""

    says = Text(
        "There is no space “{space}” here. Name one of these with --space: {known}.",
        "这里没有名为“{space}”的空间。请用 --space 指定其一：{known}。",
    )
    exit_code = 64


class UnknownAccountError(YucaiError):
    """No account of that name."""

    says = Text(
        "There is no account “{account}” here. Give the name it signs in with; capital letters count.",
        "这里没有账号“{account}”。请填写其登录名，注意大小写。",
    )
    exit_code = 64


class SeveralSpacesError(YucaiError):
    """No space was named, and there is not exactly one."""

    says = Text(
        "Say for which institution this is, with --space. There are: {known}.",
        "请用 --space 指明是哪个机构，现有：{known}。",
    )
    exit_code = 64


class UnknownLearnerError(YucaiError):
    """No learner of that number."""

    says = Text(
        "No learner with the number “{learner}” is recorded. Check the number; it is written as in the class list.",
        "没有学号为“{learner}”的学习者。请核对学号，写法须与学生名单一致。",
    )
    exit_code = 65


class UnknownOccasionError(YucaiError):
    """A learner has no evidence in that term or year."""

    says = Text(
        "{learner} has no evidence in “{occasion}”. Name one of these with --occasion: {known}.",
        "{learner} 在“{occasion}”没有证据。请用 --occasion 指定其一：{known}。",
    )
    exit_code = 65


class SeveralLearnersError(YucaiError):
    """One number names learners in several spaces."""

    says = Text(
        "The number “{learner}” is used in several spaces: {spaces}. Name one of them with --space.",
        "学号“{learner}”在多个空间中使用：{spaces}。请用 --space 指定其一。",
    )
    exit_code = 64


class OutputExistsError(YucaiError):
    """The file to be written is there already."""

    says = Text(
        "“{file}” already exists and was left as it is. Choose another name, or move it away.",
        "“{file}”已经存在，未作任何改动。请另取文件名，或先把它移走。",
    )
    exit_code = 73


class DatabaseTakenError(YucaiError):
    """The database that was named holds an office already."""

    says = Text(
        "The database of this workspace already holds “{space}” and was left as it is. Name an empty database.",
        "所指定的数据库中已有“{space}”，未作任何改动。请另指定一个空数据库。",
    )
    exit_code = 73


class RecordsMissingError(YucaiError):
    """The workspace is there, its records are not."""

    says = Text(
        "The records of this workspace are missing: “{file}” is not there. Restore it from the last backup.",
        "本工作区的记录库缺失：找不到“{file}”。请从最近一次备份恢复。",
    )
    exit_code = 66


class UnderWayError(YucaiError):
    """Another process calibrates this space, or fell while it did."""

    says = Text(
        "“{space}” is being calibrated by another process ({share} %). Wait until it has ended. "
        "If that process was broken off, start again after {until}.",
        "“{space}”正由另一个进程标定（{share}%）。请等它结束；如果那个进程已被中断，请在 {until} 之后重新开始。",
    )
    exit_code = 75


class StartedElsewhereError(YucaiError):
    """One process serves one workspace."""

    says = Text(
        "This process already works on “{first}”. Start a new one for “{second}”.",
        "此进程已在处理“{first}”。请为“{second}”另起一个进程。",
    )
    exit_code = 70


class NoTimeError(YucaiError):
    """A time cannot be read."""

    says = Text(
        "“{given}” is no time. Write 2026-09-01 or 2026-09-01T08:00:00+08:00.",
        "“{given}”不是时间。请写成 2026-09-01 或 2026-09-01T08:00:00+08:00。",
    )
    exit_code = 64
