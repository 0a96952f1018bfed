"""What goes with files that are shared: cards that say what they are."""
