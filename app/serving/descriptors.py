"""How many files and connections this process may have open at once."""

import resource

import structlog

RESERVED = 128  # for the database, attachments, logs and what the libraries open
_log = structlog.get_logger(__name__)


def connections_allowed(wanted: int) -> int:
    """Raise the process's limit of descriptors as far as it may, and return for how many connections that is enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft < needed or soft == resource.RLIM_INFINITY:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = max(16, min(wanted, soft - RESERVED))
    if allowed < wanted:
        _log.warning("too few descriptors for the connections that are set", allowed=soft, needed=needed)
    return allowed
