"""The laws, tested: for each law one function that judges a history by the lifecycle alone."""
