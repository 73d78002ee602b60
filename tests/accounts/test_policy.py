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
    said = '[sign_in]\nidle_minutes = 20\nlongest_hours = 8\nsecond_factor_for = ["director"]\n'
    assert read_policy(file(said)) == SignInPolicy(idle_minutes=20, longest_hours=8, second_factor_for=("director",))


def test_all_faults_are_named_at_once(file):
    said = '[sign_in]\nidle_minutes = 0\nlongest_hours = true\nsecond_factor_for = ["boss"]\nx = 1\n'
    with pytest.raises(FaultyInputError) as told:
        read_policy(file(said))
    assert [fault.code for fault in told.value.faults] == ["not-between", "not-between", "not-roles", "unknown"]
    assert "“boss”" in told.value.in_language("zh")
