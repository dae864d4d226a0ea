"""All cases: what must be refused, and what looks wrong and must be accepted.

Each differs from the good vector in one thing only, and is signed properly wherever that thing is not the signature
itself: a reader that accepts a bad one lacks exactly one check. The table `cases/cases.tsv` is written by hand.
"""

from make.acts import Taken
from make.acts_cases import es256_cases, header_cases, prev_cases, token_cases
from make.keys import Files
from make.log import Logged
from make.other_cases import assertion_cases, log_cases, proof_cases, receipt_cases

from app.signing.keys import SigningKey


def case_files(keys: dict[str, SigningKey], told: list[Taken], logged: Logged) -> Files:
    """Return the files of all cases; those of acts are about the first act, those of ES256 about the third."""
    first, offer, signed_for = told
    cases = {
        **token_cases(first, keys),
        **header_cases(first, keys),
        **es256_cases(signed_for),
        **prev_cases(first, keys),
        **receipt_cases(first, offer, keys),
        **log_cases(first, logged, keys),
        **proof_cases(keys),
        **assertion_cases(keys),
    }
    return {f"cases/{case}/{name}": content for case, files in cases.items() for name, content in files.items()}
