"""Our tasks, as programs of SeqIO's and T5X's read them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import seqio
import tensorflow as tf

from pali_tf.data import input_pipeline


class StoredTask(seqio.Task):
    """A task whose pass in order gives the examples of an evaluation of ours.

    What an example draws at random is the same, too.
    """

    def get_dataset(
        self,
        sequence_length: Mapping[str, int] | None = None,
        split: str = "train",
        use_cached: bool = False,
        shuffle: bool = True,
        shuffle_buffer_size: int | None = None,
        seed: int | None = None,
        shard_info: seqio.ShardInfo | None = None,
        num_epochs: int | None = 1,
        **given: Any,
    ) -> tf.data.Dataset:
        """Returns a task's examples; the arguments are SeqIO's."""
        if sequence_length is None or use_cached or shuffle or num_epochs != 1:
            return super().get_dataset(
                sequence_length,
                split,
                use_cached=use_cached,
                shuffle=shuffle,
                shuffle_buffer_size=shuffle_buffer_size,
                seed=seed,
                shard_info=shard_info,
                num_epochs=num_epochs,
                **given,
            )
        share = shard_info or seqio.ShardInfo(index=0, num_shards=1)
        total = input_pipeline.num_eval_examples(self, sequence_length, split)
        return input_pipeline.eval_dataset(
            self,
            feature_lengths=sequence_length,
            split=split,
            seed=seed or 0,
            numbers=np.arange(share.index, total or 0, share.num_shards),
        )
