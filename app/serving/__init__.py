"""Between the socket and the application: what a stranger's bytes may cost before anybody has judged them."""
