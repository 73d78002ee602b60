"""What the command line asks of the site. Each function starts Django for one workspace and does one thing."""

from yucai.web.commands.feeding import FeedAdded, FeedDone, FeedOptions, add_evidence_feed, take_evidence_feed
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
    "FeedAdded",
    "FeedDone",
    "FeedOptions",
    "ImportUndone",
    "Measured",
    "PortraitWritten",
    "RecordsPartitioned",
    "Served",
    "StoreAdded",
    "TableDone",
    "TableOptions",
    "WorkspaceMade",
    "add_evidence_feed",
    "add_record_credential",
    "add_record_store",
    "back_up",
    "build_demo",
    "check_workspace",
    "import_file",
    "make_workspace",
    "measure",
    "partition_records",
    "revoke_record_credential",
    "serve",
    "take_evidence_feed",
    "undo_imported",
    "verify_records",
    "work",
    "write_portrait",
]
