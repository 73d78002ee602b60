"""What may be typed, and the help for it, in Chinese or English."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from yucai.cli.accounts import ACCOUNT_COMMANDS
from yucai.cli.auditing import AUDIT_COMMANDS
from yucai.cli.coordination import COORDINATION_COMMANDS
from yucai.cli.forgetting import ERASURE_COMMANDS, FORGETTING_COMMANDS
from yucai.cli.people import PEOPLE_COMMANDS
from yucai.cli.policies import POLICY_COMMANDS
from yucai.cli.record_command import RecordCommand
from yucai.cli.records import RECORD_COMMANDS
from yucai.errors import YucaiError
from yucai.texts import LANGUAGES, Text

__all__ = ["COMMANDS", "GROUPS", "UsageError", "language_of", "parse", "workspace_of"]

COMMANDS: Final = {
    "demo": Text("build the demonstration and serve it", "建立演示并启动网页"),
    "init": Text("make an empty workspace", "建立空的工作区"),
    "import": Text("take in a file of scores", "导入得分文件"),
    "check": Text("look whether a workspace is whole", "检查工作区是否完好"),
    "doctor": Text("look whether machine, settings and records are well", "检查机器、设置与记录是否正常"),
    "measure": Text("calibrate the evidence and compute profiles", "标定证据并计算画像"),
    "portrait": Text("write a learner's portrait as PDF", "生成学习者画像 PDF"),
    "records": Text("record stores of learning tools (xAPI)", "学习工具的记录库（xAPI）"),
    "accounts": Text("links for whoever cannot sign in", "为无法登录者生成链接"),
    "people": Text("what is on record about a person: out, in, erased", "个人全部数据的导出、导入与删除"),
    "erasure": Text("what is past its time, and certificates of erasure", "到期数据与删除证明"),
    "audit": Text("who looked at what, and whether that record holds", "查阅留痕：谁看过什么，记录是否完整"),
    "policy": Text("policy cards: seal, gate, result, run again", "政策卡：封存、门槛、结果与复算"),
    "coordination": Text("audit of a method, and is there a two-way drive", "耦合协调：方法核查与双向驱动检验"),
    "serve": Text("serve a workspace on this machine", "在本机启动网页"),
    "backup": Text("write everything into one file", "把全部内容备份到一个文件"),
    "restore": Text("put a backup in place", "由备份恢复工作区"),
}
GROUPS: Final[Mapping[str, tuple[RecordCommand, ...]]] = {
    "records": RECORD_COMMANDS,
    "people": (*PEOPLE_COMMANDS, *FORGETTING_COMMANDS),
    "erasure": ERASURE_COMMANDS,
    "audit": AUDIT_COMMANDS,
    "accounts": ACCOUNT_COMMANDS,
    "policy": POLICY_COMMANDS,
    "coordination": COORDINATION_COMMANDS,
}
WHAT: Final = Text(
    "Yucai: from evidence about learners to who can do what, and how surely.",
    "育才：由学习者的证据得出谁能做什么、有多大把握。",
)
USAGE: Final = Text("usage: ", "用法：")
OPTIONS: Final = Text("options", "选项")
ARGUMENTS: Final = Text("arguments", "参数")
COMMAND_LIST: Final = Text("commands", "命令")
HELP: Final = Text("show this help and end", "显示此帮助并退出")
SAYS: Final[Mapping[str, Text]] = {
    "workspace": Text("folder of the workspace", "工作区文件夹"),
    "lang": Text("language of what is said", "提示语言"),
    "json": Text("give the result as JSON", "以 JSON 输出结果"),
    "dry-run": Text("say what would happen, change nothing", "只说明将发生什么，不作改动"),
    "port": Text("port of the pages (8000)", "网页端口（8000）"),
    "check": Text("fetch each start page once, then end", "逐页检查一次后结束"),
    "no-serve": Text("build only", "只建立，不启动网页"),
    "files": Text(
        "only write the simulated college's files here, to practise importing",
        "只把模拟学院的文件写到此文件夹，供练习导入",
    ),
    "name": Text("name of the office", "单位名称"),
    "file": Text("file to read: XLSX, XLS, CSV, Parquet ...", "要读取的文件：XLSX、XLS、CSV、Parquet 等"),
    "space": Text("institution, where there are several", "机构代码（有多个机构时需指明）"),
    "source": Text("name of the source (the kind of table)", "证据来源名称（默认为表格类型）"),
    "profile": Text("kind of table (told from its titles)", "表格类型（默认按列名识别）"),
    "template": Text("take the facts of the source from this template", "按此模板填写来源信息"),
    "purpose": Text("what the data are for", "数据用途"),
    "legal-basis": Text("duty, contract, consent or public", "法律依据：duty、contract、consent 或 public"),
    "owner": Text("office or person who answers for the data", "数据责任部门或责任人"),
    "grade": Text("grade of the data, 1 to 4", "数据分级，1 至 4"),
    "retention-months": Text("months after which the data are erased", "保存期限（月）"),
    "highest": Text("highest score of questions that state none", "未注明满分的题目的满分"),
    "corrects": Text("number of the import this file corrects (0: none)", "此文件更正的导入编号（0 表示不是更正）"),
    "names-differ": Text(
        "take in rows whose number is on record under another name: the number decides",
        "学号在库中对应另一姓名的行也入库，以学号为准",
    ),
    "remove-rows": Text("let a correction remove many rows", "允许更正去掉较多的行"),
    "undo": Text("undo the import of this number", "撤销此编号的导入"),
    "refused": Text("workbook to write the refused rows to", "拒收行写入的工作簿"),
    "learner": Text("number of the learner", "学号"),
    "occasion": Text("term or year (the latest)", "学期或学年（默认最近）"),
    "to": Text("file to write", "输出文件"),
    "backup-file": Text("the backup", "备份文件"),
    "passphrase-file": Text("file with the passphrase that seals the secrets", "存有口令的文件，口令用于封存密钥"),
    "secrets": Text("file with the secrets of the backup (beside it)", "备份的密钥文件（默认在备份旁边）"),
    "new-secrets": Text("make new secrets, where the old ones are lost", "原密钥遗失时生成新的密钥"),
    "replace": Text(
        "take the place of the workspace that is there, and keep that one beside",
        "替换现有工作区，原工作区移到旁边保留",
    ),
    "database": Text("empty PostgreSQL database to fill", "要写入的空 PostgreSQL 数据库"),
}


class UsageError(YucaiError):
    """What was typed is no command of ours."""

    says = Text("{what}\nSee: yucai{command} --help", "{what}\n请看：yucai{command} --help")
    exit_code = 64


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language to speak: --lang, else YUCAI_LANG, else Chinese where the machine's language is."""
    for place, word in enumerate(arguments):
        value = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and place + 1 < len(arguments):
            value = arguments[place + 1]
        if value in LANGUAGES:
            return value
    chosen = environment.get("YUCAI_LANG", "")
    if chosen in LANGUAGES:
        return chosen
    machine = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "zh" if machine.lower().startswith("zh") else "en"


