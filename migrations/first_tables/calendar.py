"""Official calendars by year, and the days in them that depart from the five-day week."""

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op

CALENDAR = Path(__file__).resolve().parent.parent / "data" / "calendar_2020_2026.json"


def create() -> None:
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("year BETWEEN 1949 AND 9998", name=op.f("ck_calendar_year_year")),
        sa.PrimaryKeyConstraint("year", "version", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('holiday', 'workday')", name=op.f("ck_calendar_day_kind")),
        sa.CheckConstraint(
            "extract(year FROM day) BETWEEN year - 1 AND year + 1", name=op.f("ck_calendar_day_day_near_year")
        ),
        sa.ForeignKeyConstraint(
            ["year", "version"],
            ["calendar_year.year", "calendar_year.version"],
            name="fk_calendar_day_year_version",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("year", "version", "day", name=op.f("pk_calendar_day")),
    )


def enter_known_years() -> None:
    """Enter the State Council's calendars that are known; an operator enters those of later years."""
    seed = json.loads(CALENDAR.read_text(encoding="utf-8"))
    year_of = sa.text("INSERT INTO calendar_year VALUES (:year, 1, :source, now(), 'seed')")
    day_of = sa.text("INSERT INTO calendar_day VALUES (:year, 1, CAST(:date AS text)::date, :kind, :name)")
    for year, days in seed["years"].items():
        op.execute(year_of.bindparams(year=int(year), source=seed["source"]))
        for day in days:
            op.execute(day_of.bindparams(year=int(year), **day))
