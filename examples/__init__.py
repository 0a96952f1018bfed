"""Networks that are not part of the library, for the how-to "Your own network" in the README."""
