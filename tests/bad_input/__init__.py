"""Inputs and places that only a whole process can meet: closed to the user, or on a full disk."""
