"""What was given when an act was decided, from what is stored: the register and the calendar as they were then."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from app.casework.calendar import Calendar, DayKind
from app.casework.kinds import Node
from app.casework.limits import Limits
from app.casework.scene import Given
from app.registry.directory import node_of

# A process learns of a new node or calendar a moment after its commit: what was decided in between did not know it.
LAG = timedelta(seconds=90)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_NODES = "SELECT node_id, kind, level, division_code, parent, sector, created_at FROM node"
_VERSIONS = "SELECT year, version, recorded_at, recorded_by FROM calendar_year ORDER BY year, version"
_DAYS = "SELECT year, version, day, kind FROM calendar_day"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one year's calendar, and since when it counted."""

    year: int
    since: datetime
    days: Mapping[date, DayKind]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The register and the calendars with their times; `versions` come in order of year and version."""

    nodes: tuple[tuple[datetime, Node], ...]
    versions: tuple[Version, ...]
    zone: ZoneInfo
    limits: Limits
    # What was asked for once is asked for again for every act.
    _calendars: dict[tuple[bool, ...], Calendar] = field(default_factory=dict, compare=False, repr=False)
    _registers: dict[int, Mapping[str, Node]] = field(default_factory=dict, compare=False, repr=False)

    def given(self, now: datetime) -> Iterator[Given]:
        """Yield what may have been given at an instant, the likeliest first: all of then, then what came later less."""
        years = _late((version.since for version in self.versions), now)
        registered = _late((since for since, _ in self.nodes), now)
        for calendar_of, nodes_of in product((now, *years), (now, *registered)):
            yield self.as_of(calendar_of, nodes_of, now)
        yield self.as_of(LAST, LAST, now)

    def calendars(self) -> Iterator[Calendar]:
        """Yield every calendar that ever counted, the newest first."""
        for since in sorted({LAST, *(version.since for version in self.versions)}, reverse=True):
            yield self.as_of(since, LAST, since).calendar

    def as_of(self, calendar_of: datetime, nodes_of: datetime, now: datetime) -> Given:
        """Return what is given to a decision at `now` by the calendar and the register of two other instants."""
        versions = tuple(version.since <= calendar_of for version in self.versions)
        if versions not in self._calendars:
            newest = {version.year: version.days for version in self.versions if version.since <= calendar_of}
            days = {day: kind for year in newest.values() for day, kind in year.items()}
            self._calendars[versions] = Calendar(days, frozenset(newest))
        known = sum(since <= nodes_of for since, _ in self.nodes)
        if known not in self._registers:
            self._registers[known] = {node.node_id: node for since, node in self.nodes if since <= nodes_of}
        return Given(now, self._registers[known], self.zone, self._calendars[versions], limits=self.limits)


def _late(changes: Iterable[datetime], now: datetime) -> list[datetime]:
    """Return the moments just before each change that may not have been known yet at `now`, the newest first."""
    return [
        change - timedelta(microseconds=1) for change in sorted(set(changes), reverse=True) if now - LAG < change <= now
    ]


async def read_surroundings(connection: "asyncpg.Connection[Any]", zone: ZoneInfo, limits: Limits) -> Surroundings:
    """Return the surroundings that the database knows of."""
    days: dict[tuple[int, int], dict[date, DayKind]] = {}
    for row in await connection.fetch(_DAYS):
        days.setdefault((row["year"], row["version"]), {})[row["day"]] = row["kind"]
    rows = await connection.fetch(_VERSIONS)
    # The seed of the first migration is older than every act, whatever clock the service went by.
    seeded = min((row["recorded_at"] for row in rows if row["recorded_by"] == "seed"), default=FIRST)
    versions = (
        Version(
            row["year"],
            FIRST if row["recorded_by"] == "seed" and row["recorded_at"] == seeded else row["recorded_at"],
            days.get((row["year"], row["version"]), {}),
        )
        for row in rows
    )
    nodes = tuple((row["created_at"], node_of(row)) for row in await connection.fetch(_NODES))
    return Surroundings(nodes, tuple(versions), zone, limits)
