"""A synthetic back office: who works there, what their desks recorded, and how it gets into a throw-away system."""
