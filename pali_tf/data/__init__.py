"""From stored examples to the batches a model reads."""
