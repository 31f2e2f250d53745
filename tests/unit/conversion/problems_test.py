"""Problems come all at once; names are allowed by pattern."""

import pytest

from pali_tf.conversion.problems import Allowed, ConversionError


def test_each_problem_has_a_line_and_the_last_ones_a_number():
    error = ConversionError("It fails:", [f"problem {i}" for i in range(23)])
    lines = str(error).splitlines()
    assert lines[:2] == ["It fails:", "  problem 0"]
    assert lines[-1] == "  ... and 3 more."
    assert len(error.problems) == 23


def test_a_name_is_allowed_by_either_of_its_forms_and_noted_once():
    allowed = Allowed(["^text_", "head$"])
    assert allowed("text_model.x")
    assert allowed("a", "map_head")
    assert allowed("a", "map_head")
    assert not allowed("vision", "my_text_")
    assert list(allowed.used) == ["text_model.x", "a"]


def test_a_pattern_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"--allow='\['"):
        Allowed(["["])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
