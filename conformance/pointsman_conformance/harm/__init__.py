"""The harm of a broken law: in the run that broke it, else in a run that the model checker finds for this lifecycle."""
