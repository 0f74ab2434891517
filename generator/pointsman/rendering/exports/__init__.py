"""A transition system in the languages of other tools: a module for each format, and their templates.

All are written as guarded commands, from `System.actions`, and never from
states that somebody has found: so that another tool's count of states is
evidence about ours.
"""
