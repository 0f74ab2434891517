"""What a live database says of one table. Everything here only reads."""
