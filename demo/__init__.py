"""`leadbridge demo`: fictional agencies play the acceptance story over HTTP, through the client library."""
