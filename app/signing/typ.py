"""The `typ` of everything that is signed (docs/protocol.md section 2.2): a signature counts for one use alone."""

from typing import Final

# Detached JWS.
ACT: Final = "lead-act+jws"
RECEIPT: Final = "lead-receipt+jws"
REFUSAL: Final = "lead-refusal+jws"
NOTICE: Final = "lead-notice+jws"
ENROLMENT: Final = "lead-enrolment+jws"
KEY: Final = "lead-key+jws"
MANIFEST: Final = "lead-manifest+jws"
ERASURE: Final = "lead-erasure+jws"

# Compact JWT.
CLIENT_ASSERTION: Final = "client-authentication+jwt"
ACCESS: Final = "at+jwt"
