"""A disk that takes nothing more is told in one sentence on the pages; what it does to records is tried by command."""

import errno

import pytest
from django.db import OperationalError

from tests.web.desk import dropped
from yucai.errors import is_full_disk
from yucai.web.evidence import desk_files
from yucai.web.evidence.models import Upload


@pytest.mark.parametrize(
    "problem", [OSError(errno.ENOSPC, "No space left on device"), OperationalError("database or disk is full")]
)
def test_a_file_that_finds_no_room_is_told_and_not_kept(director, space, monkeypatch, problem):
    def no_room(_descriptor):
        raise problem

    monkeypatch.setattr(desk_files.os, "fsync", no_room)  # no disk fills at our word
    director.raise_request_exception = False
    answer = dropped(director, space, "a.csv", "学号,姓名\n".encode())
    assert (answer.status_code, Upload.objects.count()) == (507, 0)
    assert "磁盘已满或无法写入。本次操作未记录任何内容" in answer.content.decode()


def test_another_failure_is_no_full_disk(director, space, monkeypatch):
    def broken(_descriptor):
        raise RuntimeError("x")

    monkeypatch.setattr(desk_files.os, "fsync", broken)
    director.raise_request_exception = False
    answer = dropped(director, space, "a.csv", "学号,姓名\n".encode())
    assert (answer.status_code, "磁盘" in answer.content.decode()) == (500, False)


def test_only_a_disk_is_a_disk():
    assert not is_full_disk(ValueError("database or disk is full"))
    assert not is_full_disk(OSError(errno.EACCES, "no"))
    assert not is_full_disk(None)
    outer = RuntimeError("x")
    outer.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert is_full_disk(outer)
