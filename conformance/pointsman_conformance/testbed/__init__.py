"""The stage on real PostgreSQL: the lifecycle's table with an audit trigger, the run's clock, and the history."""
