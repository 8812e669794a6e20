"""Where people pay."""
