"""The forms of values in statements: IRIs, mail addresses, UUIDs, language tags, timestamps, durations.

Each check is asked about the same few values over and over, so that answers are remembered, within bounds.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from yucai.evidence.statements.versions import Version

__all__ = [
    "is_duration",
    "is_iri",
    "is_language",
    "is_mail_address",
    "is_media_type",
    "is_sha1",
    "is_sha2",
    "is_uuid",
    "moment_of",
    "utc_text",
]

LONGEST = 4096

# RFC 3987, as far as it can be told without the meaning of each scheme.
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:%[0-9A-Fa-f]{2}|[^\s%<>\"{}|\\^`\x00-\x20\x7f-\x9f\ud800-\udfff\ufffe\uffff])+"
)
_MAIL = re.compile(r"mailto:[^\s@<>\"\x00-\x20\x7f]+@[^\s@<>\"?#\x00-\x20\x7f]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105  (a token of RFC 7230, nothing secret)
_MEDIA = re.compile(rf'{_TOKEN}/{_TOKEN}(?:\s*;\s*{_TOKEN}=(?:{_TOKEN}|"[^"\x00-\x1f]*"))*\s*;?\s*')

# RFC 5646, section 2.1. Irregular tags are those no rule of it covers.
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*)"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_PRIVATE = re.compile(r"x(?:-[a-z0-9]{1,8})+")
_IRREGULAR = frozenset(
    {
        *("en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux", "i-mingo"),
        *("i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-be-fr", "sgn-be-nl", "sgn-ch-de", "art-lojban"),
        *("cel-gaulish", "no-bok", "no-nyn", "zh-guoyu", "zh-hakka", "zh-min", "zh-min-nan", "zh-xiang"),
    }
)
_SINGLETON = re.compile(r"-([0-9a-wyz])(?=-)")

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?([Zz]|([+-])(\d\d)(?::?(\d\d))?)?", re.ASCII
)
_BASIC = re.compile(
    r"(\d{4})(\d\d)(\d\d)[Tt](\d\d)(\d\d)(?:(\d\d)(?:[.,](\d+))?)?([Zz]|([+-])(\d\d)(?::?(\d\d))?)?", re.ASCII
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_UTC = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|\+00:00)", re.ASCII)

# ISO 8601:2004 4.4.3.2: the smallest part may have a fraction, weeks stand alone.
_DURATION = re.compile(
    r"P(?!$)(?:\d+(?:[.,]\d+)?W|(?:\d+(?:[.,]\d+(?=Y$))?Y)?(?:\d+(?:[.,]\d+(?=M$))?M)?(?:\d+(?:[.,]\d+(?=D$))?D)?"
    r"(?:T(?=\d)(?:\d+(?:[.,]\d+(?=H$))?H)?(?:\d+(?:[.,]\d+(?=M$))?M)?(?:\d+(?:[.,]\d+)?S)?)?)",
    re.ASCII,
)


@lru_cache(maxsize=16_384)
def is_iri(value: str) -> bool:
    """Tell whether this is an IRI with a scheme; an IRL is one too.

    >>> is_iri("http://adlnet.gov/expapi/verbs/answered"), is_iri("example.com/verb"), is_iri("ab=c://x")
    (True, False, False)
    """
    return len(value) <= LONGEST and _IRI.fullmatch(value) is not None


@lru_cache(maxsize=16_384)
def is_mail_address(value: str) -> bool:
    """Tell whether this is ``mailto:`` and one mail address."""
    return len(value) <= LONGEST and _MAIL.fullmatch(value) is not None


def is_uuid(value: str) -> bool:
    """Tell whether this is a UUID in the form of RFC 4122, of any variant and either case."""
    return _UUID.fullmatch(value) is not None


def is_sha1(value: str) -> bool:
    """Tell whether this is a SHA-1 in hexadecimal digits."""
    return _SHA1.fullmatch(value) is not None


def is_sha2(value: str) -> bool:
    """Tell whether this is a SHA-224, 256, 384 or 512 in hexadecimal digits."""
    return _SHA2.fullmatch(value) is not None


@lru_cache(maxsize=1_024)
def is_media_type(value: str) -> bool:
    """Tell whether this is a media type, with or without parameters."""
    return len(value) <= 255 and _MEDIA.fullmatch(value) is not None


@lru_cache(maxsize=1_024)
def is_language(value: str) -> bool:
    """Tell whether this is a language tag of RFC 5646 in its form; no list of languages is asked.

    >>> is_language("zh-Hans-CN"), is_language("i-klingon"), is_language("de-419-DE"), is_language("something")
    (True, True, False, False)
    """
    if len(value) > LONGEST or not value.isascii():
        return False
    tag = value.lower()
    if tag in _IRREGULAR or _PRIVATE.fullmatch(tag):
        return True
    found = _LANGUAGE.fullmatch(tag)
    if found is None:
        return False
    singletons = _SINGLETON.findall(found["extensions"])
    variants = found["variants"].split("-")[1:]
    return len(set(singletons)) == len(singletons) and len(set(variants)) == len(variants)


@lru_cache(maxsize=4_096)
def is_duration(value: str) -> bool:
    """Tell whether this is a duration with designators, such as ``PT4H35M59.14S``.

    >>> is_duration("P3Y1M29DT4H35M59.14S"), is_duration("P4W"), is_duration("P4W1D"), is_duration("PT")
    (True, True, False, False)
    """
    return len(value) <= LONGEST and _DURATION.fullmatch(value) is not None


@lru_cache(maxsize=4_096)
def moment_of(value: str, version: Version) -> datetime | None:
    """Return the point in time of a timestamp, in UTC, or None where it is no timestamp.

    Without an offset the time counts as UTC: xAPI 2.0 asks tools for RFC 3339 in UTC, and stores to convert what is not
    in UTC instead of refusing it. 1.0 takes the basic form of ISO 8601, too. Neither takes an offset of minus zero.
    What is finer than a microsecond is cut off here, not in the statement.
    """
    if len(value) > LONGEST:
        return None
    if _RFC3339.fullmatch(value) and not value.endswith("-00:00"):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # a leap second, or no day of the calendar: told apart below
    found = _MOMENT.fullmatch(value) or (_BASIC.fullmatch(value) if version is Version.V1 else None)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, off_hours, off_minutes = found.groups()
    if int(off_hours or 0) > 23 or int(off_minutes or 0) > 59:
        return None
    offset = timedelta(hours=int(off_hours or 0), minutes=int(off_minutes or 0))
    if sign == "-":
        if not offset:
            return None
        offset = -offset
    seconds = int(second or 0)
    leap = timedelta(seconds=1) if seconds == 60 else timedelta()
    micro = int(f"{fraction or ''}000000"[:6])
    try:
        at = datetime(
            int(year), int(month), int(day), int(hour), int(minute), 59 if leap else seconds, micro, timezone(offset)
        )
        return at.astimezone(UTC) + leap
    except (ValueError, OverflowError):
        return None


def utc_text(value: str) -> str:
    """Return a timestamp that xAPI 2.0 takes in UTC, in RFC 3339; the same text if it is so already.

    Seconds and what is finer stay as they were written.

    >>> utc_text("2026-11-26T17:30:00.1250+08:00"), utc_text("2026-11-26T09:30"), utc_text("2026-11-26T09:30:00+00:00")
    ('2026-11-26T09:30:00.1250Z', '2026-11-26T09:30:00Z', '2026-11-26T09:30:00+00:00')
    """
    if _UTC.fullmatch(value):
        return value
    found = _MOMENT.fullmatch(value)
    if found is None:
        raise ValueError(value)
    *numbers, second, fraction, _, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    year, month, day, hour, minute = (int(number) for number in numbers)
    at = datetime(year, month, day, hour, minute, tzinfo=UTC) - (-offset if sign == "-" else offset)
    return f"{at.isoformat()[:16]}:{second or '00'}{'.' + fraction if fraction else ''}Z"
