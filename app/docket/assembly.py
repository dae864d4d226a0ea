"""What the docket needs, as an entry point opens it."""

from sqlalchemy.ext.asyncio import AsyncEngine

from app.config import Settings
from app.db import driver_connection
from app.docket.batch import Means
from app.docket.index_keys import read_index_keys
from app.docket.local_limits import read_limits
from app.docket.local_practices import read_practices
from app.docket.numbers import LeadNumbers
from app.docket.working_days import WorkingDays
from app.registry.directory import Directory
from app.registry.voice import Voice
from app.vault import Vault


async def open_means(settings: Settings, engine: AsyncEngine, vault: Vault, voice: Voice) -> Means:
    """Return the register, the calendar, limits and practices, and the signer of this exchange, read and ready."""
    directory, working_days = Directory(engine, with_each_read=voice.ring.read), WorkingDays(engine)
    await directory.refresh()
    await working_days.refresh()
    async with driver_connection(engine) as connection:
        index_keys = await read_index_keys(connection, vault)
    return Means(
        voice=voice,
        vault=vault,
        directory=directory,
        numbers=LeadNumbers(engine, index_keys.numbers),
        index_key=index_keys.numbers,
        blind_key=index_keys.blind,
        working_days=working_days,
        limits=read_limits(settings.deadlines_file),
        practices=read_practices(settings.casework_file),
    )
