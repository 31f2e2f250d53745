"""The doctor's exit status and its closing line."""

import pytest

from pali_tf import installation
from pali_tf.commands import doctor


def test_exit_code_follows_what_is_missing(monkeypatch, capsys, tmp_path):
    for check in ("check_devices", "check_fonts", "check_packages"):
        monkeypatch.setattr(installation, check, lambda: iter(()))
    assert doctor.main([]) == 0
    assert "Nothing needed is missing." in capsys.readouterr().out
    assert doctor.main([f"--data_dir={tmp_path}"]) == 1
    assert "1 needed thing(s) missing" in capsys.readouterr().out


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
