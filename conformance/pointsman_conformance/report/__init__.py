"""The account of a run, and the reports for people and programs that are made from it."""
