"""The log for people: in words, by filters, and as a table that opens nothing."""
