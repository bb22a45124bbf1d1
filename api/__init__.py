"""The service: what a plan folder released, over HTTP. Read-only; it knows nothing internal."""
