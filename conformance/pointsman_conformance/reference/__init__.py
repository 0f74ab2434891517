"""The reference implementation: what an honest worker, handler, webhook receiver and admin do, read off any spec.

The kit plays with it every actor that the implementation under test does not,
and it is the kit's first positive control. Wrong implementations are this one with a
part replaced. It is written against `operation`: as a conversation of statements and requests, so that the
same code runs on a table in memory, one operation at a time, and as a process on PostgreSQL and HTTP.
"""
