"""What an engine trains: PaLI with its loss, its optimizer and its decoding.

The methods carry the names of T5X's model contract, so that one gin binding
describes the model to both engines.

Source: google-research/t5x, t5x/models.py (BaseTransformerModel).
"""

import dataclasses
import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Int, Int32, Key

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.decoding.score import score_targets
from pali_tf.decoding.score_classes import ClassScores, score_classes
from pali_tf.errors import UserError
from pali_tf.models.functional import FunctionalModel
from pali_tf.models.lora.adapters import enable_lora
from pali_tf.models.lora.config import LoRAConfig
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.pali.model import Pali
from pali_tf.training import loss
from pali_tf.training.metrics import ExampleMetrics
from pali_tf.training.optimizer import OptimizerDef
from pali_tf.types import Array, Batch, Params


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaliTrainingModel:
    """A PaLI and how it is trained.

    Attributes:
        optimizer_def: the optimizer; None where nothing trains.
        trainable: regex over whole parameter paths; what it does not match
            is frozen: no gradient, no optimizer slots.
        z_loss: weight of log(Z)^2, >= 0.
        label_smoothing: in [0, 1).
        loss_normalizing_factor: None, a number, or T5X's name of one that is
            computed from the batch.
        vocabulary: the SentencePiece vocabulary of its tokens.
        decoding: how it answers.
        lora: adapters beside projections; `trainable` ".*/lora_.*" trains
            them alone. None: there are none.
    """

    config: PaliConfig
    optimizer_def: OptimizerDef | None = None
    trainable: str = ".*"
    z_loss: float = 0.0
    label_smoothing: float = 0.0
    loss_normalizing_factor: float | str | None = None
    vocabulary: Any = None
    decoding: DecodingConfig = DecodingConfig()
    lora: LoRAConfig | None = None

    def __post_init__(self) -> None:
        """Checks the loss settings."""
        loss.check_normalizing_factor(self.loss_normalizing_factor)
        if not 0 <= self.label_smoothing < 1:
            raise UserError(
                f"label_smoothing is {self.label_smoothing}, not in [0, 1)."
            )
        if self.z_loss < 0:
            raise UserError(f"z_loss is {self.z_loss}, below 0.")
        rows = self.config.language.vocab_size
        if self.vocabulary is not None and self.vocabulary.vocab_size > rows:
            raise UserError(
                f"The vocabulary has {self.vocabulary.vocab_size} pieces, the "
                f"model's table {rows} rows: train a smaller vocabulary or "
                "set a larger vocab_size."
            )

    @functools.cached_property
    def functional(self) -> FunctionalModel:
        """The pure functions; built once, without memory."""

        def build() -> Pali:
            model = Pali(self.config, name="pali")
            model.build()
            if self.lora is not None:
                enable_lora(model, self.lora)
            return model

        return FunctionalModel(build)

    @property
    def frozen_dtype(self) -> str:
        """How frozen parameters are held: the precision they compute in."""
        return self.config.language.dtype

    def init(self, rng: Key[Array, ""]) -> Params:
        """Draws initial parameters; a pure function of `rng`."""
        return self.functional.init(rng)

    def loss_normalizer(self, batch: Batch) -> Float32[Array, ""]:
        """Gives what the summed loss of `batch` is divided by."""
        return loss.normalizer(
            self.loss_normalizing_factor, batch["decoder_loss_weights"]
        )

    def loss_fn(
        self,
        params: Params,
        batch: Batch,
        dropout_rng: Key[Array, ""] | None,
        normalizer: Float32[Array, ""] | None = None,
    ) -> tuple[Float32[Array, ""], ExampleMetrics]:
        """Computes the training loss of a batch.

        Without a key there is no dropout. Where `batch` is a part of one that
        is to be normalised as a whole, `normalizer` is what to divide by.

        Returns:
            (loss, sums of each example).
        """
        logits = self.functional.apply(
            params, batch, rng=dropout_rng, training=dropout_rng is not None
        )
        weights = batch["decoder_loss_weights"]
        targets = batch["decoder_target_tokens"]
        cross_entropy, z_loss = loss.token_cross_entropy(
            logits,
            targets,
            label_smoothing=self.label_smoothing,
            z_loss=self.z_loss,
        )
        is_correct = jnp.argmax(logits, axis=-1) == targets
        examples = ExampleMetrics(
            cross_entropy=jnp.sum(cross_entropy * weights, axis=-1),
            z_loss=jnp.sum(z_loss * weights, axis=-1),
            num_correct=jnp.sum(is_correct * weights, axis=-1),
            num_tokens=jnp.sum(weights, axis=-1),
        )
        total = jnp.sum(examples.cross_entropy) + jnp.sum(examples.z_loss)
        divisor = (
            self.loss_normalizer(batch) if normalizer is None else normalizer
        )
        return total / divisor, examples

    def eval_fn(
        self, params: Params, batch: Batch
    ) -> tuple[Float32[Array, ""], ExampleMetrics]:
        """Computes the loss without dropout."""
        return self.loss_fn(params, batch, None)

    def predict_batch_with_aux(
        self,
        params: Params,
        batch: Batch,
        *,
        max_decode_len: int | None = None,
        num_pieces: int | None = None,
    ) -> tuple[Int32[Array, "B T"], dict[str, Any]]:
        """Decodes a batch, as `decoding` says.

        Args:
            params: the nested dict of parameters.
            batch: `images` or `visual_tokens`, `image_mask` and
                `encoder_input_tokens`; where `max_decode_len` is None,
                `decoder_input_tokens` as well.
            max_decode_len: T; None: the length of the batch's targets.
            num_pieces: size of the vocabulary; None: the whole table.

        Returns:
            (tokens of the best answers, {"scores": float32[B],
            "normalized_scores": float32[B], and of all N answers, best first,
            "all_tokens": int32[B, N, T], "all_scores": float32[B, N]}).
        """
        if max_decode_len is None:
            max_decode_len = int(np.shape(batch["decoder_input_tokens"])[1])
        output = self.functional.call(
            decode,
            params,
            batch.get("images"),
            batch["image_mask"],
            batch["encoder_input_tokens"],
            visual_tokens=batch.get("visual_tokens"),
            config=self.decoding,
            max_decode_len=max_decode_len,
            num_pieces=num_pieces or self.config.language.vocab_size,
        )
        return output.tokens[:, 0], {
            "scores": output.scores[:, 0],
            "normalized_scores": output.normalized_scores[:, 0],
            "all_tokens": output.tokens,
            "all_scores": output.scores,
        }

    def score_batch(self, params: Params, batch: Batch) -> Float32[Array, " B"]:
        """Gives the log-probability of each target."""
        return self.functional.call(score_targets, params, batch).scores

    def score_classes(
        self, params: Params, batch: Batch, candidates: Int[Array, "C T"]
    ) -> ClassScores:
        """Scores the same classes for each example of a batch.

        The candidates are the names, each with its EOS; 0 is padding.
        """
        return self.functional.call(
            score_classes,
            params,
            batch.get("images"),
            batch["image_mask"],
            batch["encoder_input_tokens"],
            candidates,
            visual_tokens=batch.get("visual_tokens"),
        )
