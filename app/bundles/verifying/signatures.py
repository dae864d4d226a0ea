"""Whatever is signed in a bundle: a detached JWS whose key is a file of the bundle. Whose key that is, others tell."""

from collections.abc import Mapping

from app.bundles.verifying.files import BundleRefused
from app.signing.jws import VerifiedJws, read_header, verify_detached
from app.signing.keys import PublicKey


def signed_by_known_key(
    keys: Mapping[str, PublicKey],
    token: str,
    body: bytes,
    *,
    typ: str | None = None,
    iss: str | None = None,
    aud: str | None = None,
) -> VerifiedJws:
    """Return the verified JWS; raise `BundleRefused` if its key is not in `keys`, `Problem` if it is wrong itself."""
    kid = read_header(token).kid
    if kid not in keys:
        raise BundleRefused(f"key {kid} is missing")
    return verify_detached(token, body, keys[kid], typ=typ, iss=iss, aud=aud)
