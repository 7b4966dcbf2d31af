"""Where a run executes: in this process, in a pool or on a cluster."""
