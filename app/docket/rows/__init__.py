"""The tables that a batch writes, one file each: its row, its columns, and the only statements that write it."""
