"""A bundle verified offline, with nothing but its files and what the reader trusts."""
