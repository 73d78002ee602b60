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
    "NoTableError",
    "UndecodableFileError",
    "WrongKindError",
    "megabytes",
    "megabytes_up",
]


def megabytes(limit: int) -> str:
    """Return a limit in bytes as megabytes, with decimals where it is small.

    >>> megabytes(256_000_000), megabytes(1_200_000)
    ('256', '1.2')
    """
    return f"{limit / 1e6:.2f}".rstrip("0").rstrip(".")


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


class NoTableError(YucaiError):
    """A document or a picture, where a table is wanted."""

    says = Text(
        "“{file}” is {found}, not a table. Ask whoever sent it for the Excel or CSV file it was made from; systems of "
        "offices export one.",
        "“{file}”是{found}，不是表格。请向发送人索取原始的 Excel 或 CSV 文件；教务等系统一般都可导出。",
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
    """The file lacks columns that every table of its kind needs."""

    says = Text(
        "“{file}” lacks columns that a table of the kind “{profile}” needs: {missing}. It has: {found}. "
        "Add them, or say which title means which column.",
        "“{file}”缺少“{profile}”所需的列：{missing}。现有列：{found}。请补上，或指明哪一列是它。",
    )
    exit_code = 65
