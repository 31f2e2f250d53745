"""The main job on an embedded default: from a generated world to answers."""
