"""Whatever a file holds, every reader ends in what it promises or in one sentence of ours, never in anything else."""

import contextlib
import csv
import io

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.evidence.observing import SCHEME, ZONE
from tests.unit.evidence.office_files import AT, ROWS, TITLES, html_file, xls_file, xlsx_file, xml_file, zip_file
from tests.unit.evidence.rating_making import RUBRIC, a_plan, a_sheet
from tests.unit.evidence.test_observation_boris import AGGREGATED, GIVEN, TABULAR
from yucai.errors import YucaiError
from yucai.evidence import load_profiles, preview_file, read_boris, read_rating_sheet, read_responses, read_table

PLAN = a_plan()
READERS = {
    "a first look": preview_file,
    "any table": lambda path: read_table(path, at=AT),
    "a table of scores": lambda path: read_table(path, "responses", at=AT),
    "responses": read_responses,
    "observations": lambda path: read_boris(path, scheme=SCHEME, zone=ZONE, given=GIVEN),
    "a rating sheet": lambda path: read_rating_sheet(path, PLAN, RUBRIC, rater="An"),
}
SMALL = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Give the bytes of a sound file of each kind, and of each reader."""
    folder = tmp_path_factory.mktemp("sound")
    table = [TITLES, *ROWS]
    paths = [
        xlsx_file(folder / "a.xlsx", table), xls_file(folder / "a.xls", table), xml_file(folder / "b.xls", table),
        html_file(folder / "c.xls", table), zip_file(folder / "a.zip", {"a.csv": "学号,成绩\n1,2\n"}),
        a_sheet(folder, PLAN),
    ]  # fmt: skip
    parquet = io.BytesIO()
    pl.DataFrame({"learner": ["s1", "s2"], "item": ["e"] * 2, "score": [1.0, None], "max_score": [2, 2]}).write_parquet(
        parquet
    )
    texts = [TABULAR, AGGREGATED, "learner,item,score,max_score\ns1,e,1,2\n"]
    return [*(path.read_bytes() for path in paths), parquet.getvalue(), *(text.encode("gb18030") for text in texts)]


@pytest.mark.parametrize("reader", READERS)
@SMALL
@given(data=st.data())
def test_a_damaged_file_of_any_kind_is_read_or_refused(reader, data, tmp_path, sound):
    content = bytearray(data.draw(st.sampled_from(sound)))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged"
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    with contextlib.suppress(YucaiError):
        READERS[reader](path)


WORDS = sorted({title for profile in load_profiles().values() for title in profile.titles})
CELLS = st.one_of(
    st.sampled_from(["1", "缺考", "2025秋", "85%", "1e400", "'=1", "合计", "n", "0", " "]), st.text(max_size=6)
)


@pytest.mark.parametrize("reader", READERS)
@SMALL
@given(
    titles=st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), min_size=1, max_size=9),
    rows=st.lists(st.lists(CELLS, max_size=9), max_size=6),
)
def test_any_cells_under_any_titles_that_are_known_are_read_or_refused(reader, titles, rows, tmp_path):
    path = tmp_path / "any.csv"
    with path.open("w", encoding="utf-8", newline="", errors="ignore") as file:
        csv.writer(file).writerows([titles, *rows])
    with contextlib.suppress(YucaiError):
        READERS[reader](path)
