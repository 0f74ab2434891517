"""Programs that print the figures which the docs give; each is run as a script."""
