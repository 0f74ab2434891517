"""Generated files: their content, and how each is written whole or not at all."""
