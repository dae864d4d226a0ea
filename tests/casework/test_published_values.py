"""Values that a library or a pattern judges, held to published specimens of both kinds.

None of them was computed by the code under test. Keys, thumbprints, signatures, SM2 and sealed parts have theirs in
tests/signing and tests/vectors, proofs and notes in tests/transparency.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.access.acting import decode
from app.casework.acts.register import Person
from app.casework.document import Attachment
from app.casework.values import CreditCode, Day, Id, Instant, ResidentId
from app.errors import InvalidDocument
from app.problems import validation_errors
from app.signing import b64url, strict_json
from app.transparency.entries import HEAD, notice_entry
from tests.casework.stage import Stage


def judged(kind: Any, written: str) -> Any:
    return TypeAdapter(kind).validate_python(written)


def refusal(kind: Any, written: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        judged(kind, written)
    (row,) = validation_errors(refused.value.errors())
    return row


# The two examples of GB 11643-1999 itself, and that of python-stdnum. The last place may be typed small.
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("11010519491231002X", "11010519491231002X"),
        ("11010519491231002x", "11010519491231002X"),
        ("440524188001010014", "440524188001010014"),
        ("360426199101010071", "360426199101010071"),
    ],
)
def test_resident_ids_that_are_published_as_good_are_taken(written: str, read: str) -> None:
    assert judged(ResidentId, written) == read


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("990121199001010019", "check_digit"),
        ("110105194912310021", "check_digit"),  # published beside the first good one as its forgery
        ("440524189001010014", "check_digit"),
        ("110105194902310026", "birth_date"),  # 31 February
        ("110105000001010010", "birth_date"),
        ("110105491231002", "form"),  # 15 digits, as before 1999
        ("１１０１０５１９４９１２３１００２Ｘ", "form"),
        ("11010519491231002-X", "form"),
        ("X1010519491231002X", "form"),
        ("11010519491231002X ", "form"),
    ],
)
def test_a_resident_id_is_refused_with_the_reason_in_both_languages_and_never_repeated(written: str, why: str) -> None:
    row = refusal(ResidentId, written)
    assert row["code"] == f"resident_id_{why}"
    assert "GB 11643" in row["detail"]
    assert "公民身份号码" in row["detail_zh"]
    assert written not in json.dumps(row, ensure_ascii=False)


def test_nobody_is_born_after_the_day_on_which_the_lead_is_registered() -> None:
    # The check digit of GB 11643 for these 17 places was computed by hand.
    born_in_2028 = {"token": "p1", "role": "reported", "id_no": "990121202803020016"}
    with pytest.raises(InvalidDocument, match="still to come"):
        Stage(datetime(2028, 3, 1, 15, 59, tzinfo=UTC)).register("town-one", persons=[born_in_2028])
    Stage(datetime(2028, 3, 1, 16, 0, tzinfo=UTC)).register("town-one", persons=[born_in_2028])


# The example of GB 32100-2015, that of the OECD's paper on Chinese numbers, and one of Hutool's tests.
@pytest.mark.parametrize("written", ["91350100M000100Y43", "91110000600037341L", "91310110666007217T"])
def test_credit_codes_that_are_published_as_good_are_taken(written: str) -> None:
    assert judged(CreditCode, written) == judged(CreditCode, written.lower()) == written


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("91350211M00013FA1N", "check_digit"),  # Hutool: given out before the standard
        ("91350100M000100Y4A", "check_digit"),
        ("9135O100M000100Y43", "form"),
        ("91350100M000100Y4", "form"),
        ("ﬀ350100M000100Y43", "form"),  # a ligature that becomes two letters in upper case
    ],
)
def test_a_credit_code_is_refused_with_the_reason_in_both_languages(written: str, why: str) -> None:
    row = refusal(CreditCode, written)
    assert row["code"] == f"credit_code_{why}"
    assert "GB 32100" in row["detail"]
    assert "统一社会信用代码" in row["detail_zh"]


def test_a_person_is_told_which_member_is_wrong() -> None:
    with pytest.raises(ValidationError) as refused:
        Person(token="p1", role="reported", id_no="990121199001010019")
    (row,) = validation_errors(refused.value.errors())
    assert (row["pointer"], row["code"]) == ("/id_no", "resident_id_check_digit")


# RFC 3339 section 5.8.
@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("1985-04-12T23:20:50.52Z", datetime(1985, 4, 12, 23, 20, 50, 520_000, UTC)),
        ("1996-12-19T16:39:57-08:00", datetime(1996, 12, 20, 0, 39, 57, 0, UTC)),
        ("1937-01-01T12:00:27.87+00:20", datetime(1937, 1, 1, 11, 40, 27, 870_000, UTC)),
    ],
)
def test_the_times_of_rfc_3339_are_read(written: str, means: datetime) -> None:
    assert judged(Instant, written) == means


# The first is a leap second of RFC 3339; no clock of an agency shows one, and Python has no such instant.
@pytest.mark.parametrize(
    "written",
    [
        "1990-12-31T23:59:60Z",
        "1985-04-12 23:20:50Z",
        "1985-04-12t23:20:50z",
        "1985-04-12T23:20:50",
        "2023-02-29T00:00:00Z",
        "1985-04-12T24:00:00Z",
        "19850412T232050Z",
        "1985-W15-5T23:20:50Z",
        "1985-04-12T23:20:50+0800",
        "482196050",
    ],
)
def test_what_is_no_time_is_told_how_one_is_written(written: str) -> None:
    row = refusal(Instant, written)
    assert row["code"] == "time_form"
    assert "时间" in row["detail_zh"]


@pytest.mark.parametrize("written", ["2024-02-29", "2000-02-29", "1996-12-19"])
def test_days_of_the_calendar_are_read(written: str) -> None:
    assert judged(Day, written).isoformat() == written


@pytest.mark.parametrize("written", ["2023-02-29", "1900-02-29", "2026-13-01", "20260302", "2026-3-2", "2026-W10-1"])
def test_what_is_no_day_is_told_how_one_is_written(written: str) -> None:
    assert refusal(Day, written)["code"] == "date_form"


# RFC 9562, appendices A and B: one of each version.
@pytest.mark.parametrize(
    "written",
    [
        "c232ab00-9414-11ec-b3c8-9f6bdeced846",
        "5df41881-3aed-3515-88a7-2f4a814cf09e",
        "919108f7-52d1-4320-9bac-f847db4148a8",
        "2ed6657d-e927-568b-95e1-2665a8aea6a2",
        "1ec9414c-232a-6b00-b3c8-9f6bdeced846",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0",
        "5c146b14-3c52-8afd-938a-375d0df1fbf6",
    ],
)
def test_uuids_of_every_version_are_ids(written: str) -> None:
    assert judged(Id, written) == written


# The first two are the Nil and the Max UUID of RFC 9562, sections 5.9 and 5.10; the third is its v1 as printed there.
@pytest.mark.parametrize(
    "written",
    [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "C232AB00-9414-11EC-B3C8-9F6BDECED846",
        "c232ab00941411ecb3c89f6bdeced846",
        "{c232ab00-9414-11ec-b3c8-9f6bdeced846}",
        "urn:uuid:c232ab00-9414-11ec-b3c8-9f6bdeced846",
    ],
)
def test_other_spellings_and_no_uuids_are_no_ids(written: str) -> None:
    assert refusal(Id, written)["code"] == "string_pattern_mismatch"


# RFC 4648 section 10, without the padding of base64.
@pytest.mark.parametrize(
    ("written", "octets"),
    [
        ("", b""),
        ("Zg", b"f"),
        ("Zm8", b"fo"),
        ("Zm9v", b"foo"),
        ("Zm9vYg", b"foob"),
        ("Zm9vYmE", b"fooba"),
        ("Zm9vYmFy", b"foobar"),
        ("3q2-7w", bytes.fromhex("deadbeef")),
    ],
)
def test_base64url_is_read_and_written_as_published(written: str, octets: bytes) -> None:
    assert b64url.decode(written) == octets
    assert b64url.encode(octets) == written


@pytest.mark.parametrize("written", ["Zg==", "Zh", "Zm9", "Z", "Zm9v\n", "Z m8", "3q2+7w", "3q2_7x"])
def test_another_spelling_of_the_same_octets_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        b64url.decode(written)


# RFC 3986 section 2.5 gives the second and third, RFC 3492 section 7.1 the characters of the first.
@pytest.mark.parametrize(
    ("written", "said"),
    [("%E4%BB%96%E4%BB%AC", "他们"), ("%C3%80", "À"), ("%E3%82%A2", "ア"), ("A", "A"), ("a%20b", "a b")],
)
def test_headers_of_persons_are_read_as_percent_encoded_utf_8(written: str, said: str) -> None:
    assert decode(written) == decode(written.replace("%e", "%E")) == said


# RFC 3629 section 10 warns of the first two; the third is half of a surrogate pair; %C1 is GB 18030, not UTF-8.
@pytest.mark.parametrize(
    "written", ["%C0%80", "%2F%C0%AE%2E", "%ED%A0%80", "%D6%D0", "%", "%4", "%zz", "他们", "", "%20"]
)
def test_headers_that_say_nothing_in_utf_8_are_refused(written: str) -> None:
    with pytest.raises(InvalidDocument):
        decode(written)


# Registered with IANA; RFC 6838 section 4.2 allows the other characters.
@pytest.mark.parametrize(
    "written",
    [
        "application/pdf",
        "image/svg+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.ofd",
        "video/3gpp",
        "application/prs.alvestrand.titrax-sheet",
        "a/b!#$&^_.+-c",
        f"a/{'b' * 127}",
    ],
)
def test_media_types_of_rfc_6838_are_taken(written: str) -> None:
    assert Attachment(sha256="0" * 64, size=1, media_type=written, name="a").media_type == written


@pytest.mark.parametrize(
    "written", ["pdf", "/pdf", "application/", "a/b/c", "text/plain; charset=utf-8", "-a/b", "a b/c"]
)
def test_what_is_no_media_type_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        Attachment(sha256="0" * 64, size=1, media_type=written, name="a")


# GB/T 32905-2016, appendix A.
@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_the_log_digests_bodies_by_the_sm3_of_the_standard(message: bytes, digest: str) -> None:
    entry = notice_entry(jws="", body=message)
    assert strict_json.loads(entry.removeprefix(HEAD))["body_sm3"] == digest
