"""Every read of an agency: its leads, their acts, its inbox, its deadlines. Reads only; never writes a case."""
