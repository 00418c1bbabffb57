"""Sameview and aw-server (Python) measured in one run, side by side; see README.md here."""
