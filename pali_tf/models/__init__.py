"""ViT, mT5 and PaLI out of layers; their sizes, and their arrays by path.

Keras' backend is chosen before a model is taken from here; the configurations
need none.
"""

from pali_tf.contents import offer

__all__, __getattr__ = offer(
    __name__,
    {
        "Decoder": "mt5.decoder",
        "Encoder": "mt5.encoder",
        "FunctionalModel": "functional",
        "LoRAConfig": "lora.config",
        "MT5Config": "mt5.config",
        "Pali": "pali.model",
        "PaliConfig": "pali.config",
        "QuantizationConfig": "quantization",
        "VariableSpec": "functional",
        "ViTConfig": "vit.config",
        "VisionClassifier": "vit.model",
        "VisionEncoder": "vit.encoder",
        "change_layout": "layout_change",
        "enable_lora": "lora.adapters",
        "flatten": "functional",
        "parameters_by_path": "parameter_path",
        "quantize": "quantization",
        "resize_position_table": "vit.position_table",
        "stack_layers": "stacking",
        "unflatten": "functional",
        "unstack_layers": "stacking",
    },
)
