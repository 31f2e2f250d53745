"""What runs after training: the SavedModel, a server for it, a client."""
