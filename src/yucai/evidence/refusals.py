"""Why a file cannot be taken in: one plain sentence each."""

from __future__ import annotations

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = [
    "ColumnsMissingError",
    "EmptyFileError",
    "FileMissingError",
    "FileTooLargeError",
    "FileUnreadableError",
    "ProtectedFileError",
    "UndecodableFileError",
    "WrongKindError",
    "megabytes_up",
]


def megabytes_up(size: int) -> int:
    """Return a size in bytes as megabytes, rounded up: what is over a limit must not read as equal to it."""
    return -(-size // 1_000_000)


class FileMissingError(YucaiError):
    """No file of that name."""

    says = Text(
        "There is no file “{file}”. Check the name and the folder.", "找不到文件“{file}”。请核对文件名和所在文件夹。"
    )
    exit_code = 66


class FileUnreadableError(YucaiError):
    """The file may not be read, or broke off while it was."""

    says = Text(
        "“{file}” cannot be read ({reason}). Ask for permission to read it, or save it anew.",
        "“{file}”无法读取（{reason}）。请申请读取权限，或重新保存该文件。",
    )
    exit_code = 66


class EmptyFileError(YucaiError):
    """Nothing is in the file, or nothing but a header."""

    says = Text(
        "“{file}” holds no rows. Check that the right file, and the right sheet, was saved.",
        "“{file}”中没有数据行。请确认保存的是正确的文件和工作表。",
    )
    exit_code = 65


class FileTooLargeError(YucaiError):
    """The file, or what it unpacks to, is beyond the limit."""

    says = Text(
        "“{file}” is too large ({megabytes} MB; the limit is {limit} MB). Split it into smaller files.",
        "“{file}”过大（{megabytes} MB，上限为 {limit} MB）。请拆分成较小的文件。",
    )
    exit_code = 65


class WrongKindError(YucaiError):
    """The file is not what its name says, or of no kind that is read here."""

    says = Text(
        "“{file}” is called {suffix} but its content is {found}. Open it and save it as .xlsx or .csv.",
        "“{file}”的后缀是 {suffix}，内容却是{found}。请打开后另存为 .xlsx 或 .csv。",
    )
    exit_code = 65


class ProtectedFileError(YucaiError):
    """The workbook has a password, or is of the format before 2007."""

    says = Text(
        "“{file}” is protected by a password or is an Excel 97-2003 workbook. Save it without password as .xlsx.",
        "“{file}”设有密码，或是 Excel 97-2003 工作簿。请去掉密码并另存为 .xlsx。",
    )
    exit_code = 65


class UndecodableFileError(YucaiError):
    """The text is neither UTF-8 nor GB18030."""

    says = Text(
        "The text of “{file}” is neither UTF-8 nor GB18030. Save it as “CSV UTF-8” and import it again.",
        "“{file}”的文字编码既不是 UTF-8 也不是 GB18030。请另存为“CSV UTF-8”后再导入。",
    )
    exit_code = 65


class ColumnsMissingError(YucaiError):
    """Columns that every table of responses needs were not found."""

    says = Text(
        "“{file}” has no column for {missing}. It has: {found}. Rename them (学号, 题目, 得分, 满分).",
        "“{file}”缺少这些列：{missing}。现有列：{found}。请改名，例如：学号、题目、得分、满分。",
    )
    exit_code = 65
