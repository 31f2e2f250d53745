"""Asks a server about images; needs grpc and the protos, not TensorFlow."""
