"""`leadbridge audit`: all evidence computed again from the stored bytes, and the first contradiction named."""
