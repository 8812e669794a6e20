"""What changes in databases that know nothing of events."""
