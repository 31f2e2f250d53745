import pytest

from pali_tf.data import location


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    monkeypatch.delenv(location.ENVIRONMENT_VARIABLE, raising=False)
    location.set_data_dir(None)
    yield
    location.set_data_dir(None)
    location.set_vocabulary_path(None)


def test_without_a_name_the_message_says_what_to_do():
    with pytest.raises(FileNotFoundError, match="pali sample-data"):
        location.data_dir()
    with pytest.raises(FileNotFoundError, match="PALI_DATA_DIR"):
        location.data_dir()


def test_a_missing_folder_is_named(tmp_path):
    location.set_data_dir(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="nothing"):
        location.data_dir()


def test_what_is_set_wins_over_the_environment(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.setenv(location.ENVIRONMENT_VARIABLE, str(tmp_path / "a"))
    assert location.data_dir() == tmp_path / "a"
    location.set_data_dir(tmp_path / "b")
    assert location.data_dir() == tmp_path / "b"


def test_vocabulary_is_in_the_data_root_or_where_it_is_said(tmp_path):
    location.set_data_dir(tmp_path)
    expected = tmp_path / "vocabulary" / "sentencepiece.model"
    assert location.vocabulary_path() == expected
    location.set_vocabulary_path(tmp_path / "mt5.model")
    assert location.vocabulary_path() == tmp_path / "mt5.model"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
