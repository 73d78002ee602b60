"""The portrait of one learner on one A4 page."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import LANGUAGES, Text

if TYPE_CHECKING:
    import typst

__all__ = [
    "LetterMissingError",
    "LiteracyRow",
    "PaperError",
    "PaperPartMissingError",
    "PortraitLabels",
    "PortraitPage",
    "PortraitRow",
    "PortraitWork",
    "all_fonts",
    "own_fonts",
    "portrait_pdf",
    "printable",
    "typeset",
]

FONTS: Final = Path(__file__).parent.parent / "fonts"
FACES: Final = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
TEMPLATE: Final = Path(__file__).parent / "portrait.typ"
BOX: Final = "□"
_VIEW: Final = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitRow:
    """One quality in words and evidence. ``place`` is the estimate with its interval as text, or empty."""

    name: str
    layer: str
    sentence: str
    place: str = ""
    pieces: int = 0
    kinds: str = ""
    strength: str = ""
    enough: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteracyRow:
    """One dimension of AI literacy in a sentence; grey where there is not enough evidence."""

    name: str
    sentence: str
    enough: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitWork:
    """One own work in words: what it is, how it stands and who says so, why it is as strong as that.

    ``short`` is all of it in one line, for a page that is full.
    """

    title: str
    facts: str
    standing: str
    short: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitLabels:
    """The fixed words of the page. ``page`` holds ``{page}`` and ``{pages}``; ``signatures`` name the lines to sign.

    ``works_more`` and ``works_none`` hold ``{n}``: how many works are on the screen beside those shown, or at all.
    """

    title: str
    name: str
    number: str
    cohort: str
    occasion: str
    summary: str
    qualities: str
    quality: str
    sentence: str
    place: str
    pieces: str
    kinds: str
    strength: str
    literacy: str
    reading: str
    signatures: tuple[str, ...]
    seal: str
    page: str
    works: str = ""
    works_note: str = ""
    works_more: str = ""
    works_none: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitPage:
    """All that is printed, in the reader's language. ``banner`` is set exactly when ``simulated`` is true.

    ``chart`` is the SVG shown on screen and ``chart_alt`` what it says to those who cannot see it. ``reading`` are
    the notes below (how to read it, what the interval means, how to object). ``works`` come strongest first; the page
    shows as many as leave the chart legible, at most four, and counts the rest. ``printed`` says when and by whom;
    ``attribution`` where the data come from.
    """

    language: str
    space: str
    learner: str
    number: str
    cohort: str
    occasion: str
    simulated: bool
    banner: str = ""
    summary: tuple[str, ...] = ()
    chart: str
    chart_alt: str
    rows: tuple[PortraitRow, ...]
    literacy: tuple[LiteracyRow, ...] = ()
    works: tuple[PortraitWork, ...] = ()
    reading: tuple[str, ...] = ()
    printed: str
    attribution: str = ""
    labels: PortraitLabels


def portrait_pdf(page: PortraitPage, *, at: datetime) -> bytes:
    """Return the portrait as a tagged PDF (PDF/UA-1), one A4 page where the content allows it.

    ``at`` (aware) is noted as the moment of making; the same page at the same moment gives the same bytes.
    Only our own faces are embedded, unless a name holds a letter that they lack; a letter in a student's own works that
    no face has is shown as a box. Raises FaultyInputError listing what
    the page lacks, PaperPartMissingError without our fonts, LetterMissingError when no font has a letter, PaperError
    when the typesetter refuses.
    """
    _check(page, at)
    refusal = ""
    for fonts in (own_fonts, all_fonts):
        made, refusal = typeset(json.dumps(_contents(page, at), ensure_ascii=False), fonts(), at)
        if made is not None:
            return made
        if not _HOLE.search(refusal):
            raise PaperError(learner=page.learner, reason=refusal)
    letter = _hole(refusal)
    boxed = _boxed(page, set(letter))
    if boxed != page:  # nobody goes without a page for the sake of a smiling face in a title
        return portrait_pdf(boxed, at=at)
    raise LetterMissingError(learner=page.learner, letter=letter, code=" ".join(f"U+{ord(c):04X}" for c in letter))


def _boxed(page: PortraitPage, letters: set[str]) -> PortraitPage:
    """Return the page with these letters shown as boxes in the titles of own works, and nowhere else."""
    box = str.maketrans(dict.fromkeys(letters, BOX))
    return replace(page, works=tuple(replace(work, title=work.title.translate(box)) for work in page.works))


def typeset(contents: str, fonts: typst.Fonts, at: datetime, *, template: Path = TEMPLATE) -> tuple[bytes | None, str]:
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
                pdf_standards=["ua-1"],
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
def own_fonts() -> typst.Fonts:
    """Return our own faces and no others, read once a process."""
    import typst

    missing = [face for face in FACES if not (FONTS / face).is_file()]
    if missing:
        raise PaperPartMissingError(files=", ".join(missing))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


@cache
def all_fonts() -> typst.Fonts:
    """Return our faces and the machine's: names may hold letters that ours lack, and nobody goes without a page."""
    import typst

    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=[str(FONTS)])


