"""PaLI, the jointly scaled multilingual language-image model, in Keras 3.

Source: arXiv 2209.06794.
"""

from pali_tf.contents import offer

__version__ = "0.1.0"

# Name -> where it is; what a Python program starts from. Keras must have its
# backend before `Pali` is taken from here; `PaliModel` chooses it.
__all__, __getattr__ = offer(
    __name__,
    {
        "DecodingConfig": "decoding.config",
        "FunctionalModel": "models.functional",
        "LoRAConfig": "models.lora.config",
        "Pali": "models.pali.model",
        "PaliConfig": "models.pali.config",
        "PaliModel": "presets",
        "QuantizationConfig": "models.quantization",
    },
)
