"""The types that every part of the kit uses: histories, plans, implementations, drivers, the clock, and JSON values."""
