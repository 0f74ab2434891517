"""The contents and the meaning of a spec, as frozen data and pure functions: every other package imports this one."""
