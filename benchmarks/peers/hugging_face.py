"""The peer: transformers on PyTorch.

It has no PaLI; this is its SigLIP vision tower, a projection and its mT5,
which takes the joined sequence as embeddings.
"""

import pathlib
from typing import Any

import numpy as np
import torch
import transformers
import transformers.utils.logging

from benchmarks.peers import workload
from benchmarks.peers.worker import serve, timed
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.vit.config import ViTConfig


def make_language(config: MT5Config) -> torch.nn.Module:
    """Its mT5."""
    model = transformers.MT5ForConditionalGeneration(
        transformers.MT5Config(
            vocab_size=config.vocab_size,
            d_model=config.emb_dim,
            d_kv=config.head_dim,
            d_ff=config.mlp_dim,
            num_layers=config.num_encoder_layers,
            num_decoder_layers=config.num_decoder_layers,
            num_heads=config.num_heads,
            feed_forward_proj="gated-gelu",
            dropout_rate=0.0,
        )
    )
    # transformers ties the two tables of a fresh model; mT5 has two.
    table = model.lm_head.weight.detach()
    scale = config.emb_dim**-0.5
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(table) * scale)
    return model


def make_vision(config: ViTConfig) -> torch.nn.Module:
    """Its vision tower."""
    return transformers.SiglipVisionModel(
        transformers.SiglipVisionConfig(
            hidden_size=config.width,
            intermediate_size=config.mlp_dim,
            num_hidden_layers=config.depth,
            num_attention_heads=config.num_heads,
            image_size=config.image_size,
            patch_size=config.patch_size,
        )
    )


class HuggingFace:
    """The model and what it is asked."""

    def make(self, folder: str, size: str) -> dict[str, Any]:
        """Draws weights and writes them where both sides read them."""
        torch.manual_seed(0)
        place = pathlib.Path(folder)
        config = workload.SIZES[size]
        make_language(config.language).save_pretrained(
            place / workload.LANGUAGE
        )
        make_vision(config.vision).save_pretrained(place / workload.VISION)
        shape = (config.vision.width, config.language.emb_dim)
        kernel = np.random.default_rng(0).normal(size=shape) * shape[0] ** -0.5
        np.save(place / workload.CONNECTOR, kernel.astype(np.float32))
        return {}

    def load(self, folder: str, size: str, task: str) -> dict[str, Any]:
        """Reads the weights."""
        del task
        self.config = workload.SIZES[size]
        place = pathlib.Path(folder)
        self.language = (
            transformers.MT5ForConditionalGeneration.from_pretrained(
                place / workload.LANGUAGE
            ).eval()
        )
        self.vision = transformers.SiglipVisionModel.from_pretrained(
            place / workload.VISION
        ).eval()
        self.connector = torch.nn.Parameter(
            torch.from_numpy(np.load(place / workload.CONNECTOR))
        )
        return {"threads": torch.get_num_threads()}

    def _embeddings(self, images: np.ndarray, prompts: np.ndarray) -> Any:
        pixels = torch.from_numpy(images).float() / 127.5 - 1.0
        # The tower's own tokens: no pooling head.
        tokens = self.vision(pixels.permute(0, 3, 1, 2)).last_hidden_state
        text = self.language.shared(torch.from_numpy(prompts).long())
        return torch.cat([tokens @ self.connector, text], dim=1)

    @torch.inference_mode()
    def decode(
        self, batch_size: int, num_beams: int, length: int
    ) -> dict[str, Any]:
        """Decodes a batch."""
        made = workload.make_batch(self.config, batch_size, length)

        def run() -> np.ndarray:
            x = self._embeddings(made["images"], made["encoder_input_tokens"])
            tokens = self.language.generate(
                inputs_embeds=x,
                attention_mask=torch.ones(x.shape[:2], dtype=torch.long),
                max_new_tokens=length,
                num_beams=num_beams,
                do_sample=False,
                length_penalty=0.0,
                suppress_tokens=[0],
            )
            return tokens[:, 1:].numpy()

        return timed(run)

    def train_step(self, batch_size: int, length: int) -> dict[str, Any]:
        """Computes the loss and the gradient of every parameter."""
        made = workload.make_batch(self.config, batch_size, length)

        def run() -> float:
            self.language.zero_grad(set_to_none=True)
            self.vision.zero_grad(set_to_none=True)
            self.connector.grad = None
            x = self._embeddings(made["images"], made["encoder_input_tokens"])
            loss = self.language(
                inputs_embeds=x,
                attention_mask=torch.ones(x.shape[:2], dtype=torch.long),
                labels=torch.from_numpy(made["decoder_target_tokens"]).long(),
            ).loss
            loss.backward()
            return loss.item()

        return timed(run)


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    serve(HuggingFace())
