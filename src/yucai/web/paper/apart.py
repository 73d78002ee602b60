"""Typesets in a process of its own, which gives all its memory back: run as a file, it imports nothing of ours.

The typesetter keeps what it laid out for the next time, some megabytes a page; for hundreds of pages that is too much.
The wish comes as JSON on the standard input, the answer goes as JSON to the standard output: what was refused, or "".
"""

import json
import sys
from typing import Any


def typeset(wish: dict[str, Any]) -> str:
    """Write the PDF of a wish and return what the typesetter says against it, or nothing."""
    import typst

    faces = typst.Fonts(
        include_system_fonts=wish["all_faces"], include_embedded_fonts=wish["all_faces"], font_paths=[wish["fonts"]]
    )
    try:
        made, warnings = typst.compile_with_warnings(
            wish["template"],
            root=wish["root"],
            font_paths=faces,
            format="pdf",
            sys_inputs={"page": wish["contents"]},
            pdf_standards=wish["standards"],
            timestamp=wish["timestamp"],
        )
    except typst.TypstError as reason:
        return str(reason).splitlines()[0]
    if warnings:  # a face that was not found would leave holes on the paper
        return str(warnings[0].message)
    with open(wish["to"], "wb") as file:  # noqa: PTH123  (nothing is imported that need not be)
        file.write(made)
    return ""


if __name__ == "__main__":
    json.dump(typeset(json.load(sys.stdin)), sys.stdout)
