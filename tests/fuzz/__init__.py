"""Mutated files for the readers: either a valid result or a SupError, soon, and within memory."""
