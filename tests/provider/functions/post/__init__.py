"""Letters and parcels of one service, so that they share a process, a sidecar and its limits."""
