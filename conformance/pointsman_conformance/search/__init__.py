"""The search: which steps to play, how much of the spec they reached, and the smallest run that fails."""
