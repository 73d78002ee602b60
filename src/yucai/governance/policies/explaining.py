"""The short text that lies in every bundle: what it is, and how an outsider looks into it and runs it again."""

from __future__ import annotations

import json
from typing import Final

from yucai.governance.policies.cards import PolicyCard
from yucai.governance.policies.evaluating import EvaluatedPolicy
from yucai.governance.policies.sealing import Seal
from yucai.governance.policies.verdicts import tell_verdict
from yucai.texts import Text

__all__ = ["readme_of"]

README: Final = Text(
    """# {title}

Issued by {issuer} ({document}); in force from {in_force}.{simulated}

Sealed on {at} by {by}, before the data were opened.
Mark of the seal: {mark}
Verdict: {verdict}

What lies here: `card.toml` is the policy and the plan, `seal.json` its seal; `data.csv` the figures; `opening.json`
when they were opened; `gate.json` what they can tell at best, and `acceptance.json` who saw that and went on;
`evaluation.json` the whole result, `evaluated.json` when it was worked out; `manifest.json` the hash of each part.

To look whether anything was changed:  `yucai policy verify {code}.zip --mark MARK`
To work the result out again:          `yucai policy rerun {code}.zip`

For MARK take the one that the office noted down or published when it sealed the card, whole, and never the one that is
written here. Without that, a bundle shows only that its parts belong together.
""",
    """# {title}

发布机关：{issuer}（{document}）；自 {in_force} 起施行。{simulated}

封存时间：{at}，封存人：{by}；封存先于打开数据。
封存标记：{mark}
结论：{verdict}

内容：`card.toml` 为政策与评估方案，`seal.json` 为封存信息；`data.csv` 为数据；`opening.json` 记录何时打开数据；
`gate.json` 为数据最多能说明什么，`acceptance.json` 记录由谁看过并决定继续；`evaluation.json` 为全部结果，
`evaluated.json` 记录何时算出；`manifest.json` 为各部分的哈希。

检查是否被改动：`yucai policy verify {code}.zip --mark 标记`
重新计算结果：　`yucai policy rerun {code}.zip`

命令中的“标记”请填单位封存时记下或公布的完整标记，切勿照抄本文件所写；否则只能说明包内各部分彼此一致。
""",
)
SIMULATED: Final = Text(" The figures are simulated.", "数据为模拟数据。")
NOTHING: Final = Text("", "")


def readme_of(card: PolicyCard, seal: Seal, evaluated: EvaluatedPolicy) -> str:
    """Return the text in both languages, English first."""
    verdict = tell_verdict(card, json.loads(evaluated.evaluation))
    said = Text(" ".join(one.en for one in verdict), "".join(one.zh for one in verdict))
    filled = README.filled(
        title=card.title,
        issuer=card.issuer,
        document=card.document,
        in_force=card.in_force.isoformat(),
        simulated=SIMULATED if card.simulated else NOTHING,
        at=seal.at.isoformat(timespec="seconds"),
        by=seal.by,
        mark=seal.mark,
        verdict=said,
        code=card.code,
    )
    return f"{filled.en}\n{filled.zh}"
