"""From a model to text: one encoding, then a cached decoder, step by step."""
