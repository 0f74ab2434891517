"""A story (a counterexample or a witness) as a table, a Mermaid or SVG sequence diagram, an ITF trace, and a record.

A form is a module with one function that takes the story. A story holds text
from a spec, which every form escapes.
"""
