"""LoRA: small trained matrices beside projections that stay as they are."""
