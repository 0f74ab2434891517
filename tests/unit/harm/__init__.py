"""What comes of a broken law."""
