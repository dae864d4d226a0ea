"""Nodes, their keys, enrolment, and who is speaking."""
