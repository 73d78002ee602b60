"""What a credential may be given, in words of the office: some sets that fit common tools, and each scope by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from yucai.texts import Text
from yucai.web.records.credentials import SCOPES

__all__ = ["OWN", "PRESETS", "SCOPE_WORDS", "Preset", "words_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A set of scopes for one kind of tool."""

    code: str
    name: Text
    about: Text
    scopes: tuple[str, ...]


OWN: Final = "own"
PRESETS: Final = (
    Preset(
        code="sender",
        name=Text("A learning platform that only sends", "只发送数据的学习平台"),
        about=Text(
            "For Moodle, H5P, quiz tools: it stores what learners did and reads nothing.",
            "适用于 Moodle、H5P、测验工具等：存入学习记录，不读取任何内容。",
        ),
        scopes=("statements/write", "define"),
    ),
    Preset(
        code="reader",
        name=Text("A dashboard that only reads", "只读取数据的看板"),
        about=Text(
            "It reads every statement and document of this store, of everybody, and stores nothing.",
            "读取本库中所有人的全部陈述与文档，不存入任何内容。",
        ),
        scopes=("all/read",),
    ),
    Preset(
        code="cmi5",
        name=Text("Course content (cmi5, apps)", "课程内容（cmi5、应用程序）"),
        about=Text(
            "It stores statements, reads back its own, and keeps where each learner stopped.",
            "存入陈述，可读回自己的陈述，并保存每位学习者的进度。",
        ),
        scopes=("statements/write", "statements/read/mine", "state", "profile", "define"),
    ),
    Preset(
        code="all",
        name=Text("Everything", "全部权限"),
        about=Text(
            "Only for tools that the office runs itself, such as another record store.",
            "仅用于本单位自行运行的工具，例如另一个记录库。",
        ),
        scopes=("all",),
    ),
)
SCOPE_WORDS: Final = {
    "statements/write": Text("store statements", "存入陈述"),
    "statements/read/mine": Text("read its own statements", "读取自己的陈述"),
    "statements/read": Text("read all statements", "读取全部陈述"),
    "state": Text("keep and read where learners stopped", "保存并读取学习进度"),
    "define": Text("say how activities and people are called", "登记活动与人员的名称"),
    "profile": Text("keep and read profiles of activities and people", "保存并读取活动与人员的档案"),
    "all/read": Text("read everything", "读取全部内容"),
    "all": Text("everything", "全部权限"),
}


def words_of(scopes: Sequence[str], language: str) -> str:
    """Return what scopes allow, in words, in the order of the standard."""
    known = [SCOPE_WORDS[scope].in_language(language) for scope in SCOPES if scope in scopes]
    return ("、" if language == "zh" else ", ").join(known)
