"""A look at what a mixture gives the model, before a step is trained."""
