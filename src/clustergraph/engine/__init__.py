"""Where a query runs: a store in this process, processes that can be killed, or another endpoint."""
