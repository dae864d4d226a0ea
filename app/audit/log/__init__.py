"""The log, the acts in it, what waits for it, and what was told from it."""
