"""What the doctor finds: on a whole machine, and on one that lacks things."""

import importlib.metadata

import pytest

from pali_tf import installation
from pali_tf.installation import Status


def missing(findings):
    return [f for f in findings if f.status is Status.MISSING]


def test_packages_of_this_environment_are_complete():
    assert missing(installation.check_packages()) == []


def test_a_missing_and_an_old_package_come_with_their_remedy(monkeypatch):
    declared = ["numpy<1", "no-such-package>=2", 'x>=1; extra == "tpu"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: declared)
    old, absent = missing(installation.check_packages())
    assert old.text.startswith("numpy<1 (2.")
    assert absent.text == "no-such-package>=2 (not installed)"
    assert absent.remedy == ("make setup, or pip install 'no-such-package>=2'")


def test_a_requirement_of_a_needed_extra_counts(monkeypatch):
    declared = ['no-such-package>=2; extra == "serve"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: declared)
    assert len(missing(installation.check_packages())) == 1


def test_data_folder(tmp_path):
    (unset,) = installation.check_data(None)
    assert unset.status is Status.OPTIONAL
    (empty,) = installation.check_data(str(tmp_path))
    assert empty.status is Status.MISSING
    assert "pali sample-data" in empty.remedy
    (tmp_path / "webli").mkdir()
    (tmp_path / "webli/test.info.json").write_text('{"num_examples": 7}')
    (found,) = installation.check_data(str(tmp_path))
    assert found.text == "webli/test: 7 examples"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
