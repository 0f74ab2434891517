"""A transition system in the languages of other tools: a module for each format, and their templates.

Every format is written as guarded commands, from `System.actions`, and never from
states that Pointsman has explored. So another tool's count of states is
independent evidence for Pointsman's count.
"""
