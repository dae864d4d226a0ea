"""What an audit finds: the first row that contradicts what was signed."""


class Contradiction(Exception):
    """A stored row that is not what the signed bytes, the log or the folded cases make of it.

    `table` and `key` say which, `what` says why; none of them shows content.
    """

    def __init__(self, table: str, key: object, what: str) -> None:
        # All three as they are: an exception crosses from process to process by its arguments.
        super().__init__(table, str(key), what)
        self.table, self.key, self.what = table, str(key), what

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.what}"
