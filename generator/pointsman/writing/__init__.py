"""Files that Pointsman makes: what is in them, and how they are written whole or not at all."""
