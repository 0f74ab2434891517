"""The verdicts of `check`, for people and programs: findings, tables, a JSON record, saved stories, pages of words."""
