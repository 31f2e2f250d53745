"""One module for each way in which checkpoints lie on disk."""
