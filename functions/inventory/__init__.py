"""What is in the warehouse, and for whom it is set aside."""
