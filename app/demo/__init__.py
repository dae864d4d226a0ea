"""`leadbridge demo`: fictional agencies play the transfer story over HTTP, through the client library."""
