"""ViT, mT5 and PaLI, written once in Keras 3."""
