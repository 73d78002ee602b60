"""What the command line asks of the site. Each function starts Django for one workspace and does one thing."""

from yucai.web.commands.gathering import (
    LakeFiles,
    RecordsGathered,
    RecordsMended,
    gather_records,
    list_lake_files,
    mend_records,
)
from yucai.web.commands.importing import TableOptions, import_file, undo_imported
from yucai.web.commands.keeping import back_up, serve, work
from yucai.web.commands.making import build_demo, make_workspace
from yucai.web.commands.recording import (
    CredentialAdded,
    CredentialRevoked,
    RecordsPartitioned,
    StoreAdded,
    add_record_credential,
    add_record_store,
    partition_records,
    revoke_record_credential,
    verify_records,
)
from yucai.web.commands.results import (
    BackedUp,
    Checked,
    DemoBuilt,
    ImportUndone,
    Measured,
    PortraitWritten,
    Served,
    TableDone,
    WorkspaceMade,
)
from yucai.web.commands.working import check_workspace, measure, write_portrait

__all__ = [
    "BackedUp",
    "Checked",
    "CredentialAdded",
    "CredentialRevoked",
    "DemoBuilt",
    "ImportUndone",
    "LakeFiles",
    "Measured",
    "PortraitWritten",
    "RecordsGathered",
    "RecordsMended",
    "RecordsPartitioned",
    "Served",
    "StoreAdded",
    "TableDone",
    "TableOptions",
    "WorkspaceMade",
    "add_record_credential",
    "add_record_store",
    "back_up",
    "build_demo",
    "check_workspace",
    "gather_records",
    "import_file",
    "list_lake_files",
    "make_workspace",
    "measure",
    "mend_records",
    "partition_records",
    "revoke_record_credential",
    "serve",
    "undo_imported",
    "verify_records",
    "work",
    "write_portrait",
]
