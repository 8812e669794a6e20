"""A copy of the users, for services that need them beside their own rows."""
