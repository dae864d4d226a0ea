"""The pages of reference, made from the tables by which the service runs.

`leadbridge reference` writes them to docs/reference; a test holds that writing them again changes nothing.
"""
