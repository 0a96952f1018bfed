"""Inputs that cannot be used: each gets one line that names the culprit and the remedy, and leaves nothing behind."""
