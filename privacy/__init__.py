"""What may be captured, kept, opened and shared. Imports none of the other packages."""
