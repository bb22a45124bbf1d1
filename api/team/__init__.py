"""What the neighbourhood team's pages show: documents in, plain rows out; no store, no requests."""
