"""Checkers written apart from what they check."""
