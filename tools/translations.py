"""Compares the words of the pages with their Chinese translation.

    python tools/translations.py            says every fault and compiles; 0 when there is no fault
    python tools/translations.py --update   first adds new words (empty, to be translated) and drops the ones unused

Words come from templates and Python files of ``src/yucai/web`` that use gettext. Sentences of the library are no part
of this: they are ``Text(en, zh)`` and hold both languages themselves.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, or imported by tests

from tools.assets import compile_translations

ROOT: Final = Path(__file__).resolve().parents[1]
WEB: Final = ROOT / "src" / "yucai" / "web"
CHINESE: Final = WEB / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
LOCALE: Final = "zh_Hans"
_LAZY: Final = {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_KEYWORDS: Final[dict[str, Any]] = {**DEFAULT_KEYWORDS, **_LAZY}
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sdf]|(?<!%)%[sdf]|\{\w*\}")


def main() -> int:
    """Say what is missing, or bring the catalogue up to date; return 0 when nothing is left to do."""
    used = words_used(WEB)
    if "--update" in sys.argv:
        update(CHINESE, used)
    if not CHINESE.is_file():
        sys.stderr.write(f"{CHINESE.relative_to(ROOT)} is missing; make it with --update.\n")
        return 1
    found = faults(used, read(CHINESE))
    sys.stderr.write("".join(f"{fault}\n" for fault in found))
    compile_translations(WEB / "locale")
    return 1 if found else 0


def words_used(folder: Path) -> Catalog:
    """Return every message that templates and Python files below ``folder`` ask gettext for, with its places."""
    catalogue = Catalog(locale=LOCALE)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".py", ".html", ".txt"} or "migrations" in path.parts:
            continue
        for line, message, context in _messages(path):
            catalogue.add(message, locations=[(str(path.relative_to(folder)), line)], context=context)
    return catalogue


def read(path: Path) -> Catalog:
    """Return a catalogue from its file."""
    with path.open("rb") as words:
        return read_po(words, locale=LOCALE, abort_invalid=True)


def faults(used: Catalog, translated: Catalog) -> list[str]:
    """Return one line for each word without a translation, each stale entry and each placeholder that got lost."""
    said = [f"not translated: {_shown(message)}" for message in used if message.id and not _done(message, translated)]
    for message in translated:
        if not message.id:
            continue
        if used.get(message.id, message.context) is None:
            said.append(f"stale, no page uses it: {_shown(message)}")
        elif _done(message, translated) and not _same_placeholders(message):
            said.append(f"placeholders differ: {_shown(message)} and {message.string!r}")
    return said + [f"obsolete, drop it: {_shown(message)}" for message in translated.obsolete.values()]


def update(path: Path, used: Catalog) -> None:
    """Write the catalogue with exactly the words in use; translations that fit are kept, none is guessed."""
    catalogue = read(path) if path.is_file() else Catalog(locale=LOCALE, project="Yucai", fuzzy=False)
    catalogue.update(used, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    out = BytesIO()
    write_po(out, catalogue, width=120, no_location=True, omit_header=False, sort_output=True, ignore_obsolete=True)
    dated = re.compile(rb'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team):.*\n', re.M)
    path.write_bytes(dated.sub(b"", out.getvalue()))


def _messages(path: Path) -> Iterator[tuple[int, Any, str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        from django.utils.translation.template import templatize

        # What is left is a line of calls to gettext among blanks; its indentation means nothing.
        source = "\n".join(line.lstrip() for line in templatize(source, origin=str(path)).splitlines())
    for line, message, _comments, context in extract("python", BytesIO(source.encode()), keywords=_KEYWORDS):
        yield line, message, context


def _done(message: Message, translated: Catalog) -> bool:
    found = translated.get(message.id, message.context)
    if found is None or found.fuzzy or not found.string:
        return False
    return all(found.string) if isinstance(found.string, (tuple, list)) else True


def _same_placeholders(message: Message) -> bool:
    ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    allowed = [set(_PLACEHOLDER.findall(text)) for text in ids]
    return all(set(_PLACEHOLDER.findall(text or "")) == allowed[-1] for text in strings)


def _shown(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    place = f" ({message.locations[0][0]}:{message.locations[0][1]})" if message.locations else ""
    return f"“{text}”{place}"


if __name__ == "__main__":
    sys.exit(main())
