"""The time of day: the clock of a running service, and how an instant is written for people in its time zone."""

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant as RFC 3339 in a time zone, to the millisecond.

    At the very ends of the calendar, where the zone has no date for it, as it stands.
    """
    with contextlib.suppress(OverflowError):
        moment = moment.astimezone(zone)
    return moment.isoformat(timespec="milliseconds")
