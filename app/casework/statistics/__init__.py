"""What each agency may count of a case, and where a case stands for it. Pure."""
