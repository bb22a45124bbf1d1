"""Work outside of requests: a worker leases jobs, and does each in a child process of its own."""
