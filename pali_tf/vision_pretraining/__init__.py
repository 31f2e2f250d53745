"""The ViT's own pre-training: multi-label classification and a weight soup."""
