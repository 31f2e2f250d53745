"""The frozen ViT's tokens, computed once and stored beside the images."""
