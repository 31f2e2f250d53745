"""From a batch to texts and scores: encode once, then a token at a time.

Keras' backend is chosen before any of these but `DecodingConfig` is taken.
"""

from pali_tf.contents import offer

__all__, __getattr__ = offer(
    __name__,
    {
        "CachedDecoder": "cached_decoder",
        "ClassScores": "score_classes",
        "DecodeOutput": "generate",
        "DecodingConfig": "config",
        "ScoreOutput": "score",
        "decode": "generate",
        "encode_once": "cached_decoder",
        "example_keys": "random_draws",
        "score_targets": "score",
    },
)
