"""Supervisors of the processes that the kit starts: these end with the kit, even when it is killed."""
