"""A trained model as a function from batches to text, on the devices."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from pali_tf.checkpoints import checkpoint, initial_parameters
from pali_tf.models.functional import unflatten
from pali_tf.partitioning import shardings
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import identity
from pali_tf.training.configs import Selection
from pali_tf.types import Batch, Params

# Of the classes, so many are told, the likeliest.
_NUM_RANKED = 5


def load_model_parameters(
    model: Any,
    path: str,
    partitioner: PjitPartitioner,
    selection: Selection = checkpoint.ALL,
    *,
    fallback: bool = False,
) -> tuple[Params, int]:
    """Reads all of a model's parameters onto the devices.

    Returns:
        (the nested dict of parameters, the checkpoint's step).
    """
    found = checkpoint.find(path, fallback=fallback)
    identity.check_vocabulary(found, getattr(model, "vocabulary", None))
    specs = model.functional.specs
    places = partitioner.parameter_shardings(partitioner.mesh(), specs)
    flat, step = initial_parameters.load_all(
        str(found), specs, places, selection
    )
    return unflatten(flat), step


class Predictor:
    """Decodes or scores batches of one static shape.

    Parameters are given at each call, so a run that evaluates again compiles
    nothing anew. Where several processes share a run, each gives its own rows
    of a batch and gets all answers.
    """

    def __init__(
        self, model: Any, partitioner: PjitPartitioner, max_decode_len: int
    ):
        self._vocabulary = model.vocabulary
        self._mesh = partitioner.mesh()
        decode = functools.partial(
            model.predict_batch_with_aux,
            max_decode_len=max_decode_len,
            num_pieces=model.vocabulary.vocab_size,
        )
        # Every process reads all answers.
        jit = functools.partial(
            jax.jit, out_shardings=shardings.replicated(self._mesh)
        )
        self._decode = jit(partitioner.on_mesh(decode))
        self._score = jit(partitioner.on_mesh(model.score_batch))
        self._score_classes = jit(partitioner.on_mesh(model.score_classes))

    def _place(self, batch: Mapping[str, np.ndarray]) -> Batch:
        sharding = shardings.batch_sharding(self._mesh)
        if sharding.is_fully_addressable:
            rows = len(batch["encoder_input_tokens"])
            shardings.check_batch_size(rows, self._mesh)
        return jax.make_array_from_process_local_data(sharding, dict(batch))

    def predict(
        self, params: Params, batch: Mapping[str, np.ndarray]
    ) -> tuple[Sequence[str], Sequence[float]]:
        """Decodes a batch, as the model's `decoding` says.

        Returns:
            (B texts, B sums of log-probabilities), of the best answers.
        """
        best = [answers[0] for answers in self.predict_all(params, batch)]
        return [text for text, _ in best], [score for _, score in best]

    def predict_all(
        self, params: Params, batch: Mapping[str, np.ndarray]
    ) -> list[list[tuple[str, float]]]:
        """Gives all answers to each example, best first.

        Returns:
            For each row, N pairs (text, sum of log-probabilities).
        """
        _, aux = self._decode(params, self._place(batch))
        tokens, scores = jax.device_get((aux["all_tokens"], aux["all_scores"]))
        return [
            [
                (self._vocabulary.decode(ids.tolist()), float(score))
                for ids, score in zip(*answers, strict=True)
            ]
            for answers in zip(tokens, scores, strict=True)
        ]

    def score(
        self, params: Params, batch: Mapping[str, np.ndarray]
    ) -> Sequence[float]:
        """Gives the log-probability of each target of a batch."""
        scores = self._score(params, self._place(batch))
        return jax.device_get(scores).tolist()

    def rank(
        self,
        params: Params,
        batch: Mapping[str, np.ndarray],
        names: Sequence[str],
    ) -> tuple[Sequence[Sequence[str]], Sequence[float]]:
        """Ranks classes by the log-probability of their names.

        Returns:
            (B lists of the names, the likeliest first, at most `_NUM_RANKED`;
            B log-probabilities, of the likeliest).
        """
        scores = jax.device_get(
            self._score_classes(
                params, self._place(batch), self._candidates(names)
            ).scores
        )
        order = np.argsort(-scores, axis=-1, kind="stable")[:, :_NUM_RANKED]
        ranked = [[names[int(i)] for i in row] for row in order]
        return ranked, scores.max(axis=-1).tolist()

    def _candidates(self, names: Sequence[str]) -> np.ndarray:
        """Gives int32[C, T]: the names' tokens, each with its EOS."""
        tokens = [
            [*self._vocabulary.encode(name), self._vocabulary.eos_id]
            for name in names
        ]
        candidates = np.zeros((len(names), max(map(len, tokens))), np.int32)
        for row, ids in zip(candidates, tokens, strict=True):
            row[: len(ids)] = ids
        return candidates
