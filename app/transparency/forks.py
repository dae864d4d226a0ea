"""What happens when a log shows two histories: it is shouted about, wherever it is noticed."""

import structlog
from prometheus_client import Counter

FORKS = Counter("leadbridge_log_forks_total", "signed checkpoints that contradict each other", ["noticed_by"])
_log = structlog.get_logger(__name__)


def shout(noticed_by: str, **evidence: str | int) -> None:
    """Count a fork and write the public evidence of it into the service's log, at the highest level.

    `noticed_by` is `witness` when another's log contradicts what this exchange cosigned, and `log` when a witness
    holds another history of this exchange's own.
    """
    FORKS.labels(noticed_by).inc()
    _log.critical("LOG FORK: a transparency log shows two histories", noticed_by=noticed_by, **evidence)
