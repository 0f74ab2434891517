"""Makes the files of a new rule, target, law, migration runner or driver: `python3 dev.py new KIND NAME`.

Standard library only: it runs from a bare clone. A recipe is data in a module of its own; the texts that it
writes are in `templates`. A place in them that needs thought begins with the word that `tests/unit/test_repository.py`
refuses everywhere else.
"""
