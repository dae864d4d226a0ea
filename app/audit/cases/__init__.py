"""Every case folded anew from its acts, and everything that is written beside a case."""
