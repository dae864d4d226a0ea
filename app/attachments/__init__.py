"""Files that acts name by their SHA-256: taken in, kept encrypted outside Postgres, handed to who may read them."""
