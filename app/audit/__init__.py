"""`leadbridge audit`: everything that is evidence computed again from the stored bytes, and the first lie named."""
