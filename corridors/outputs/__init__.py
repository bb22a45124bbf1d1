"""What goes out. `release` is the one door; every other writer takes released types only."""
