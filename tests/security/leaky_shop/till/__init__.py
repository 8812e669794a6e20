"""Functions that fail with everything in their messages that nobody should read."""
