"""Passwords typed or piped in; never an argument, which other users of the machine could read."""

import sys

import typer

from app.commands.failure import CommandFailed


def password_of(*, from_stdin: bool, confirm: bool = False) -> str:
    """Return a password from the first line of standard input, or asked for without echo."""
    if not from_stdin and not sys.stdin.isatty():
        raise CommandFailed(
            "no terminal to ask for a password: use --password-stdin", "没有可输入口令的终端：请用 --password-stdin"
        )
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=confirm))
    if not password:
        raise CommandFailed("the password is empty", "口令为空")
    return password
