"""Safer Corridors: after-school walking corridors, from evidence to a plan and its notices."""

__all__ = ["__version__"]

__version__ = "0.1.0"
