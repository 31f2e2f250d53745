import pytest

from pali_tf.data.task_choices import TaskChoices


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ocr_order", "alphabetical"),
        ("box_order", ""),
        ("form_weights", (1, 1, 1)),
        ("form_weights", (0, 0, 0, 0)),
        ("yes_no_weights", (1, -1)),
        ("max_objects", 0),
        ("max_listed", 0),
        ("noise_density", 1.0),
        ("mean_span_length", 0.5),
    ],
)
def test_a_wrong_choice_is_named(field, value):
    with pytest.raises(ValueError, match=field):
        TaskChoices(**{field: value})


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
