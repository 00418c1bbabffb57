"""Schema migrations of the three stores, each with a history of its own."""
