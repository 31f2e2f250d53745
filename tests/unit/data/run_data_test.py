import pytest

from pali_tf.data.data_root import DataRoot
from pali_tf.data.run_data import RunData
from pali_tf.data.task_choices import TaskChoices
from seqio_tasks import catalog

ROOT = DataRoot("nowhere")


def test_places_of_tasks_and_rates_go_together():
    tasks = [
        (catalog.TASKS[name].bind(ROOT), rate)
        for name, rate in (("webli_ocr", 3), ("cc3m35l_captioning", 0.5))
    ]
    data = RunData("mine", tasks, ROOT, TaskChoices())
    assert data.task_names == tuple(task.name for task in data.tasks)
    assert data.task_names == tuple(data.rates)
    assert data.rates == {"webli_ocr": 3.0, "cc3m35l_captioning": 0.5}
    assert (str(data), data.root) == ("mine", ROOT)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
