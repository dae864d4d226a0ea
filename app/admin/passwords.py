"""Passwords: which are taken, and Argon2id (RFC 9106) over them."""

from functools import cache
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

SHORTEST = 8
LONGEST = 1024
FEWEST_CHARACTERS = 4
COMMON = Path(__file__).with_name("common_passwords.txt")
_hasher = PasswordHash.recommended()


def refusal_of(password: str, name: str) -> str | None:
    """Return why a person of this name may not have this password, None if it is good enough (NIST SP 800-63B)."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    plain = password.strip().casefold()
    if len(plain) < SHORTEST or len(set(plain)) < FEWEST_CHARACTERS:
        return f"a password has {SHORTEST} characters beside blanks, {FEWEST_CHARACTERS} of them different"
    if plain in _common() or _stem(plain) in (*_common(), _stem(name.casefold())):
        return "this password is the name itself, or one of the thousand that everybody tries first"
    return None


def hashed(password: str) -> str:
    """Return what is stored of a password. It takes 64 MiB and some tens of milliseconds of every core."""
    return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Return whether a password is the stored one; with None it is not, after the same work."""
    try:
        return _hasher.verify(password[:LONGEST], stored or _decoy()) and stored is not None
    except (PwdlibError, ValueError):
        return False


def _stem(password: str) -> str:
    """Return a password without what people put behind a word to make it look like one: `Password2026!`."""
    return password.rstrip("0123456789!@#$%^&*()-_=+.,?~ ") or password


@cache
def _common() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line.casefold() for line in lines if not line.startswith("#"))


@cache
def _decoy() -> str:
    """What is compared where the name is unknown, so that its answer takes as long; made once in a process."""
    return hashed("nobody has this password")
