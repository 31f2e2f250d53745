"""From a folder to answers."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from etils.epath import Path

from pali_tf.conversion.stores.safetensors_files import SHARD_BYTES
from pali_tf.decoding.config import DecodingConfig
from pali_tf.errors import UserError
from pali_tf.models import quantization
from pali_tf.models.lora import adapters
from pali_tf.models.lora.config import DEFAULT_TARGET, LoRAConfig
from pali_tf.models.pali.model import Pali
from pali_tf.models.parameter_path import parameters_by_path
from pali_tf.models.quantization import QuantizationConfig
from pali_tf.presets import answers, batches, weights
from pali_tf.presets.adapter_folder import digest, load_adapter, write_adapter
from pali_tf.presets.answers import ZERO_SHOT_PROMPT, Answer, Classification
from pali_tf.presets.config import PresetConfig
from pali_tf.presets.folder import open_preset, write_preset
from pali_tf.presets.images import ImageLike, load_images
from pali_tf.presets.network import build_network, make_program
from pali_tf.presets.tokenizer import Tokenizer

Images = Sequence[ImageLike]
_GREEDY = DecodingConfig()


class PaliModel:
    """A trained PaLI with its vocabulary, on Keras' JAX or TensorFlow backend.

    An image is a file's path, a PIL image, an array uint8[H, W, 3], or None
    for text alone; a prompt has the form of the training tasks, its last
    `<extra_id_0>` too.

    Raises:
        UserError: the vocabulary is larger than the model's table, or Keras
            runs on another backend.

    Example:
        model = PaliModel.from_preset("folder")
        model.generate(["a.jpg"], "Answer in EN: what is red? <extra_id_0>")
    """

    def __init__(
        self, network: Pali, tokenizer: Tokenizer, config: PresetConfig
    ):
        rows = config.model.language.vocab_size
        if tokenizer.num_pieces > rows:
            raise UserError(
                f"The vocabulary has {tokenizer.num_pieces} pieces, the "
                f"model's table {rows} rows: is it the model's own?"
            )
        self.network = network
        self.tokenizer = tokenizer
        self.config = config
        self._run = make_program(network)

    @classmethod
    def from_preset(
        cls,
        directory: str | os.PathLike[str],
        image_size: int | None = None,
        dtype: str | None = None,
    ) -> "PaliModel":
        """Reads a folder, array by array.

        Args:
            directory: of `save_to_preset` or `pali save-preset`, on a disk or
                in a bucket.
            image_size: side in pixels to resize the ViT's position table to;
                None: as it is.
            dtype: "float32" or "bfloat16", of activations; None: as it is.

        Raises:
            MissingFileError: the folder or a file of it is not there.
            UserError: a file is damaged, or does not fit the others.
        """
        config, tokenizer, arrays = open_preset(directory)
        config = config.adjusted(image_size=image_size, dtype=dtype)
        network = build_network(config)
        weights.load_weights(parameters_by_path(network), arrays)
        return cls(network, tokenizer, config)

    def save_to_preset(
        self,
        directory: str | os.PathLike[str],
        *,
        merge_adapter: bool = False,
        shard_bytes: int = SHARD_BYTES,
    ) -> Path:
        """Writes a new folder that `from_preset` reads.

        Args:
            directory: on a disk or in a bucket.
            merge_adapter: add LoRA's adapters to their kernels; otherwise
                they are stored beside them.
            shard_bytes: of a file of arrays, unless one array is larger.

        Raises:
            ExistingFileError: the folder exists.
            UserError: adapters of int8 kernels cannot be merged.
        """
        config = self.config
        if merge_adapter:
            merged = config.merged_adapters
            if config.lora is not None:
                merged += (digest(adapters.adapters_by_path(self.network)),)
            config = dataclasses.replace(
                config, lora=None, merged_adapters=merged
            )
            tensors = weights.merged_tensors(self.network)
        else:
            tensors = weights.variable_tensors(parameters_by_path(self.network))
        return write_preset(
            directory,
            config,
            tensors,
            self.tokenizer.serialized,
            shard_bytes=shard_bytes,
        )

    def generate(
        self,
        images: Images | None,
        prompts: str | Sequence[str],
        decoding: DecodingConfig = _GREEDY,
        max_length: int | None = None,
        batch_size: int = 8,
    ) -> list[str]:
        """Answers each prompt about its image.

        Args:
            images: N of them; None: text alone.
            prompts: one for all images, or one each.
            decoding: greedy, beam search or sampling; of several answers, the
                best is given.
            max_length: most tokens of an answer, EOS included; None: as in
                training.
            batch_size: so many are answered at once.

        Raises:
            UserError: a prompt is too long, or an image cannot be read.
            MissingFileError: an image is not there.
        """
        found = self.generate_all(
            images, prompts, decoding, max_length, batch_size
        )
        return [best.text for best, *_ in found]

    def generate_all(
        self,
        images: Images | None,
        prompts: str | Sequence[str],
        decoding: DecodingConfig = _GREEDY,
        max_length: int | None = None,
        batch_size: int = 8,
    ) -> list[list[Answer]]:
        """Gives all `num_return` answers of each, best first, with scores."""
        # The seed is an input: another one compiles nothing.
        static = {
            "config": dataclasses.replace(decoding, seed=0),
            "length": max_length or self.config.text_length,
            "num_pieces": self.tokenizer.num_pieces,
        }
        seed = np.array(decoding.seed, np.int32)
        found: list[list[Answer]] = []
        for features, num_real, _ in self._batches(images, prompts, batch_size):
            decoded = self._run(answers.answer, *features, seed, **static)
            found += [
                [
                    Answer(self.tokenizer.decode(tokens), float(score))
                    for tokens, score in zip(*row, strict=True)
                ]
                for row in zip(
                    decoded["tokens"][:num_real],
                    decoded["scores"][:num_real],
                    strict=True,
                )
            ]
        return found

    def score(
        self,
        images: Images | None,
        prompts: str | Sequence[str],
        targets: str | Sequence[str],
        batch_size: int = 8,
    ) -> np.ndarray:
        """Scores given answers: one for all images, or one each.

        Returns:
            float32[N], sums of the log-probabilities of tokens, EOS included.
        """
        pictures, texts = batches.pair(images, prompts)
        tokens = self.tokenizer.encode(
            batches.for_each(targets, len(texts), "targets"),
            length=self.config.text_length,
            name="targets",
        )
        scores = [np.zeros(0, np.float32)]
        for features, num_real, [of_batch] in self._batches(
            pictures, texts, batch_size, tokens
        ):
            scores.append(
                self._run(answers.score, *features, of_batch)[:num_real]
            )
        return np.concatenate(scores)

    def classify(
        self,
        images: Images,
        classes: Sequence[str],
        prompt: str = ZERO_SHOT_PROMPT,
        batch_size: int = 8,
        chunk_size: int = 16,
    ) -> Classification:
        """Scores every class for every image; an image is encoded once.

        Args:
            images: N of them.
            classes: their names, C of them, each once.
            prompt: by default the paper's for zero-shot classification.
            batch_size: so many images at once.
            chunk_size: so many classes of each at once.

        Source: PaLI section 4.4.
        """
        names = answers.check_classes(classes)
        limit = self.config.text_length
        self.tokenizer.encode(names, length=limit, name="classes")
        tokens = self.tokenizer.encode(names, length=None, name="classes")
        scores = [np.zeros((0, len(names)), np.float32)]
        for features, num_real, _ in self._batches(images, prompt, batch_size):
            found = self._run(
                answers.classify, *features, tokens, chunk_size=chunk_size
            )
            scores.append(found[:num_real])
        return Classification(names, np.concatenate(scores))

    def _batches(
        self,
        images: Images | None,
        prompts: str | Sequence[str],
        batch_size: int,
        *columns: np.ndarray,
    ) -> Any:
        """Yields (images, mask and prompts of a batch, rows, the columns)."""
        pictures, texts = batches.pair(images, prompts)
        tokens = self.tokenizer.encode(
            texts, length=self.config.prompt_length, name="prompts"
        )
        side = self.config.model.vision.image_size
        for first, num_real, (chosen, of_batch, *others) in batches.cut(
            (pictures, tokens, *columns), batch_size
        ):
            pixels, mask = load_images(chosen, side, first=first)
            yield (pixels, mask, of_batch), num_real, others

    def enable_lora(
        self, rank: int, target: str = DEFAULT_TARGET, *, seed: int = 0
    ) -> tuple[str, ...]:
        """Adds adapters, which change nothing until they are trained.

        Args:
            rank: int > 0.
            target: regex over whole parameter paths; by default the queries
                and values of the language part.
            seed: of their first values.

        Returns:
            The parameter paths of the adapted kernels.
        """
        config = LoRAConfig(rank=rank, target=target)
        adapted = adapters.enable_lora(self.network, config, seed=seed)
        self._changed(lora=config)
        return adapted

    def save_adapter(self, directory: str | os.PathLike[str]) -> Path:
        """Writes the adapters alone."""
        if self.config.lora is None:
            raise UserError("The model has no adapters: see enable_lora.")
        return write_adapter(
            directory, self.network, self.config.lora, self.config.model
        )

    def load_adapter(self, directory: str | os.PathLike[str]) -> None:
        """Reads adapters in; see `adapter_folder.load_adapter`."""
        config = load_adapter(
            directory,
            self.network,
            self.config.lora,
            self.config.model,
            self.config.merged_adapters,
        )
        self._changed(lora=config)

    def quantize(
        self, mode: str = "int8", target: str = quantization.DEFAULT_TARGET
    ) -> tuple[str, ...]:
        """Turns weights into int8, a scale for each column beside them.

        Args:
            mode: "int8".
            target: regex over whole parameter paths; by default the
                projections of all blocks. ".*" takes in the token table and
                the logits too.

        Returns:
            The parameter paths of what is int8 now.
        """
        config = QuantizationConfig(mode=mode, target=target)
        if self.config.quantization not in (None, config):
            raise UserError(f"The model is {self.config.quantization} already.")
        quantized = quantization.quantize(self.network, config)
        self._changed(quantization=config)
        return quantized

    @property
    def num_bytes(self) -> int:
        """What the parameters take in memory."""
        return sum(
            int(np.prod(v.shape)) * np.dtype(v.dtype).itemsize
            for v in parameters_by_path(self.network).values()
        )

    def _changed(self, **fields: Any) -> None:
        self.config = dataclasses.replace(self.config, **fields)
        self._run = make_program(self.network)
