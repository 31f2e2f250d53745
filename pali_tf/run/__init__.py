"""One run on its host: the loop, and all that is beside the mathematics."""
