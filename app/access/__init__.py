"""The access log: who read what, on whose behalf and what for; kept before the answer, chained day by day."""
