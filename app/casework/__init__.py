"""The rules of casework: who may do what, when, and what follows. Pure: no I/O, no clock, no randomness."""
