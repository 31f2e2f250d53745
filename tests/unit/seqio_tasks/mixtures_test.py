import pytest
import seqio

from seqio_tasks import mixtures

TASKS = {
    "text_span_corruption",
    "webli_split_captioning",
    "cc3m35l_captioning",
    "webli_ocr",
    "vq2a_cc3m35l_vqa",
    "vq2a_cc3m35l_vqg",
    "openimages_object_aware_vqa",
    "object_detection",
}


@pytest.mark.parametrize("name", ["pali_pretrain", "pali_tiny"])
def test_a_mixture_has_the_eight_tasks(name):
    mixture = seqio.MixtureRegistry.get(name)
    assert {task.name for task in mixture.tasks} == TASKS


def test_the_second_phase_has_three_tasks_in_equal_parts():
    mixture = seqio.MixtureRegistry.get("pali_highres")
    assert {task.name: mixture.get_rate(task) for task in mixture.tasks} == {
        "webli_ocr": 1,
        "cc3m35l_captioning": 1,
        "vq2a_cc3m35l_vqa": 1,
    }


def test_the_papers_rates():
    mixture = seqio.MixtureRegistry.get("pali_pretrain")
    assert mixture.total_rate == 1566
    percent = {
        task.name: round(100 * mixture.get_rate(task) / 1566, 2)
        for task in mixture.tasks
    }
    assert percent == {
        "text_span_corruption": 6.39,
        "webli_split_captioning": 63.86,
        "webli_ocr": 6.39,
        "cc3m35l_captioning": 6.39,
        "vq2a_cc3m35l_vqa": 6.39,
        "vq2a_cc3m35l_vqg": 6.39,
        "openimages_object_aware_vqa": 3.19,
        "object_detection": 1.02,
    }


@pytest.mark.parametrize("left_out", mixtures.LEFT_OUT)
def test_an_ablation_leaves_out_and_keeps_the_other_rates(left_out):
    whole = seqio.MixtureRegistry.get("pali_pretrain")
    mixture = seqio.MixtureRegistry.get(f"pali_pretrain_without_{left_out}")
    gone = TASKS - {task.name for task in mixture.tasks}
    assert gone == set(mixtures.LEFT_OUT[left_out])
    for task in mixture.tasks:
        assert mixture.get_rate(task) == whole.get_rate(task)


def test_the_flat_rates_are_percent():
    assert seqio.MixtureRegistry.get("pali_tiny").total_rate == 100


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
