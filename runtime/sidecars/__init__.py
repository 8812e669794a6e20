"""The platform beneath the functions: embedded (SQLite), dapr (daprd), recording (for tests)."""
