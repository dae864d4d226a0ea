"""The order of things: the sequencer numbers committed acts, gives each its place in the log and the inboxes."""
