"""The verbs that the kit adds to `pointsman`, by entry points in the group ``pointsman.verbs``."""
