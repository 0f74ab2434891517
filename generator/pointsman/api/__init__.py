"""The functions of the public API, a module for each; `pointsman` names those that are stable.

The verbs of the command line stand on these modules: a verb parses its words, calls a function here and shows the
result. What the verbs need beside the public functions, such as loading several specs, is here too.

A module here is imported only when one of its functions is used, so that no function pays for another's libraries.
"""
