"""Statements in files: one at a time, refused as at the door, each with its line."""

import gzip
import json
import tracemalloc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.statements import making
from yucai.evidence import (
    FaultyStatementsError,
    FileMissingError,
    FileUnreadableError,
    NoStatementFileError,
    NotJsonError,
    RecordRefusedError,
    RequestLimits,
    TooLargeError,
    Version,
    read_statement_file,
    read_statements,
)

ONE, OTHER = making.MINIMAL, making.ANSWERED
SMALL = RequestLimits(statement_bytes=1000)


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path, *, limits=None):
    return list(read_statement_file(path, version=Version.V2, limits=limits))


def values(found):
    return [None if one.sent is None else one.sent.value for one in found]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.json", json.dumps([ONE, OTHER]), [1, 1]),
        ("a.json", json.dumps([ONE, OTHER], indent=1), [2, 16]),
        ("a.json", json.dumps(ONE), [1]),
        ("a.json", f"\ufeff\n{json.dumps(ONE)}\n{json.dumps(OTHER)}", [2, 3]),
        ("a.json", "[]", []),
        ("a.json", "", []),
        ("a.jsonl", f"{json.dumps(ONE)}\r\n\r\n  {json.dumps(OTHER)}\n", [1, 3]),
        ("A.NDJSON", f"\ufeff{json.dumps(ONE)}\n{json.dumps(OTHER)}", [1, 2]),
        ("a.jsonl", "\n \n", []),
    ],
)
def test_arrays_values_and_lines_are_read_packed_or_not(tmp_path, name, text, lines, packed):
    content = gzip.compress(text.encode()) if packed else text.encode()
    found = read(written(tmp_path, f"{name}.gz" if packed else name, content))
    assert [one.line for one in found] == lines
    assert values(found) == [ONE, OTHER][: len(lines)]


def test_the_bytes_of_a_statement_are_kept_as_they_stand(tmp_path):
    raw = '{ "actor": {"mbox":"mailto:l\\u0069n@example.edu"},\n"verb":{"id":"http://x.org/{[\\"}"},"object":{"id":"http://x.org/1"}}'
    raw = raw.replace('{[\\"}', "did")
    (found,) = read(written(tmp_path, "a.json", f"[ {raw} ]"))
    assert found.sent.raw == raw.encode()


def test_what_is_refused_comes_with_its_line_and_reading_goes_on(tmp_path):
    lines = [
        json.dumps(ONE),
        '{"actor"',
        json.dumps({**ONE, "verb": {}}),
        "[]",
        "7",
        '{"a":1,"a":2}',
        json.dumps(OTHER),
    ]
    found = read(written(tmp_path, "a.jsonl", "\n".join(lines)))
    assert [(one.line, type(one.refused)) for one in found] == [
        (1, type(None)),
        (2, NotJsonError),
        (3, FaultyStatementsError),
        (4, NotJsonError),
        (5, NotJsonError),
        (6, NotJsonError),
        (7, type(None)),
    ]
    assert [fault.where for fault in found[2].refused.faults] == ["verb"]
    assert "array" in found[3].refused.in_language("en")
    assert "数组" in found[3].refused.in_language("zh")


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("[{}", [1, 1]),
        ('[\n"a', [2, 2]),
        ("[1, true]", [1, 1]),
        ("[{},]", [1, 1, 1]),
        ("[{}}{}]", [1, 1, 1, 1, 1]),
        ("[{}]\n{}", [1, 2]),
        ("[[{}]]", [1]),
        ("{}}", [1, 1]),
        ("7", [1]),
        ('"', [1]),
        ("[", [1]),
        ("]", [1]),
        ('{"statements":[]', [1]),
        ('{"statements":[],"more":7}', [1]),
        ('{"statements":[]}\n[]', [2]),
        (",", [1]),
    ],
)
def test_a_broken_array_is_refused_where_it_breaks(tmp_path, text, refused):
    found = read(written(tmp_path, "a.json", text))
    assert [one.line for one in found if one.refused] == refused
    assert all(isinstance(one.refused, RecordRefusedError) and one.refused.status == 400 for one in found)


