"""Checkpoints: written whole, read in part, checked by digest."""
