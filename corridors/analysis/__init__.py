"""What the evidence says. Pure: time and randomness are arguments, nothing is read or written."""
