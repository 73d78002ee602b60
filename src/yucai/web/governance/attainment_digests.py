"""That a result is what was handed in: its digest is worked out again whenever it is shown, printed or exported.

A result that was changed behind our back, by one byte, is withheld, and a sentence says so. What stands in its row
then is nobody's: it was neither filled in nor checked.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from yucai.errors import YucaiError
from yucai.governance import CourseAttainment, attainment_from_json
from yucai.texts import Text
from yucai.web.governance.attainment_models import AttainmentMap, AttainmentVersion

__all__ = [
    "CHANGED",
    "MAP_CHANGED",
    "AttainmentChangedError",
    "digest_of",
    "fits_map",
    "is_unchanged",
    "kept_result",
    "result_of",
]

CHANGED: Final = Text(
    "Version {version} is not what was handed in: its content no longer gives the digest that was written down. It is "
    "not shown, not printed and not reckoned with. Compare the backup and the audit trail; a correction makes a new "
    "version.",
    "第 {version} 版已不是提交时的内容：按现有内容重新计算的摘要与当时记录的不符。该结果不予显示、打印，也不参与计算。"
    "请对照备份和审计日志核查；提出更正后可形成新版本。",
)
MAP_CHANGED: Final = Text(
    "The map of this course is not the one that version {version} rests on: its content no longer gives the digest "
    "that was written down. The result is not shown and not printed. Compare the backup and the audit trail.",
    "本课程的课程目标表已不是第 {version} 版所依据的内容：按现有内容重新计算的摘要与当时记录的不符。"
    "该结果不予显示、打印。请对照备份和审计日志核查。",
)


class AttainmentChangedError(YucaiError):
    """The content of a result does not give the digest that was written down with it."""

    says = CHANGED
    exit_code = 65


def digest_of(content: str, analysis: str) -> str:
    """Return the SHA-256 of a result and its analysis, as it is written down when it is handed in."""
    return sha256(f"{content}\n{analysis}".encode()).hexdigest()


def kept_result(*, content: str, analysis: str, digest: str) -> CourseAttainment | None:
    """Return the result that a row holds; None where it is not the one whose digest was written down."""
    return attainment_from_json(content) if digest_of(content, analysis) == digest else None


def is_unchanged(version: AttainmentVersion) -> bool:
    """Return whether a version still gives its digest."""
    return digest_of(version.content, version.analysis) == version.digest


def result_of(version: AttainmentVersion) -> CourseAttainment | None:
    """Return the result of a version; None where it was changed after it was handed in."""
    return kept_result(content=version.content, analysis=version.analysis, digest=version.digest)


def fits_map(result: CourseAttainment, course: AttainmentMap) -> bool:
    """Return whether the map of a course is, letter for letter, the one a result rests on.

    A result names the digest of the map as it was read: 100 that was written as a whole number is 100.0 there.
    """
    same = sha256(course.content.encode()).hexdigest() == course.digest
    return same and result.map in (course.digest, course.map.digest)
