"""Tables that are described once, and shown on pages and given as workbooks from that."""

from yucai.evidence import CellKind
from yucai.web.listing.columns import Cell, Column, On, Sorting, Table, Value, nothing, plain_table
from yucai.web.listing.files import XLSX, About, table_file, workbook_of
from yucai.web.listing.showing import ShownCell, heads, said, shown_rows, written

__all__ = [
    "XLSX",
    "About",
    "Cell",
    "CellKind",
    "Column",
    "On",
    "ShownCell",
    "Sorting",
    "Table",
    "Value",
    "heads",
    "nothing",
    "plain_table",
    "said",
    "shown_rows",
    "table_file",
    "workbook_of",
    "written",
]
