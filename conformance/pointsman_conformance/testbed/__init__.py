"""The test bed on PostgreSQL: the lifecycle's table with an audit trigger, the run's clock, and the history."""
