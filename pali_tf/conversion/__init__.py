"""Checkpoints of others into our tree of parameters, and back."""
