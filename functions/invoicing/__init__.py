"""What is owed, and the paper that says so."""
