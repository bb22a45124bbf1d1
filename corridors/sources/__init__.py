"""What comes in: one module a source; each gives a checked table and the rows it set aside."""
