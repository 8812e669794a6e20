"""Running Sluice on one machine: the command line, the launcher and the platform without Docker."""
