"""The pages of Yucai, and what the command line needs of them.

Django is loaded only when one of these functions is called: importing the room costs little.
"""

from yucai.web.commands import (
    BackedUp,
    Checked,
    DemoBuilt,
    ImportUndone,
    Measured,
    PortraitWritten,
    Served,
    TableDone,
    TableOptions,
    WorkspaceMade,
    back_up,
    build_demo,
    check_workspace,
    import_file,
    make_workspace,
    measure,
    serve,
    undo_imported,
    work,
    write_portrait,
)

__all__ = [
    "BackedUp",
    "Checked",
    "DemoBuilt",
    "ImportUndone",
    "Measured",
    "PortraitWritten",
    "Served",
    "TableDone",
    "TableOptions",
    "WorkspaceMade",
    "back_up",
    "build_demo",
    "check_workspace",
    "import_file",
    "make_workspace",
    "measure",
    "serve",
    "undo_imported",
    "work",
    "write_portrait",
]
