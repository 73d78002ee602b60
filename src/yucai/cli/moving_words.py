"""Options of the commands that move statements in and out of a record store, and what is said of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from yucai.texts import Text

__all__ = ["MOVING", "add_moving_options"]

MOVING: Final = (
    *("forward-to", "forwardings", "forward", "resend", "pause-forwarding", "resume-forwarding"),
    *("import", "export"),
)
SAYS: Final[Mapping[str, Text]] = {
    "to": Text(
        "forward-to: address of the other store; export: file to write", "forward-to：对方地址；export：输出文件"
    ),
    "key": Text("forward-to: key at the other store", "forward-to：对方记录库的 key"),
    "secret-file": Text(
        "forward-to: file that holds the secret (asked for without it)", "forward-to：存放 secret 的文件（缺省时询问）"
    ),
    "verb": Text("forward-to: only statements with this verb", "forward-to：只转发此动词的陈述"),
    "activity": Text("forward-to: only statements about this activity", "forward-to：只转发关于此活动的陈述"),
    "from-credential": Text("forward-to: only statements of this key", "forward-to：只转发此 key 发来的陈述"),
    "store": Text("import, export: code of the store", "import、export：记录库代码"),
    "as": Text(
        "import: key whose authority the statements get (their own)", "import：陈述改用此 key 的授权方（默认保留原有）"
    ),
    "attachments": Text(
        "import, export: folder of attachments, each under its hash", "import、export：附件文件夹，以哈希值命名"
    ),
    "refused-lines": Text("import: file to write the refused lines to", "import：被拒行写入的文件"),
}


def add_moving_options(parser: argparse.ArgumentParser, say: Callable[[Text], str]) -> None:
    """Add the options to the parser of ``yucai records``."""
    for name in ("to", "key", "verb", "activity", "from-credential", "store", "as"):
        parser.add_argument(f"--{name}", default="", help=say(SAYS[name]))
    for name in ("secret-file", "attachments", "refused-lines"):
        parser.add_argument(f"--{name}", type=Path, help=say(SAYS[name]))