@pytest.mark.parametrize("more", [None, "", "/xapi/statements/more/abc"])
@pytest.mark.parametrize("first", [True, False])
def test_the_answer_of_a_store_is_read_and_told_where_it_is_not_all(tmp_path, more, first):
    answer = {"statements": [ONE, OTHER]} if more is None else {"statements": [ONE, OTHER], "more": more}
    names = sorted(answer, reverse=not first)
    text = json.dumps({name: answer[name] for name in names}, indent=1)
    found = read(written(tmp_path, "a.json", text))
    assert values(found)[:2] == [ONE, OTHER]
    told = [one.refused.in_language("en") for one in found if one.refused]
    assert len(told) == bool(more)
    assert all("one page of a longer answer" in one and "abc" not in one for one in told)


@given(
    st.lists(making.statements(Version.V2), max_size=4),
    st.sampled_from([None, 1, "\t"]),
    st.sampled_from([(",", ":"), (" , ", " :\n")]),
    st.booleans(),
)
def test_any_statements_written_to_a_file_are_read_as_the_door_reads_them(
    tmp_path_factory, statements, indent, separators, ascii_only
):
    text = json.dumps(statements, indent=indent, separators=separators, ensure_ascii=ascii_only)
    path = written(tmp_path_factory.mktemp("files"), "a.json", text)
    door = [] if not statements else [
        read_statements(json.dumps(one, ensure_ascii=ascii_only).encode(), version=Version.V2, limits=RequestLimits())
        for one in statements
    ]  # fmt: skip
    assert values(read(path)) == [batch.statements[0].value for batch in door]


@given(
    st.binary(max_size=300) | st.text('[]{},:"\\ \n1a', max_size=60).map(str.encode), st.sampled_from(["json", "jsonl"])
)
def test_whatever_stands_in_a_file_comes_to_statements_or_refusals(tmp_path_factory, content, ending):
    if content.startswith(b"\x1f\x8b"):
        content = content[1:]
    found = read(written(tmp_path_factory.mktemp("files"), f"a.{ending}", content))
    assert all((one.sent is None) != (one.refused is None) and one.line >= 1 for one in found)


@pytest.mark.parametrize(
    "filler",
    ["x" * 300_000, "\\\\" * 150_000, '\\"' * 150_000, "\\\\" + "y" * 200_000, "y" * 65_524 + "\\\\" * 100_000],
)
def test_one_too_large_is_refused_and_the_next_is_read(tmp_path, filler):
    large = f'{{"actor": "{filler}", "b": [1, {{}}]}}'
    for name, text in (("a.json", f"[\n{large},\n{json.dumps(ONE)}]"), ("a.jsonl", f"\n{large}\n{json.dumps(ONE)}\n")):
        first, second = read(written(tmp_path, name, text), limits=SMALL)
        assert (first.line, type(first.refused)) == (2, TooLargeError)
        assert first.refused.status == 413
        assert first.refused.facts["found"] >= 200_000
        assert (second.line, second.sent.value) == (3, ONE)


@pytest.mark.parametrize("size", [65_500 + n for n in range(0, 80, 3)])
def test_a_string_that_crosses_from_piece_to_piece_stays_whole(tmp_path, size):
    statement = {**ONE, "context": {"platform": 'a"\\' * (size // 5)}}
    found = read(written(tmp_path, "a.json", json.dumps([statement, ONE])))
    assert values(found) == [statement, ONE]


def test_memory_stays_bounded_however_long_the_file(tmp_path):
    path = tmp_path / "long.json.gz"
    line = json.dumps(OTHER)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(f"[{line}")
        for _ in range(8_000):
            file.write(f",\n{line}")
        file.write("]")
    unpacked = 8_001 * len(line)
    reading = read_statement_file(path, version=Version.V2)
    list(islice(reading, 100))
    tracemalloc.start()
    rest = sum(1 for one in reading if one.sent)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rest == 7_901
    assert unpacked > 8_000_000
    assert peak < 1_500_000


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"x", NoStatementFileError),
        ("a.gz", b"x", NoStatementFileError),
        ("a.json.gz", gzip.compress(b"[" + json.dumps(ONE).encode() + b"]")[:-9], FileUnreadableError),
        ("a.jsonl", b"\x1f\x8bnothing packed", FileUnreadableError),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, name, content, error):
    path = written(tmp_path, name, content)
    with pytest.raises(error) as refused:
        read(path)
    assert all(name in refused.value.in_language(language) for language in ("en", "zh"))


def test_a_file_that_is_not_there_or_a_folder_says_so(tmp_path):
    with pytest.raises(FileMissingError):
        read(tmp_path / "gone.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(FileUnreadableError):
        read(tmp_path / "folder.json")
