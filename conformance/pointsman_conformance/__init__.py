"""The conformance kit of Pointsman: drives an implementation and says which law it breaks."""
