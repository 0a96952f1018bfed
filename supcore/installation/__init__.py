"""Whether an installation works: what it has, and whether its networks compute what they should."""
