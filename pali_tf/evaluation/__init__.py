"""How well a model does: metrics, one a file, and the evaluator."""
