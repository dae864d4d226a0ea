"""Which database a command works on: the one given by URL, or the embedded one under DATA_DIR."""

from collections.abc import Iterator
from contextlib import contextmanager

from app import embedded_postgres
from app.commands.failure import CommandFailed
from app.config import Settings

MADE_BEFORE_0_1 = (
    "the database was made by a version before 0.1 and cannot be upgraded: begin with an empty one",
    "本数据库由 0.1 之前的版本建立，无法升级：请改用空数据库",
)
MADE_LATER = (
    "the database was made by a later version of LeadBridge than this one",
    "本数据库由更高版本的 LeadBridge 建立，本版本无法使用",
)


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield the URL of a migrated database.

    An embedded server is started, or adopted when a `serve` beside us runs it, and migrated. One given by URL
    belongs to somebody who decides when to migrate: raises CommandFailed when it is not migrated.
    """
    with connected(settings) as url:
        if settings.database_url is None:
            migrated(url)
        elif not current(url):
            raise CommandFailed(
                "the database is not migrated: run `leadbridge migrate` first",
                "数据库尚未升级到本版本的结构：请先执行 leadbridge migrate",
            )
        yield url


@contextmanager
def connected(settings: Settings) -> Iterator[str]:
    """Yield the URL of the database, migrated or not."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    with embedded_postgres.running(settings.data_dir) as url:
        yield url


def current(url: str) -> bool:
    """Return whether the database is migrated; raise CommandFailed when it cannot be asked or nothing leads to it."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.migrate import UnknownRevision, is_current

    try:
        return is_current(url)
    except UnknownRevision as unknown:
        raise CommandFailed(*(MADE_BEFORE_0_1 if unknown.is_older else MADE_LATER)) from unknown
    except (OSError, SQLAlchemyError) as error:
        # Only the first line and never the URL: it holds the password.
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CommandFailed(f"the database cannot be used: {reason}", "数据库无法使用") from error


def migrated(url: str) -> bool:
    """Migrate the database when it is not current; return whether there was anything to do."""
    from app.migrate import upgrade

    if current(url):
        return False
    upgrade(url)
    return True
