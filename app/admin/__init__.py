"""The people who run an exchange: their roles, their tokens, and what they may do to the register."""
