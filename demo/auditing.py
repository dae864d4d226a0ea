"""The last look at the story: its whole database audited, as `leadbridge audit` does."""

import asyncio
from pathlib import Path

from app.audit.contradiction import Contradiction
from app.audit.progress import Unwatched
from app.audit.request import AuditRequest, AuditResult
from app.audit.run import run
from app.config import Settings
from demo.show import Show
from demo.stage import EXCHANGE_ID
from demo.story import StoryBroken


def audit(home: Path, database_url: str, show: Show) -> None:
    """Compute everything that is evidence again; raise StoryBroken for a contradiction or a promise that was broken."""
    # None of the caller's settings, as for the exchange itself.
    settings = Settings(_env_prefix="LEADBRIDGE_DEMO_HAS_NONE_", data_dir=home, exchange_id=EXCHANGE_ID)
    try:
        result: AuditResult = asyncio.run(run(settings, database_url, AuditRequest(jobs=1, files=True), Unwatched()))
    except Contradiction as contradiction:
        raise StoryBroken(f"the audit found a contradiction: {contradiction}") from contradiction
    if result.late:
        raise StoryBroken(f"{result.late} acts were logged later than promised, first {result.first_late}")
    what = f"{result.entries} log entries, {result.acts} acts and notices, {result.cases} cases, {result.files} files"
    show.line(f"✓ 审计 leadbridge audit --attachments → {what}: 未发现矛盾 no contradiction", "green")
