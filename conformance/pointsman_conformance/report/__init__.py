"""What a run of the kit came to, for a person and for a machine: one account, from which all else is made."""
