import pytest

from seqio_tasks import mixtures
from seqio_tasks.mixtures import MIXTURES

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
    assert set(MIXTURES[name]) == TASKS


def test_the_second_phase_has_three_tasks_in_equal_parts():
    assert MIXTURES["pali_highres"] == {
        "webli_ocr": 1,
        "cc3m35l_captioning": 1,
        "vq2a_cc3m35l_vqa": 1,
    }


def test_the_papers_rates():
    rates = MIXTURES["pali_pretrain"]
    assert sum(rates.values()) == 1566
    percent = {
        name: round(100 * rate / 1566, 2) for name, rate in rates.items()
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
    whole = MIXTURES["pali_pretrain"]
    rates = MIXTURES[f"pali_pretrain_without_{left_out}"]
    assert whole.keys() - rates.keys() == set(mixtures.LEFT_OUT[left_out])
    assert rates.items() <= whole.items()


def test_the_flat_rates_are_percent():
    assert sum(MIXTURES["pali_tiny"].values()) == 100


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
