"""ECharts inside Python: an option goes in, an SVG comes out. No browser, no network."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.drawing.svg import finish
from yucai.web.drawing.words import printable

if TYPE_CHECKING:
    from quickjs import Function

__all__ = ["DrawingError", "DrawingPartMissingError", "draw"]

ECHARTS: Final = Path(__file__).parent.parent / "vendor" / "echarts.min.js"
MARKS: Final = Path(__file__).parent / "marks.js"
_lock = threading.Lock()
_engines: dict[int, Function] = {}


class DrawingPartMissingError(YucaiError):
    """The chart library is not where it belongs."""

    says = Text(
        "Charts cannot be drawn: the file {file} is missing. In a source checkout, run `python tools/assets.py` once; "
        "an installed release brings the file along, so install it again.",
        "无法绘制图表：缺少文件 {file}。源码目录中请运行一次 `python tools/assets.py`；"
        "正式安装包自带该文件，请重新安装。",
    )
    exit_code = 69


class DrawingError(YucaiError):
    """The chart library refused the option."""

    says = Text(
        "The chart “{title}” could not be drawn: {reason}. The figures are not lost; read them in the table.",
        "图表“{title}”无法绘制：{reason}。数据没有丢失，请看表格。",
    )
    exit_code = 70


def draw(option: Mapping[str, Any], *, width: int, height: int, title: str, description: str = "") -> str:
    """Return an ECharts option drawn as one self-contained SVG, ``width`` by ``height`` CSS pixels.

    ``title`` and ``description`` are what a screen reader says. The SVG scales with its box, has no style sheet, script
    or outside address, and its ids are unique to its content. The same picture is drawn once and kept.

    Raises DrawingPartMissingError without the chart library, DrawingError when it refuses the option.
    """
    text = json.dumps(_printable(option), ensure_ascii=False, allow_nan=False, sort_keys=True)
    return _drawn(text, width, height, _printable(title), _printable(description))


@lru_cache(maxsize=256)
def _drawn(option: str, width: int, height: int, title: str, description: str) -> str:
    from quickjs import JSException

    try:
        answer = _engine()(option, width, height, run_gc=False)
    except JSException as reason:
        raise DrawingError(title=title, reason=str(reason).splitlines()[0]) from reason
    key = f"{option}\0{width}\0{height}\0{title}\0{description}"
    name = "d" + blake2b(key.encode(), digest_size=6).hexdigest()
    return finish(json.loads(answer), name=name, title=title, description=description)


def _engine() -> Function:
    """Return this process's engine. It keeps to one thread of its own: a runtime dies when threads share it.

    A forked child has the memory of its parent but not that thread, hence one engine per process id.
    """
    with _lock:
        if os.getpid() not in _engines:
            _engines[os.getpid()] = _loaded()
        return _engines[os.getpid()]


def _loaded() -> Function:
    from quickjs import Function

    for part in (ECHARTS, MARKS):
        if not part.is_file():
            raise DrawingPartMissingError(file=part.name)
    marks, echarts = MARKS.read_text("utf-8"), ECHARTS.read_text("utf-8")
    return Function("yucaiDraw", f"{marks}\n{echarts}", own_executor=True)


def _printable(value: Any) -> Any:
    """Replace characters that no XML may hold, at any depth (one would spoil the picture), and wide Latin quotes."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {name: _printable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(inner) for inner in value]
    return value
