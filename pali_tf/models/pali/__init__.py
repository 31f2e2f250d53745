"""PaLI: a vision transformer feeding a multilingual encoder-decoder."""
