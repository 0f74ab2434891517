"""PostgreSQL: the schema of a lifecycle, its queries, and the migrations between two lifecycles."""
