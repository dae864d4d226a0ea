"""The register held against what was signed about keys and enrolments, and against the log."""