def parse(arguments: Sequence[str], *, language: str, version: str) -> argparse.Namespace:
    """Return what was asked for. Raises UsageError; ends by SystemExit(0) after help or version."""
    return _Parsers(language, version).whole().parse_args(arguments)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Says "usage" in the language of the rest."""

    language = "en"

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        own = USAGE.in_language(self.language) if prefix is None else prefix
        return super()._format_usage(usage, actions, groups, own)


class _ChineseFormatter(_Formatter):
    language = "zh"


class _Parser(argparse.ArgumentParser):
    """Raises instead of printing, so that every refusal looks the same."""

    language = "en"

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with argparse's words, put into the reader's language where we know them."""
        raise UsageError(what=_translated(message, self.language), command=self.prog.removeprefix("yucai"))


def _translated(message: str, language: str) -> str:
    if language == "en":
        return message[:1].upper() + message[1:].removesuffix(".") + "."
    for english, chinese in (
        ("the following arguments are required: ", "缺少参数："),
        ("unrecognized arguments: ", "无法识别的参数："),
        ("expected one argument", "需要一个值"),
        ("invalid choice: ", "不可用的值："),
        ("invalid int value: ", "不是整数："),
        ("choose from ", "可用的有："),
        ("argument ", "参数 "),
    ):
        message = message.replace(english, chinese)
    return message + "。"


