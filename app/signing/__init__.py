"""Signed documents: strict JSON, keys as JWK, and the detached JWS that every act travels under.

Pure: the standard library and `cryptography` only. `strict_json` reads and writes JSON, `keys` loads and
makes keys, `jws` signs and verifies. Nothing here knows who owns a key, what time it is, or whether a key
was revoked.
"""
