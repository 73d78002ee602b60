"""A policy card as files beside each other: card, seal, opening, gate, acceptance, and the bundle of all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import YucaiError
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.governance import BundleChecked, BundleRerun, OpenedData, PolicyCard, PolicyEntry, PolicyRegister, Seal

__all__ = ["evaluate_file", "list_folder", "rerun_file", "seal_file", "show_gate", "start_card", "verify_file"]

WRITTEN: Final = Text(
    "A card to fill in: {file}. Then: yucai policy seal {file} --by NAME",
    "模板已写入 {file}。填写后运行：yucai policy seal {file} --by 姓名",
)
WOULD: Final = Text("{file} would be written. Dry run, nothing was changed.", "将写入 {file}。试运行，未作任何改动。")
SEALED: Final = Text(
    "Sealed at {at}. Its mark is\n{mark}\nKeep the mark where nobody can change it: on paper, with another office, in "
    'public. A sealed card is not changed any more; a correction is a new card with replaces = "{mark}".',
    "已于 {at} 封存。封存标记为\n{mark}\n请将标记留存在无人能改动之处：纸质存档、交由其他部门或公开。封存后的卡"
    '不再修改；如需更正，请另立新卡并写明 replaces = "{mark}"。',
)
GATE: Final = Text("What these figures can tell at best:\n{listed}\n{next}", "这些数据最多能说明：\n{listed}\n{next}")
NEXT: Final = Text(
    "Nothing of the result was worked out. To go on: the same command with --accept.",
    "尚未计算任何结果。如继续，请加 --accept 重新运行。",
)
ACCEPTED: Final = Text("Accepted by {by}. Next: yucai policy evaluate", "{by} 已确认。下一步：yucai policy evaluate")
RESULT: Final = Text(
    "{listed}\nThe bundle is {file}.\nThe p value is not adjusted for other looks: nothing here knows of any. Take the "
    "bundle into the register of policies of your institution, so that this look is counted there.",
    "{listed}\n封存包：{file}。\np 值未就其他检验作校正：此处不知有无其他检验。请将封存包导入本单位的政策登记册，"
    "使本次检验计数。",
)
WHOLE: Final = Text(
    "The bundle is whole: every byte is as it was made. “{title}”, sealed at {at} by {by}, mark {mark}….{beside}",
    "封存包完好，每个字节均与生成时一致。“{title}”，{by} 于 {at} 封存，标记 {mark}…。{beside}",
)
NO_MARK: Final = Text(
    " Whether these are the parts of that day, only the mark kept elsewhere tells: --mark.",
    "是否确为当日封存的内容，须以另处留存的标记核对：--mark。",
)
BROKEN: Final = Text("The bundle was changed:\n{listed}", "封存包已被改动：\n{listed}")
HEAD: Final = Text(
    "{n} sealed card{n:|s}; {family} look{family:|s} {family:is|are} counted, {open} of them without a result, "
    "{simulated} simulated by {simulated:its|their} own word (each as p = 1) and {again} further at the same figures. "
    "Known is this folder and no more; results are read from the bundles, not worked out again (yucai policy rerun).",
    "共 {n} 张已封存的卡；计入检验 {family} 次，其中尚无结果 {open} 次、自称模拟 {simulated} 次（均按 p = 1 计），"
    "对同一数据的再次检验 {again} 次。所知仅限此文件夹；结果读自封存包，未重新计算（yucai policy rerun）。",
)
LINE: Final = Text(
    "- {code}: {grade}; effect {effect}; p {p}, adjusted {bh} (any dependence: {by}){beside}",
    "- {code}：{grade}；效果 {effect}；p {p}，校正后 {bh}（任意相依：{by}）{beside}",
)
SIMULATED: Final = Text("; simulated: no finding", "；模拟：不作为发现")
AGAIN: Final = Text("; a further look at the same figures", "；对同一数据的再次检验")
NOTHING: Final = Text("No sealed card lies in {folder}.", "{folder} 中没有已封存的卡。")


class NoSuchFileError(YucaiError):
    """A file that is needed is not there."""

    says = Text("There is no {file}. {hint}", "没有 {file}。{hint}")
    exit_code = 66


class FileIsThereError(YucaiError):
    """A file would be written over."""

    says = Text(
        "{file} is there already and is not written over. Take another name, or move it away.",
        "{file} 已存在，不会被覆盖。请换名或先移走。",
    )
    exit_code = 73


class OtherFileError(YucaiError):
    """A seal has its data already."""

    says = Text(
        "{data} is not the file that was opened for this seal at {at} (hash {then}…). A result on other figures needs "
        "a new card that names this seal as the one it replaces.",
        "{data} 不是 {at} 为此封存打开的文件（哈希 {then}…）。如用其他数据，请另立新卡并注明所替代的封存。",
    )
    exit_code = 65


CARD_FIRST: Final = Text("Make a card with: yucai policy new", "请先生成：yucai policy new")
SEAL_FIRST: Final = Text("Seal the card first: yucai policy seal", "请先封存：yucai policy seal")
ACCEPT_FIRST: Final = Text(
    "See and accept the gate first: yucai policy feasibility … --accept",
    "请先查看并确认可行性门槛：yucai policy feasibility … --accept",
)
CHECK_NAME: Final = Text("Look at the name.", "请核对文件名。")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySaid:
    """What a command says, with its facts."""

    says: Text
    facts: dict[str, Any]

    def in_language(self, language: str) -> str:
        """Return the sentence."""
        return self.says.filled(**self.facts).in_language(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleVerified:
    """What the look at a bundle gave."""

    checked: BundleChecked
    marked: bool

    def in_language(self, language: str) -> str:
        """Return whether it is whole, else each part that is not."""
        bundle = self.checked.bundle
        if bundle is None:
            listed = "\n".join(f"- {fault.in_language(language)}" for fault in self.checked.faults)
            return BROKEN.in_language(language, listed=listed)
        return WHOLE.in_language(
            language,
            title=bundle.card.title.in_language(language),
            at=_told(bundle.seal.at),
            by=bundle.seal.by,
            mark=bundle.seal.mark[:16],
            beside="" if self.marked else NO_MARK.in_language(language),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesListed:
    """The register over a folder."""

    register: PolicyRegister
    folder: Path

    def in_language(self, language: str) -> str:
        """Return a line for each card, whatever came of it."""
        entries = self.register.entries
        if not entries:
            return NOTHING.in_language(language, folder=self.folder)
        told = self.register
        head = HEAD.in_language(
            language, n=len(entries), family=told.family, open=told.open, simulated=told.simulated, again=told.again
        )
        return "\n".join([head, *(_line(one, language) for one in entries)])


def _line(entry: PolicyEntry, language: str) -> str:
    from yucai.governance import grade_name

    grade = grade_name(entry.grade) if entry.grade else entry.stage.says
    beside = [SIMULATED] * entry.simulated + [AGAIN] * entry.again
    return LINE.in_language(
        language, code=entry.code, grade=grade.in_language(language), effect=_figure(entry.estimate),
        p=_figure(entry.p_value), bh=_figure(entry.hochberg), by=_figure(entry.yekutieli),
        beside="".join(one.in_language(language) for one in beside),
    )  # fmt: skip


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _told(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def start_card(file: Path, *, dry_run: bool) -> PolicySaid:
    """Write the template."""
    from yucai.governance import card_template

    _require_free(file)
    if dry_run:
        return PolicySaid(says=WOULD, facts={"file": file})
    file.write_text(card_template(), encoding="utf-8")
    return PolicySaid(says=WRITTEN, facts={"file": file})


def seal_file(file: Path, *, by: str, at: datetime, dry_run: bool) -> PolicySaid:
    """Seal a card; the seal lies beside it."""
    from yucai.governance import canonical_json, seal_card

    card, beside = _card(file), _beside(file, "seal")
    _require_free(beside)
    seal = seal_card(card, at=at, by=by)
    if dry_run:
        return PolicySaid(says=WOULD, facts={"file": beside})
    beside.write_bytes(canonical_json({**seal.as_json(), "mark": seal.mark}))
    return PolicySaid(says=SEALED, facts={"at": _told(seal.at), "mark": seal.mark})


def show_gate(file: Path, data: Path, *, by: str, accept: bool, at: datetime) -> PolicySaid:
    """Open the figures, show what they can tell, and with ``accept`` note who saw that and goes on."""
    from yucai.governance import accept_gate, canonical_json, check_gate, gate_bytes, record_opening, require_seal

    card, seal = _card(file), _seal(file)
    require_seal(card, seal)
    content = _read(data, CHECK_NAME)
    gate = check_gate(card, content)
    opening = _opened(file, data) or record_opening(seal, content, at=at, by=by)
    _beside(file, "opening").write_bytes(canonical_json(opening.as_json()))
    _beside(file, "gate").write_bytes(gate_bytes(gate))
    beside = _beside(file, "acceptance")
    beside.unlink(missing_ok=True)  # what was accepted was another gate
    if accept:
        beside.write_bytes(canonical_json(accept_gate(opening, gate_bytes(gate), at=at, by=by).as_json()))
    listed = _both(gate.says)
    return PolicySaid(says=GATE, facts={"listed": listed, "next": ACCEPTED.filled(by=by) if accept else NEXT})


def _opened(file: Path, data: Path) -> OpenedData | None:
    """Return the opening that is on record. Raises OtherFileError where that was of another file."""
    from yucai.governance import opening_of

    beside = _beside(file, "opening")
    if not beside.is_file():
        return None
    opening = opening_of(json.loads(beside.read_bytes()))
    if opening.data != sha256(data.read_bytes()).hexdigest():
        raise OtherFileError(data=data, at=_told(opening.at), then=opening.data[:12])
    return opening


def evaluate_file(file: Path, data: Path, *, by: str, to: Path | None, at: datetime) -> PolicySaid:
    """Work the result out and write the bundle."""
    from yucai.governance import PolicyBundle, acceptance_of, evaluate_card, opening_of, write_bundle

    card, seal, out = _card(file), _seal(file), to or file.with_suffix(".zip")
    _require_free(out)
    acceptance = acceptance_of(json.loads(_read(_beside(file, "acceptance"), ACCEPT_FIRST)))
    opening = opening_of(json.loads(_read(_beside(file, "opening"), ACCEPT_FIRST)))
    content, gate = _read(data, CHECK_NAME), _read(_beside(file, "gate"), ACCEPT_FIRST)
    done = evaluate_card(card, content, seal=seal, opening=opening, acceptance=acceptance, at=at, by=by)
    bundle = PolicyBundle(
        card=card, seal=seal, data=content, opening=opening, gate=gate, acceptance=acceptance, evaluated=done
    )
    out.write_bytes(write_bundle(bundle))
    says = json.loads(done.evaluation)["verdict"]["says"]
    return PolicySaid(says=RESULT, facts={"listed": _both(Text(one["en"], one["zh"]) for one in says), "file": out})


def verify_file(file: Path, *, mark: str) -> BundleVerified:
    """Look whether a bundle is whole."""
    from yucai.governance import verify_bundle

    return BundleVerified(checked=verify_bundle(_read(file, CHECK_NAME), mark=mark), marked=bool(mark))


def rerun_file(file: Path, *, mark: str) -> BundleRerun:
    """Work the result of a bundle out again."""
    from yucai.governance import rerun_bundle

    return rerun_bundle(_read(file, CHECK_NAME), mark=mark)


def list_folder(folder: Path) -> PoliciesListed:
    """Return the register over every bundle and every seal in a folder; a seal whose bundle is there counts once."""
    from yucai.governance import entry_of_bundle, read_bundle, register_policies

    if not folder.is_dir():
        raise NoSuchFileError(file=folder, hint=CHECK_NAME)
    entries = {one.mark: one for one in map(_waiting, sorted(folder.glob("*.seal.json")))}
    for file in sorted(folder.glob("*.zip")):
        done = entry_of_bundle(read_bundle(file.read_bytes()))
        entries[done.mark] = done
    replaced = {_seal_at(file).replaces for file in folder.glob("*.seal.json")}
    listed = [replace(one, replaced=one.mark in replaced) for one in entries.values()]
    return PoliciesListed(register=register_policies(listed), folder=folder)


def _waiting(seal_file: Path) -> PolicyEntry:
    """Return the line of a sealed card that has no bundle yet."""
    from yucai.governance import PolicyEntry, PolicyStage, opening_of, question_of

    file = seal_file.with_name(seal_file.name.removesuffix(".seal.json") + ".toml")
    card, seal = _card(file), _seal_at(seal_file)
    stage, opening = PolicyStage.SEALED, None
    if _beside(file, "opening").is_file():
        opening = opening_of(json.loads(_beside(file, "opening").read_bytes()))
        stage = PolicyStage.ACCEPTED if _beside(file, "acceptance").is_file() else PolicyStage.OPENED
    return PolicyEntry(
        code=card.code,
        title=card.title,
        mark=seal.mark,
        sealed_at=seal.at,
        stage=stage,
        simulated=card.simulated,
        question=question_of(card),
        opened_at=opening.at if opening else None,
        data=opening.data if opening else "",
    )


def _card(file: Path) -> PolicyCard:
    from yucai.governance import read_card

    return read_card(_read(file, CARD_FIRST))


def _seal(file: Path) -> Seal:
    return _seal_at(_beside(file, "seal"))


def _seal_at(file: Path) -> Seal:
    from yucai.governance import seal_of

    return seal_of(json.loads(_read(file, SEAL_FIRST)))


def _beside(file: Path, part: str) -> Path:
    return file.with_name(f"{file.stem}.{part}.json")


def _read(file: Path, hint: Text) -> bytes:
    if not file.is_file():
        raise NoSuchFileError(file=file, hint=hint)
    return file.read_bytes()


def _require_free(file: Path) -> None:
    if file.exists():
        raise FileIsThereError(file=file)


def _both(texts: Iterable[Text]) -> Text:
    said = list(texts)
    return Text("\n".join(f"- {one.en}" for one in said), "\n".join(f"- {one.zh}" for one in said))
