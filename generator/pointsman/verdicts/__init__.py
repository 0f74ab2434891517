"""What checking found, for people and for programs: findings, tables, a record, saved stories, and pages of words."""
