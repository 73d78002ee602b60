"""The sealed bundle: one file with everything by which an outsider can look whether a result is what it says.

The archive is the same bytes whenever the same things go in: parts in a fixed order, none compressed, no time of day.
So looking whether a bundle is whole comes down to making it again from its parts: whatever differs was changed.
"""

from __future__ import annotations

import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.governance.policies.cards import PolicyCard
from yucai.governance.policies.evaluating import EvaluatedPolicy, require_steps
from yucai.governance.policies.explaining import readme_of
from yucai.governance.policies.reading import read_card
from yucai.governance.policies.sealing import GateAcceptance, OpenedData, Seal, seal_faults
from yucai.governance.policies.writing import canonical_json, hash_of, write_card
from yucai.texts import Text

__all__ = [
    "PARTS",
    "BundleChecked",
    "PolicyBundle",
    "acceptance_of",
    "evaluated_of",
    "opening_of",
    "read_bundle",
    "seal_of",
    "verify_bundle",
    "write_bundle",
]

MOMENT: Final = (1980, 1, 1, 0, 0, 0)
MOST_BYTES: Final = 64 * 1024 * 1024
PARTS: Final = (
    "README.md", "card.toml", "seal.json", "data.csv", "opening.json", "gate.json", "acceptance.json",
    "evaluation.json", "evaluated.json", "manifest.json",
)  # fmt: skip
THING: Final = Text("The bundle", "封存包")
NOT_WHOLE: Final = Text(
    "it cannot be opened as an archive: bytes of its frame were changed, or it is cut off. Get it again from where it "
    "was published.",
    "无法作为压缩包打开：其结构字节被改动，或文件不完整。请从发布处重新获取。",
)
DAMAGED: Final = Text("its bytes are not those that were packed.", "其字节与打包时不同。")
LACKS: Final = Text("the part is missing.", "缺少该部分。")
BESIDES: Final = Text("the part does not belong into a bundle.", "封存包中不应有该部分。")
OTHER_HASH: Final = Text(
    "its hash is {now}…, the manifest says {told}…. The part was changed after the bundle was made, or the manifest.",
    "其哈希为 {now}…，清单所列为 {told}…。该部分或清单在封存包生成后被改动。",
)
UNREADABLE: Final = Text("it cannot be read: {reason}.", "无法读取：{reason}。")
OTHER_RESULT: Final = Text(
    "the result is not the one that was written down on {at}: its hash is {now}…, then it was {then}….",
    "结果与 {at} 记录的不同：现哈希为 {now}…，当时为 {then}…。",
)
OTHER_ACCEPTANCE: Final = Text(
    "the result belongs to another acceptance of the gate.", "该结果对应的是另一次准入确认。"
)
FRAME: Final = Text(
    "all parts are as the manifest says, but the frame around them is not: the archive was packed again or changed.",
    "各部分与清单一致，但压缩包结构不同：已被重新打包或改动。",
)
WRITTEN_ANEW: Final = Text(
    "what it says is as it was, but it is not written as a bundle writes it.", "内容未变，但写法与封存包的写法不同。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyBundle:
    """Everything about one evaluated card."""

    card: PolicyCard
    seal: Seal
    data: bytes
    opening: OpenedData
    gate: bytes
    acceptance: GateAcceptance
    evaluated: EvaluatedPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleChecked:
    """What the look at a bundle gave: ``faults`` name each part that does not fit; ``bundle`` is there when none is."""

    faults: tuple[Fault, ...]
    bundle: PolicyBundle | None

    @property
    def whole(self) -> bool:
        """Whether everything fits."""
        return not self.faults


def write_bundle(bundle: PolicyBundle) -> bytes:
    """Return a bundle as one archive; the same bundle gives the same bytes.

    Raises FaultyInputError where its parts do not fit each other: what is not whole is not packed.
    """
    require_steps(
        bundle.card, bundle.data, seal=bundle.seal, opening=bundle.opening, acceptance=bundle.acceptance,
        gate=bundle.gate, at=bundle.evaluated.at,
    )  # fmt: skip
    return _packed(_parts(bundle))


def _parts(bundle: PolicyBundle) -> dict[str, bytes]:
    parts = {
        "README.md": readme_of(bundle.card, bundle.seal, bundle.evaluated).encode(),
        "card.toml": write_card(bundle.card).encode(),
        "seal.json": canonical_json({**bundle.seal.as_json(), "mark": bundle.seal.mark}),
        "data.csv": bundle.data,
        "opening.json": canonical_json(bundle.opening.as_json()),
        "gate.json": bundle.gate,
        "acceptance.json": canonical_json(bundle.acceptance.as_json()),
        "evaluation.json": bundle.evaluated.evaluation,
        "evaluated.json": canonical_json(bundle.evaluated.as_json()),
    }
    return parts | {"manifest.json": canonical_json({name: hash_of(content) for name, content in parts.items()})}


def _packed(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in PARTS:
            entry = zipfile.ZipInfo(name, date_time=MOMENT)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on every machine
            archive.writestr(entry, parts[name])
    return out.getvalue()


def read_bundle(content: bytes, *, mark: str = "") -> PolicyBundle:
    """Return what is in a bundle. Raises FaultyInputError naming every part that does not fit."""
    checked = verify_bundle(content, mark=mark)
    if checked.bundle is None:
        raise FaultyInputError(THING, checked.faults)
    return checked.bundle


def verify_bundle(content: bytes, *, mark: str = "") -> BundleChecked:
    """Look whether a bundle is whole, byte for byte, and name each part that is not.

    ``mark`` is the mark of the seal (or its first 32 signs or more) as it was kept elsewhere: without it, a bundle
    shows that its parts belong together, not that they are the ones of that day.
    """
    try:
        parts, faults = _unpacked(content)
    except FaultyInputError as broken:
        return BundleChecked(faults=broken.faults, bundle=None)
    faults += _against_manifest(parts)
    if faults:
        return BundleChecked(faults=tuple(faults), bundle=None)
    try:
        bundle = _bundle_of(parts)
    except FaultyInputError as unreadable:
        return BundleChecked(faults=unreadable.faults, bundle=None)
    try:
        readme_of(bundle.card, bundle.seal, bundle.evaluated)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as reason:
        return BundleChecked(faults=_unreadable("evaluation.json", str(reason)).faults, bundle=None)
    told = str(_loaded(parts, "seal.json").get("mark", ""))
    faults = [
        *seal_faults(bundle.card, bundle.seal, mark=mark),
        *seal_faults(bundle.card, bundle.seal, mark=told or "-"),
        *_steps_that_differ(bundle),
        *_last_step(bundle, parts),
    ]
    if not faults:
        faults = _frame_faults(bundle, parts, content)
    faults = list({(one.code, one.where): one for one in faults}.values())
    return BundleChecked(faults=tuple(faults), bundle=None if faults else bundle)


def _unpacked(content: bytes) -> tuple[dict[str, bytes], list[Fault]]:
    broken = FaultyInputError(THING, [Fault(code="not-whole", says=NOT_WHOLE)])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(one.file_size for one in entries) > MOST_BYTES:
                raise broken
            parts, damaged = {}, []
            for one in entries:
                try:
                    parts[one.filename] = archive.read(one)
                except (zipfile.BadZipFile, zlib.error, lzma.LZMAError):
                    damaged.append(one.filename)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError, RuntimeError):
        raise broken from None
    faults = [Fault(code="part-damaged", says=DAMAGED, where=name) for name in damaged]
    faults += [
        Fault(code="part-missing", says=LACKS, where=name)
        for name in PARTS
        if name not in parts and name not in damaged
    ]
    faults += [Fault(code="part-besides", says=BESIDES, where=name) for name in parts if name not in PARTS]
    return parts, faults


def _against_manifest(parts: Mapping[str, bytes]) -> list[Fault]:
    if "manifest.json" not in parts:
        return []
    try:
        told: Any = _loaded(parts, "manifest.json")
    except FaultyInputError as unreadable:
        return list(unreadable.faults)
    faults = []
    for name in PARTS[:-1]:
        now, then = hash_of(parts.get(name, b"")), str(told.get(name, ""))
        if name in parts and now != then:
            facts = {"now": now[:12], "told": then[:12]}
            faults.append(Fault(code="other-hash", says=OTHER_HASH, where=name, facts=facts))
    return faults


def _loaded(parts: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        said = json.loads(parts[name].decode())
        if not isinstance(said, dict):
            raise TypeError(type(said).__name__)
        canonical_json(said)  # refuses what has no bytes: halves of letters, numbers that are none
    except (ValueError, TypeError, RecursionError) as reason:
        raise _unreadable(name, str(reason)) from None
    return said


def _unreadable(part: str, reason: str) -> FaultyInputError:
    fault = Fault(code="unreadable", says=UNREADABLE, where=part, facts={"reason": reason})
    return FaultyInputError(THING, [fault])


def _bundle_of(parts: Mapping[str, bytes]) -> PolicyBundle:
    """Return the bundle that the parts say. Raises FaultyInputError at the part that cannot be read."""
    try:
        card = read_card(parts["card.toml"])
    except YucaiError as reason:
        raise _unreadable("card.toml", reason.in_language("en").splitlines()[-1]) from None
    seal, opening, acceptance, evaluated = (
        _loaded(parts, name) for name in ("seal.json", "opening.json", "acceptance.json", "evaluated.json")
    )
    try:
        return PolicyBundle(
            card=card,
            seal=seal_of(seal),
            data=parts["data.csv"],
            opening=opening_of(opening),
            gate=parts["gate.json"],
            acceptance=acceptance_of(acceptance),
            evaluated=evaluated_of(evaluated, parts["evaluation.json"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as reason:
        raise _unreadable("seal.json", str(reason)) from None


def seal_of(said: Mapping[str, Any]) -> Seal:
    """Return a seal as its file says it."""
    return Seal(
        card=str(said["card"]), code=str(said["code"]), at=_time(said), by=str(said["by"]), rules=str(said["rules"]),
        versions=_versions(said), replaces=str(said["replaces"]),
    )  # fmt: skip


def opening_of(said: Mapping[str, Any]) -> OpenedData:
    """Return the opening of data as its file says it."""
    return OpenedData(
        seal=str(said["seal"]), data=str(said["data"]), size=int(said["size"]), at=_time(said), by=str(said["by"])
    )


def acceptance_of(said: Mapping[str, Any]) -> GateAcceptance:
    """Return the acceptance of a gate as its file says it."""
    return GateAcceptance(opening=str(said["opening"]), gate=str(said["gate"]), at=_time(said), by=str(said["by"]))


def evaluated_of(said: Mapping[str, Any], evaluation: bytes) -> EvaluatedPolicy:
    """Return the note of a result as its file says it."""
    return EvaluatedPolicy(
        acceptance=str(said["acceptance"]), evaluation=evaluation, at=_time(said), by=str(said["by"]),
        versions=_versions(said),
    )  # fmt: skip


def _versions(said: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(one) for name, one in said["versions"].items()}


def _time(said: Mapping[str, Any]) -> datetime:
    at = datetime.fromisoformat(said["at"])
    if at.tzinfo is None:
        raise ValueError(said["at"])
    return at.astimezone(UTC)


def _steps_that_differ(bundle: PolicyBundle) -> list[Fault]:
    try:
        require_steps(
            bundle.card, bundle.data, seal=bundle.seal, opening=bundle.opening, acceptance=bundle.acceptance,
            gate=bundle.gate, at=bundle.evaluated.at,
        )  # fmt: skip
    except FaultyInputError as differ:
        return list(differ.faults)
    return []


def _last_step(bundle: PolicyBundle, parts: Mapping[str, bytes]) -> list[Fault]:
    told, faults = _loaded(parts, "evaluated.json"), []
    if told.get("evaluation") != (now := hash_of(parts["evaluation.json"])):
        facts = {"at": told.get("at"), "now": now[:12], "then": str(told.get("evaluation"))[:12]}
        faults.append(Fault(code="other-result", says=OTHER_RESULT, where="evaluation.json", facts=facts))
    if told.get("acceptance") != hash_of(canonical_json(bundle.acceptance.as_json())):
        faults.append(Fault(code="other-acceptance", says=OTHER_ACCEPTANCE, where="evaluated.json"))
    return faults


def _frame_faults(bundle: PolicyBundle, parts: Mapping[str, bytes], content: bytes) -> list[Fault]:
    """Return what differs from the bundle made anew: a part in another form, or the frame around all of them."""
    anew = _parts(bundle)
    faults = [Fault(code="written-anew", says=WRITTEN_ANEW, where=name) for name in PARTS if anew[name] != parts[name]]
    if not faults and _packed(anew) != content:
        faults.append(Fault(code="frame", says=FRAME))
    return faults
