"""One plan folder over HTTP, read-only: what `corridors serve DIR` shows. No store, no sign-in."""
