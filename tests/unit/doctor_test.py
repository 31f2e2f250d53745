"""The doctor: what it says of a whole machine, and of one that lacks things."""

import importlib.metadata

import pytest

from pali_tf import doctor
from pali_tf.doctor import Status


def missing(findings):
    return [f for f in findings if f.status is Status.MISSING]


def test_packages_of_this_environment_are_complete():
    assert missing(doctor.check_packages()) == []


def test_a_missing_and_an_old_package_come_with_their_remedy(monkeypatch):
    declared = ["numpy<1", "no-such-package>=2", 'x>=1; extra == "tpu"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: declared)
    old, absent = missing(doctor.check_packages())
    assert old.text.startswith("numpy<1 (2.")
    assert absent.text == "no-such-package>=2 (not installed)"
    assert absent.remedy == ("make setup, or pip install 'no-such-package>=2'")


def test_a_requirement_of_a_needed_extra_counts(monkeypatch):
    declared = ['no-such-package>=2; extra == "serve"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: declared)
    assert len(missing(doctor.check_packages())) == 1


def test_data_folder(tmp_path):
    (unset,) = doctor.check_data(None)
    assert unset.status is Status.OPTIONAL
    (empty,) = doctor.check_data(str(tmp_path))
    assert empty.status is Status.MISSING
    assert "pali sample-data" in empty.remedy
    (tmp_path / "webli").mkdir()
    (tmp_path / "webli/test.info.json").write_text('{"num_examples": 7}')
    (found,) = doctor.check_data(str(tmp_path))
    assert found.text == "webli/test: 7 examples"


def test_exit_code_follows_what_is_missing(monkeypatch, capsys, tmp_path):
    for check in ("check_devices", "check_fonts", "check_packages"):
        monkeypatch.setattr(doctor, check, lambda: iter(()))
    assert doctor.main([]) == 0
    assert "Nothing needed is missing." in capsys.readouterr().out
    assert doctor.main([f"--data_dir={tmp_path}"]) == 1
    assert "1 needed thing(s) missing" in capsys.readouterr().out


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
