"""Who are you, and what are you to whom."""
