"""The multilingual T5 encoder-decoder."""
