"""The advisory locks of PostgreSQL that this service takes, all of them: no two things may share a number."""

from typing import Final

# Whoever holds one of these leads for as long as its connection lives.
SEQUENCER: Final = 0x4C65_6164_5365  # gives numbers in the log and in the inboxes
TIME: Final = 0x4C65_6164_5469  # enters what is due
MATCHES: Final = 0x4C65_6164_4D61  # compares newly registered leads

# To the end of one transaction.
FOLDING: Final = 0x4C65_6164_5374  # of what batches added to the figures
MIGRATION: Final = 0x4C65_6164_4D69  # two processes that migrate at once take turns
EXCHANGE_KEYS: Final = 0x4C42_4B45_5953  # processes that start or rotate at once must agree on one set of keys
INDEX_KEYS: Final = 0x4C42_5345_4352  # processes that start at once must agree on one secret
NAMES: Final = 0x4C42_4E61_6D65  # a name is given once, and none that looks like it
CALENDAR: Final = 0x4C42_4361_6C65  # a year is entered by one at a time

# With the hash of a node id, to the end of one transaction.
UPLOADS: Final = 0x4C65_5570  # of one node are counted one after the other

# With the number of a day. `access_day_is_open` in the database takes it shared, by this number.
ACCESS_DAY: Final = 0x4C65_4163
