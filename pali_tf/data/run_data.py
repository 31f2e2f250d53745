"""What a run is trained or evaluated on, as one value."""

from collections.abc import Mapping, Sequence

import seqio

from pali_tf.data.data_root import DataRoot
from pali_tf.data.task_choices import TaskChoices


class RunData(seqio.Mixture):
    """A mixture of tasks that know their data; one task is a mixture too.

    It is in no registry of SeqIO's, and is never changed. T5X and SeqIO take
    it wherever they take a mixture. Its name is as the user spells it.
    """

    def __init__(
        self,
        name: str,
        tasks: Sequence[tuple[seqio.Task, float]],
        root: DataRoot,
        choices: TaskChoices,
    ) -> None:
        super().__init__(name, tasks)
        self.root = root
        self.choices = choices

    @property
    def task_names(self) -> tuple[str, ...]:
        """The names of the tasks; each one's place is its `task_id`."""
        return tuple(task.name for task in self.tasks)

    @property
    def rates(self) -> Mapping[str, float]:
        """The relative rates by the tasks' names, in their order."""
        return {task.name: float(self.get_rate(task)) for task in self.tasks}

    def __str__(self) -> str:
        """Gives the name: T5X makes names of files of it."""
        return self.name
