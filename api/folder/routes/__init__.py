"""One resource a file; no rules in routes."""
