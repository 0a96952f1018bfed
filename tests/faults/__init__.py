"""One operation on files fails at a time, in every rule."""
