"""What an office settles about signing in, in the settings file of its workspace."""

import pytest

from yucai.errors import FaultyInputError
from yucai.web.policy import SignInPolicy, read_policy


@pytest.fixture
def file(tmp_path):
    def written(text):
        (tmp_path / "yucai.toml").write_text(f'name = "x"\n{text}', encoding="utf-8")
        return tmp_path / "yucai.toml"

    return written


def test_without_a_word_the_defaults_hold(file, tmp_path):
    assert read_policy(file("")) == read_policy(tmp_path / "nothing.toml") == SignInPolicy()
    assert (SignInPolicy().idle_minutes, SignInPolicy().longest_hours) == (60, 10)


def test_what_is_settled_is_read(file):
    said = 'idle_minutes = 0\nlongest_hours = true\nsecond_factor_for = ["boss"]\nproxies = "all"\nhttps = 1\nx = 1\n'
    with pytest.raises(FaultyInputError) as told:
        read_policy(file(f"[sign_in]\n{said}"))
    assert [fault.code for fault in told.value.faults] == [
        "not-between", "not-between", "not-roles", "not-address", "not-yes-no", "unknown",
    ]  # fmt: skip
    assert "“boss”" in told.value.in_language("zh")
