"""Bundled data. Only the generator of the fictional borough is code."""
