"""The write path: acts queue, are decided one after another, and are written in one commit with their receipts."""
