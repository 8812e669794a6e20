"""What is worth knowing of an order beside itself: who ordered, and how much lately."""