def _contents(page: PortraitPage, at: datetime) -> dict[str, Any]:
    """Return what the template reads: the page, the shape of its chart, the moment of making."""
    width, height = _shape(page.chart) or (1.0, 1.0)
    made = at.astimezone(UTC)
    moment = {part: getattr(made, part) for part in ("year", "month", "day", "hour", "minute", "second")}
    contents = asdict(page) | {"chart_ratio": width / height, "moment": moment}
    return {name: printable(value) for name, value in _dashed(contents).items()}


def _dashed(contents: dict[str, Any]) -> dict[str, Any]:
    """Return the contents with the labels named as the template writes them."""
    labels = {name.replace("_", "-"): words for name, words in contents["labels"].items()}
    return contents | {"labels": labels}


def _shape(chart: str) -> tuple[float, float] | None:
    found = _VIEW.search(chart)
    return (float(found[1]), float(found[2])) if found else None


def printable(value: Any) -> Any:
    """Replace characters no page can hold, at any depth."""
    if isinstance(value, str):
        return _UNPRINTABLE.sub(" ", value)
    if isinstance(value, dict):
        return {name: printable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable(inner) for inner in value]
    return value


def _check(page: PortraitPage, at: datetime) -> None:
    """Raise FaultyInputError naming all that is wrong with the page at once."""
    found: list[tuple[bool, str, Text]] = [
        (
            page.language not in LANGUAGES,
            "language",
            Text(f"the language is {page.language!r}; it must be zh or en", f"语言为 {page.language!r}；应为 zh 或 en"),
        ),
        (
            not page.learner.strip(),
            "learner",
            Text("the name of the learner is empty; fill it in", "学生姓名为空；请填写"),
        ),
        (
            page.simulated != bool(page.banner.strip()),
            "banner",
            Text(
                "simulated people need a banner that says so, and real ones must not have one",
                "模拟人物须有说明模拟的横幅，真实人物不得有横幅",
            ),
        ),
        (
            _shape(page.chart) is None,
            "chart",
            Text(
                "the chart is not an SVG with a viewBox; pass what the drawing gave",
                "图表不是带 viewBox 的 SVG；请传入绘图结果",
            ),
        ),
        (
            not page.chart_alt.strip(),
            "chart_alt",
            Text("the chart has no words for those who cannot see it; add them", "图表缺少替代文字；请补充"),
        ),
        (
            at.tzinfo is None,
            "at",
            Text("the time has no zone; give an aware time", "时间没有时区；请给出带时区的时间"),
        ),
    ]
    faults = [Fault(code=where, says=says, where=where) for wrong, where, says in found if wrong]
    if faults:
        raise FaultyInputError(page.learner or "portrait", faults)
