"""Makes the goldens of Hugging Face's SigLIP vision tower.

pip install -e .[parity]
python -m tests.parity.goldens.huggingface_siglip
"""

import numpy as np
import torch
import transformers

from tests.parity.goldens import weights
from tests.parity.goldens.files import TESTDATA, save_outputs, write_folder

FOLDER = TESTDATA / "siglip_huggingface"
SEED = 30

IMAGE_SIZE = 42


def make_model() -> transformers.SiglipVisionModel:
    """Three blocks over nine patches."""
    config = transformers.SiglipVisionConfig(
        hidden_size=24,
        intermediate_size=56,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=IMAGE_SIZE,
        patch_size=14,
    )
    return transformers.SiglipVisionModel(config).eval()


def draw_weights(model: torch.nn.Module, rng: np.random.Generator) -> None:
    """Replaces every parameter."""
    for name, parameter in sorted(model.named_parameters()):
        shape = tuple(parameter.shape)
        if name.endswith("bias"):
            fan_in = 9
        elif parameter.ndim == 1:
            fan_in = None
        elif "position_embedding" in name or "probe" in name:
            fan_in = 1
        else:
            fan_in = int(np.prod(shape[1:]))
        values = weights.draw(rng, shape, fan_in)
        parameter.data.copy_(torch.from_numpy(values))


def main() -> None:
    """Writes the model as save_pretrained does, and what it gives."""
    rng = np.random.default_rng(SEED)
    model = make_model()
    draw_weights(model, rng)
    images = rng.integers(
        0, 256, (2, IMAGE_SIZE, IMAGE_SIZE, 3), dtype=np.uint8
    )
    outputs = {"images": images}

    def keep(name: str):
        def hook(module, inputs, output):
            outputs[name] = output.numpy()

        return hook

    with write_folder(FOLDER) as folder, torch.no_grad():
        model.save_pretrained(folder)
        model = transformers.SiglipVisionModel.from_pretrained(folder).eval()
        for i, block in enumerate(model.encoder.layers):
            block.register_forward_hook(keep(f"block_{i}"))
        # What SigLIP's own image processor does: mean 0.5, deviation 0.5.
        pixels = images.astype(np.float32) / 127.5 - 1.0
        result = model(torch.from_numpy(pixels.transpose(0, 3, 1, 2)))
        outputs["tokens"] = result.last_hidden_state.numpy()
        outputs["pooled"] = result.pooler_output.numpy()
        save_outputs(folder, outputs, torch, transformers)


if __name__ == "__main__":
    main()
