"""Forms of simple values, against what the standards say of them."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.statements.making import BOTH, V1, V2
from yucai.evidence.statements.forms import (
    is_duration,
    is_iri,
    is_language,
    is_media_type,
    is_uuid,
    moment_of,
    utc_text,
)

# RFC 5646, appendix A: every tag it gives as well-formed, and those it gives as invalid for their form.
WELL_FORMED = [
    "de",
    "fr",
    "ja",
    "i-enochian",
    "zh-Hant",
    "zh-Hans",
    "sr-Cyrl",
    "sr-Latn",
    "zh-cmn-Hans-CN",
    "cmn-Hans-CN",
    "zh-yue-HK",
    "yue-HK",
    "zh-Hans-CN",
    "sr-Latn-RS",
    "sl-rozaj",
    "sl-rozaj-biske",
    "sl-nedis",
    "de-CH-1901",
    "sl-IT-nedis",
    "hy-Latn-IT-arevela",
    "de-DE",
    "en-US",
    "es-419",
    "de-CH-x-phonebk",
    "az-Arab-x-AZE-derbend",
    "x-whatever",
    "qaa-Qaaa-QM-x-southern",
    "de-Qaaa",
    "sr-Latn-QM",
    "sr-Qaaa-RS",
    "en-US-u-islamcal",
    "zh-CN-a-myext-x-private",
    "en-a-myext-b-another",
]


@pytest.mark.parametrize(
    "tag", [*WELL_FORMED, *(tag.upper() for tag in WELL_FORMED), "i-klingon", "zh-min-nan", "root"]
)
def test_tags_of_the_standard_are_language_tags(tag):
    assert is_language(tag)


@pytest.mark.parametrize(
    "tag",
    ["de-419-DE", "a-DE", "ar-a-aaa-b-bbb-a-ccc", "", "-", "en--US", "en-a", "x-", "de-DE-a", "é", "en-x-123456789"],
)
def test_others_are_none(tag):
    assert not is_language(tag)


@given(st.datetimes().filter(lambda time: 1 < time.year < 9999), st.integers(-1439, 1439).filter(bool))
def test_a_timestamp_is_the_point_in_time_it_names(naive, minutes):
    time = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = time.isoformat(timespec="microseconds")
    for version in BOTH:
        assert moment_of(text, version) == time
    assert moment_of(naive.isoformat(timespec="seconds") + "Z", V2) == naive.replace(microsecond=0, tzinfo=UTC)


def test_finer_than_a_microsecond_is_cut_and_a_leap_second_is_the_next():
    assert moment_of("2026-01-01T00:00:00.1234567899Z", V2) == datetime(2026, 1, 1, 0, 0, 0, 123456, UTC)
    assert moment_of("2016-12-31T23:59:60Z", V2) == datetime(2017, 1, 1, tzinfo=UTC)
    assert moment_of("2026-01-01T00:00:00", V1) == datetime(2026, 1, 1, tzinfo=UTC)
    assert moment_of("2026-01-01T00:00", V2) == datetime(2026, 1, 1, tzinfo=UTC)
    assert moment_of("9999-12-31T23:59:60Z", V2) is None
    assert moment_of("0001-01-01T00:00:00+01:00", V2) is None


@given(
    st.datetimes().filter(lambda time: 1 < time.year < 9999),
    st.sampled_from(["Z", "z", "", "+00:00", "+08", "-0330", "+14:00", "-23:59"]),
    st.sampled_from(["", ":07", ":59.5", ":60", ":00,1234567890", ":00.000"]),
    st.sampled_from(["T", "t", " "]),
)
def test_a_time_in_utc_is_the_same_time_in_the_usual_form(time, offset, seconds, between):
    given = f"{time:%Y-%m-%d}".zfill(10) + f"{between}{time:%H:%M}{seconds}{offset}"
    told = utc_text(given)
    assert moment_of(told, V2) == moment_of(given, V2) is not None
    assert utc_text(told) == told
    assert told == given or re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}(\.\d+)?Z", told)
    assert told.upper().endswith(("Z", "+00:00"))
    assert told.partition(".")[2].rstrip("Zz").removesuffix("+00:00") == seconds.replace(",", ".").partition(".")[2]


@given(st.text(max_size=40) | st.from_regex(r"[0-9TZ:+.-]{5,30}"))
def test_no_text_breaks_a_check(text):
    for version in BOTH:
        assert isinstance(moment_of(text, version), datetime | None)
    for check in (is_iri, is_language, is_duration, is_media_type, is_uuid):
        assert check(text) in (True, False)


@pytest.mark.parametrize("long", ["http://example.org/" + "a" * 5000, "en" + "-abcde" * 2000, "PT" + "1" * 5000 + "S"])
def test_what_is_longer_than_anybody_needs_is_refused(long):
    assert not any(check(long) for check in (is_iri, is_language, is_duration))


@pytest.mark.parametrize("good", ["text/plain", "text/plain; charset=ascii", 'application/x; a="b c"', "image/svg+xml"])
def test_media_types(good):
    assert is_media_type(good)


@pytest.mark.parametrize(
    "bad",
    [
        "text",
        "text/",
        "/plain",
        "text plain",
        "text/plain; charset",
        "text/plain\r\nX: y",
        "a/b" + " " * 60_000 + "x",
        "文/本",
    ],
)
def test_no_media_types(bad):
    assert not is_media_type(bad)