class _Parsers:
    """Builds the parser of all commands in one language."""

    def __init__(self, language: str, version: str) -> None:
        self.language, self.version = language, version
        self.formatter = _ChineseFormatter if language == "zh" else _Formatter

    def say(self, text: Text) -> str:
        """Say a text, safe for argparse's per cent signs."""
        return text.in_language(self.language).replace("%", "%%")

    def whole(self) -> argparse.ArgumentParser:
        """Return the parser of the program."""
        parser = self._titled(
            _Parser(prog="yucai", description=self.say(WHAT), formatter_class=self.formatter, add_help=False)
        )
        parser.add_argument("--version", action="version", version=f"yucai {self.version}", help="yucai --version")
        self._common(parser, nothing=True)
        commands = parser.add_subparsers(
            dest="command", required=True, title=self.say(COMMAND_LIST), metavar=self.say(COMMAND_LIST)
        )
        for name, text in COMMANDS.items():
            described = self.say(text)
            one = commands.add_parser(
                name, help=described, description=described, formatter_class=self.formatter, add_help=False
            )
            self._options(name, self._titled(one))
        hidden = self._titled(commands.add_parser("work", formatter_class=self.formatter, add_help=False))
        self._common(hidden)
        return parser

    def _titled(self, parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        parser._optionals.title, parser._positionals.title = self.say(OPTIONS), self.say(ARGUMENTS)
        if isinstance(parser, _Parser):
            parser.language = self.language
        parser.add_argument("-h", "--help", action="help", help=self.say(HELP))
        return parser

    def _options(self, name: str, parser: argparse.ArgumentParser) -> None:
        if name in GROUPS:
            self._group(parser, GROUPS[name])
            return
        self._common(parser)
        if name in ("demo", "init", "import", "measure", "portrait", "backup", "restore"):
            parser.add_argument("--dry-run", action="store_true", help=self.say(SAYS["dry-run"]))
        if name in ("demo", "serve"):
            parser.add_argument("--port", type=int, default=8000, help=self.say(SAYS["port"]))
            parser.add_argument("--check", action="store_true", help=self.say(SAYS["check"]))
        if name == "demo":
            parser.add_argument("--no-serve", action="store_true", help=self.say(SAYS["no-serve"]))
            parser.add_argument("--files", type=Path, metavar="FOLDER", help=self.say(SAYS["files"]))
        if name == "init":
            parser.add_argument("--name", default="", help=self.say(SAYS["name"]))
        if name == "import":
            self._import_options(parser)
        if name == "portrait":
            parser.add_argument("learner", help=self.say(SAYS["learner"]))
            parser.add_argument("--occasion", help=self.say(SAYS["occasion"]))
        if name in ("import", "measure", "portrait"):
            parser.add_argument("--space", help=self.say(SAYS["space"]))
        if name in ("portrait", "backup"):
            parser.add_argument("--to", type=Path, help=self.say(SAYS["to"]))

        if name in ("backup", "restore"):
            parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=self.say(SAYS["passphrase-file"]))
        if name == "restore":
            self._restore_options(parser)

    def _restore_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=self.say(SAYS["backup-file"]))
        parser.add_argument("--secrets", type=Path, metavar="FILE", help=self.say(SAYS["secrets"]))
        parser.add_argument("--database", metavar="ADDRESS", help=self.say(SAYS["database"]))
        for name in ("new-secrets", "replace"):
            parser.add_argument(f"--{name}", action="store_true", help=self.say(SAYS[name]))

    def _import_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help=self.say(SAYS["file"]))
        for name in ("source", "profile", "template", "purpose", "legal-basis", "owner", "grade"):
            parser.add_argument(f"--{name}", help=self.say(SAYS[name]))
        for name in ("retention-months", "corrects", "undo"):
            parser.add_argument(f"--{name}", type=int, help=self.say(SAYS[name]))
        for name in ("names-differ", "remove-rows"):
            parser.add_argument(f"--{name}", action="store_true", help=self.say(SAYS[name]))
        parser.add_argument("--highest", type=float, help=self.say(SAYS["highest"]))
        parser.add_argument("--refused", type=Path, help=self.say(SAYS["refused"]))

    def _group(self, parser: argparse.ArgumentParser, group: tuple[RecordCommand, ...]) -> None:
        """Commands below a command, one after the other."""
        whats = parser.add_subparsers(
            dest="what", required=True, title=self.say(COMMAND_LIST), metavar=self.say(COMMAND_LIST)
        )
        for command in group:
            described = self.say(command.says)
            one = whats.add_parser(
                command.name, help=described, description=described, formatter_class=self.formatter, add_help=False
            )
            self._common(self._titled(one))
            for option in command.options:
                one.add_argument(option.name, help=self.say(option.says), **option.how)

    def _common(self, parser: argparse.ArgumentParser, *, nothing: bool = False) -> None:
        """Options of every command; before the command they set nothing that the command's own would not."""
        missing = argparse.SUPPRESS
        parser.add_argument(
            "--workspace", type=Path, default=None if nothing else missing, help=self.say(SAYS["workspace"])
        )
        parser.add_argument(
            "--lang", choices=LANGUAGES, default=None if nothing else missing, help=self.say(SAYS["lang"])
        )
        parser.add_argument(
            "--json", action="store_true", default=False if nothing else missing, help=self.say(SAYS["json"])
        )


def workspace_of(chosen: argparse.Namespace) -> Path:
    """Return the folder to work on: --workspace, else YUCAI_WORKSPACE, else a folder here."""
    if chosen.workspace is not None:
        return Path(chosen.workspace)
    named = os.environ.get("YUCAI_WORKSPACE", "")
    return Path(named) if named else Path("demo-workspace" if chosen.command == "demo" else "yucai-workspace")
