"""Keras 3 layers, one family a file, on keras.ops alone."""
