"""How long the parts that matter take, on the tiny model."""
