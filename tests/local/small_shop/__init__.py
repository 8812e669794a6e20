"""Two functions, for the tests of the tools."""
