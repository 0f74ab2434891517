"""What every part of the kit stands on: histories, plans, drivers, the clock, and values on the wire."""
