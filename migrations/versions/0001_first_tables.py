"""every table of 0.1, what is evidence in them, and what the two roles of the service may do

Revision ID: 0001_first_tables
Revises:
"""

from alembic import op

from migrations.first_tables import (
    access_log,
    administration,
    calendar,
    cases,
    enrolments,
    evidence,
    files,
    log,
    numbers,
    own_rows,
    register,
    rights,
    statistics,
)

revision = "0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None

# Those whose tables refer to others stand behind them.
SUBJECTS = (cases, numbers, files, calendar, register, enrolments, administration, log, statistics, access_log)


def upgrade() -> None:
    for subject in SUBJECTS:
        subject.create()
    calendar.enter_known_years()
    evidence.keep()
    rights.grant()
    own_rows.show()


def downgrade() -> None:
    # The roles stay: other databases of the server may use them.
    op.execute(f"REVOKE ALL ON alembic_version FROM {rights.WRITER}")
    # By one statement, so that no table need go before another.
    op.execute("DROP TABLE " + ", ".join(f'"{table}"' for table in rights.WRITES))
    for function in reversed(evidence.FUNCTIONS):
        op.execute(f"DROP FUNCTION {function}")
