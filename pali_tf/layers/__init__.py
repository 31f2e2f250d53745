"""Layers of the towers, free of models and sizes: what ViT and mT5 share.

Keras' backend is chosen before any of these is taken from here.
"""

from pali_tf.contents import offer

__all__, __getattr__ = offer(
    __name__,
    {
        "Dense": "dense",
        "FeedForward": "feed_forward",
        "GatedFeedForward": "feed_forward",
        "KVCache": "kv_cache",
        "MultiHeadAttention": "attention",
        "PatchEmbedding": "patch_embedding",
        "PositionEmbedding": "position_embedding",
        "RMSNorm": "rms_norm",
        "RandomNormal": "initializers",
        "RelativePositionBias": "relative_position",
        "ScannedStack": "stack",
        "Stack": "stack",
        "UnrolledStack": "stack",
        "VarianceScaling": "initializers",
        "activation_sharding_scope": "activation_sharding",
        "make_cache": "kv_cache",
        "make_causal_mask": "masks",
        "make_padding_mask": "masks",
        "make_stack": "stack",
        "mask_to_bias": "masks",
        "relative_position_bucket": "relative_position",
        "update_cache": "kv_cache",
    },
)
