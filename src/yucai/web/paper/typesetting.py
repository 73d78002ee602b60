"""The typesetter: a template and its contents in, a tagged PDF out, with our own Chinese faces inside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import YucaiError
from yucai.texts import Text

if TYPE_CHECKING:
    import typst

__all__ = [
    "UNIVERSAL",
    "LetterMissingError",
    "PaperError",
    "PaperPartMissingError",
    "moment_of",
    "printable",
    "typeset_apart",
    "typeset_page",
]

FONTS: Final = Path(__file__).parent.parent / "fonts"
FACES: Final = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
UNIVERSAL: Final = ("ua-1",)  # PDF that screen readers can follow
APART: Final = Path(__file__).parent / "apart.py"
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HOLE: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_CODE: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
_lock = threading.Lock()


class PaperPartMissingError(YucaiError):
    """A font that our pages embed is not where it belongs."""

    says = Text(
        "The PDF cannot be made: these fonts are missing: {files}. In a source checkout, run `python tools/assets.py` "
        "once; an installed release brings them along, so install it again.",
        "无法生成 PDF：缺少字体 {files}。源码目录中请运行一次 `python tools/assets.py`；"
        "正式安装包自带字体，请重新安装。",
    )
    exit_code = 69


class PaperError(YucaiError):
    """The typesetter refused the page."""

    says = Text(
        "The PDF of {learner} could not be made: {reason}. Nothing was lost; the page on screen says the same.",
        "{learner} 的 PDF 无法生成：{reason}。数据没有丢失，屏幕上的页面内容相同。",
    )
    exit_code = 70


class LetterMissingError(YucaiError):
    """A letter stands in none of our faces and in none of the machine's."""

    says = Text(
        "The PDF of {learner} could not be made: no font on this machine has the letter “{letter}” ({code}). "
        "Install a font that has it, such as Noto Sans CJK or Noto Sans, and try again.",
        "{learner} 的 PDF 无法生成：本机没有任何字体含有字符“{letter}”（{code}）。"
        "请安装含有该字的字体，如 Noto Sans CJK（思源黑体）或 Noto Sans，再试一次。",
    )
    exit_code = 69


def typeset_page(template: Path, contents: dict[str, Any], *, about: str, at: datetime) -> bytes:
    """Return the PDF that a template makes of its contents, with our own faces unless a name needs others.

    Raises PaperPartMissingError, PaperError about whom the page is, LetterMissingError with the letters as a fact.
    """
    refusal = ""
    for fonts in (_own_fonts, _all_fonts):
        made, refusal = _typeset(template, json.dumps(contents, ensure_ascii=False), fonts(), at)
        if made is not None:
            return made
        if not _HOLE.search(refusal):
            raise PaperError(learner=about, reason=refusal)
    letter = _hole(refusal)
    raise LetterMissingError(learner=about, letter=letter, code=" ".join(f"U+{ord(c):04X}" for c in letter))


def typeset_apart(
    template: Path, contents: dict[str, Any], *, about: str, at: datetime, to: Path, standards: Sequence[str] = ()
) -> None:
    """Write the PDF that a template makes of its contents into a file, by a process of its own; as ``typeset_page``."""
    _own_fonts()  # that they are there
    refusal = ""
    for all_faces in (False, True):
        wish = {
            "template": str(template), "root": str(template.parent), "fonts": str(FONTS), "all_faces": all_faces,
            "contents": json.dumps(contents, ensure_ascii=False), "standards": list(standards),
            "timestamp": int(at.timestamp()), "to": str(to),
        }  # fmt: skip
        ran = subprocess.run(
            [sys.executable, str(APART)], input=json.dumps(wish), capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise PaperError(learner=about, reason=(ran.stderr.strip().splitlines() or [f"code {ran.returncode}"])[-1])
        refusal = json.loads(ran.stdout)
        if not refusal:
            return
        if not _HOLE.search(refusal):
            raise PaperError(learner=about, reason=refusal)
    letter = _hole(refusal)
    raise LetterMissingError(learner=about, letter=letter, code=" ".join(f"U+{ord(c):04X}" for c in letter))


def moment_of(at: datetime) -> dict[str, int]:
    """Return a time as the templates read it."""
    made = at.astimezone(UTC)
    return {part: getattr(made, part) for part in ("year", "month", "day", "hour", "minute", "second")}


def _typeset(template: Path, contents: str, fonts: typst.Fonts, at: datetime) -> tuple[bytes | None, str]:
    """Return the PDF, or nothing and the typesetter's first sentence against it."""
    import typst

    try:
        with _lock:
            made, warnings = typst.compile_with_warnings(
                str(template),
                root=str(template.parent),
                font_paths=fonts,
                format="pdf",
                sys_inputs={"page": contents},
                pdf_standards=list(UNIVERSAL),
                timestamp=int(at.timestamp()),
            )
    except typst.TypstError as reason:
        return None, str(reason).splitlines()[0]
    if warnings:  # a face that was not found would leave holes on the paper
        return None, str(warnings[0].message)
    return bytes(made), ""


def _hole(refusal: str) -> str:
    """Return the letters the typesetter found no face for; it writes unusual ones as escaped code points."""
    found = _HOLE.search(refusal)
    return _CODE.sub(lambda code: chr(int(code[1], 16)), found[1]) if found else ""


@cache
def _own_fonts() -> typst.Fonts:
    """Return our own faces and no others, read once a process."""
    import typst

    missing = [face for face in FACES if not (FONTS / face).is_file()]
    if missing:
        raise PaperPartMissingError(files=", ".join(missing))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


@cache
def _all_fonts() -> typst.Fonts:
    """Return our faces and the machine's: names may hold letters that ours lack, and nobody goes without a page."""
    import typst

    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=[str(FONTS)])


def printable(value: Any) -> Any:
    """Replace characters no page can hold, at any depth."""
    if isinstance(value, str):
        return _UNPRINTABLE.sub(" ", value)
    if isinstance(value, dict):
        return {name: printable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable(inner) for inner in value]
    return value
