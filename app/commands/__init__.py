"""The commands of `leadbridge`, one file a subject; `app.cli` puts them together.

What only the service needs is imported inside the command that needs it: `send` in a shell loop must not pay
two seconds for a server that it does not run.
"""
