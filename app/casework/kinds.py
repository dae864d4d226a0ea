"""Kinds and levels of nodes, and the acts that each kind may do: the table D1 of the domain, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """What an agency is."""

    POLICE = "police"
    SUPERVISION = "supervision"
    PROCURATORATE = "procuratorate"
    COURT = "court"
    JUSTICE = "justice"
    ORGANIZATION = "organization"
    PETITION = "petition"
    CIVIL_AFFAIRS = "civil_affairs"
    REGULATOR = "regulator"
    TOWNSHIP = "township"
    COORDINATION = "coordination"
    INSPECTION = "inspection"


class Level(StrEnum):
    """Administrative level, lowest first; `rank` compares."""

    rank: int

    def __new__(cls, name: str) -> Self:
        level = str.__new__(cls, name)
        level._value_, level.rank = name, len(cls.__members__)
        return level

    TOWNSHIP = "township"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Node:
    """An agency as casework sees it."""

    node_id: str
    kind: Kind
    level: Level
    division_code: str
    parent: str | None = None
    sector: str | None = None


Nodes = Mapping[str, Node]
