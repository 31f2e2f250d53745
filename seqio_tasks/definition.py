"""What a task is, before a run says where its data are."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import seqio
import tensorflow as tf

from pali_tf.data import input_pipeline
from pali_tf.data.data_root import DataRoot
from pali_tf.data.randomness import draw_seed
from pali_tf.data.record_query import RecordQuery
from pali_tf.data.stored_examples import Joining, StoredExamples
from pali_tf.data.task_choices import TaskChoices
from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import features
from seqio_tasks.features import Example


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective:
    """How a task is made of a source.

    Attributes:
        features: what is read of a record.
        make_text: from a record to its prompt and target; it may ask for
            `sequence_length`, `output_features` and `choices`.
        metric_fns: what fits its answers.
        requires: the feature without which a record is passed over.
        each: "vqa": an example is a question; None: a record.
        has_images: whether records have images.
        has_languages: whether one language can be chosen.
        joining: choices -> how texts are joined, or None: they are not.
    """

    make_text: Callable[..., Example]
    features: Sequence[str]
    metric_fns: Sequence[Callable[..., metrics.Scores]]
    requires: str | None = None
    each: str | None = None
    has_images: bool = True
    has_languages: bool = False
    joining: Callable[[TaskChoices], Joining | None] = lambda choices: None


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskDefinition:
    """An objective on a source.

    Attributes:
        name: as users spell it and reports show it.
        source: a folder of the data root, such as "webli".
        objective: what is asked of it.
        language: the only one that is read; None: all.
    """

    name: str
    source: str
    objective: Objective
    language: str | None = None

    def bind(
        self,
        root: DataRoot = DataRoot(),
        choices: TaskChoices = TaskChoices(),
        task_id: int = 0,
    ) -> seqio.Task:
        """Gives the task on the data of a root; it is not registered.

        Its examples carry the number `task_id`.
        """
        asked = self.objective
        joining = asked.joining(choices)
        query = RecordQuery(
            tuple(asked.features),
            requires=asked.requires,
            has_images=asked.has_images,
            each=asked.each,
            language=self.language,
        )
        joined: list[Callable[..., tf.data.Dataset]] = (
            [] if joining is None else [joining.step]
        )
        return _StoredTask(
            self.name,
            source=StoredExamples(self.source, query, root, joining),
            preprocessors=[
                # What seqio_cache_tasks stores is the record, its image
                # encoded and once; all that is drawn at random comes after it.
                seqio.CacheDatasetPlaceholder(),
                *joined,
                draw_seed,
                features.keep_image(asked.make_text, choices),
                features.add_image(task_id, root),
                features.tokenize,
            ],
            output_features=features.output_features(root),
            postprocess_fn=metrics.make_target,
            metric_fns=asked.metric_fns,
            # The source shuffles stored records; a second shuffle would hold
            # decoded images.
            shuffle_buffer_size=None,
        )


class _StoredTask(seqio.Task):
    """A task whose pass in order gives the examples of an evaluation of ours.

    What an example draws at random is the same, too: SeqIO's programs and T5X's
    read it.
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
