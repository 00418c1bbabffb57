"""What happened, and what it means: pure where it can be."""
