"""Trainers of one text-only mT5, each in a process of its own."""
