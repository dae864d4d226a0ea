"""The API documentation page, served whole by this service: it needs no other network."""
