"""A folder without tests that is given to pytest beside the tests, so that it loads the conftest.py in it."""
