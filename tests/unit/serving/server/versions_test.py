import shutil

import pytest
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, prediction_log_pb2
from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus

from pali_tf import files
from serving.server.errors import ServingError
from serving.server.versions import ModelVersions, find_versions, version_path
from tests.support import toy_saved_model

_LATEST = model_pb2.ModelSpec(name="toy")


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return toy_saved_model.write(tmp_path_factory.mktemp("toy"), 1)


@pytest.fixture
def base_path(toy, tmp_path):
    shutil.copytree(toy, tmp_path / "1")
    return tmp_path


def _write_warmup(path, model_log):
    (path / "assets.extra").mkdir()
    file = path / "assets.extra" / "tf_serving_warmup_requests"
    with tf.io.TFRecordWriter(str(file)) as writer:
        writer.write(model_log.SerializeToString())


def test_only_integer_folders_with_a_model_are_versions(base_path):
    shutil.copytree(base_path / "1", base_path / "12")
    shutil.copytree(base_path / "1", base_path / "3")
    (base_path / "7").mkdir()
    (base_path / "tmp-8").mkdir()
    assert find_versions(base_path) == [1, 3, 12]


def test_no_version_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="pali export"):
        ModelVersions("toy", tmp_path / "nothing")


def test_a_new_version_takes_over(toy, storage):
    base_path = files.as_path(storage) / "toy"

    def export():
        path = version_path(base_path)
        with files.staged(path, last="saved_model.pb") as made:
            shutil.copytree(toy, made)

    export()
    versions = ModelVersions("toy", base_path)
    old = versions.get(_LATEST)
    export()
    versions.refresh()
    assert old.version == 1
    assert versions.get(_LATEST).version == 2
    assert [(s.version, s.state) for s in versions.statuses()] == [
        (2, ModelVersionStatus.AVAILABLE),
        (1, ModelVersionStatus.END),
    ]


def test_statuses_can_be_read_while_a_version_comes(base_path):
    versions = ModelVersions("toy", base_path)
    reading = iter(versions._statuses.values())
    versions._set(2, ModelVersionStatus.LOADING)
    assert [status.version for status in reading] == [1]
    assert [status.version for status in versions.statuses()] == [2, 1]


def test_a_damaged_version_leaves_the_old_one_serving(base_path):
    versions = ModelVersions("toy", base_path)
    (base_path / "2").mkdir()
    (base_path / "2" / "saved_model.pb").write_bytes(b"not a model")
    versions.refresh()
    assert versions.get(_LATEST).version == 1
    damaged = versions.statuses()[0]
    assert (damaged.version, damaged.state) == (2, ModelVersionStatus.END)
    assert str(base_path / "2") in damaged.status.error_message


def test_a_failing_warm_up_request_fails_the_load(base_path):
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.signature_name = "nosig"
    _write_warmup(base_path / "1", log)
    with pytest.raises(ServingError, match='key "nosig" not found'):
        ModelVersions("toy", base_path)


def test_a_warm_up_file_of_another_kind_fails_the_load(base_path):
    log = prediction_log_pb2.PredictionLog()
    log.regress_log.SetInParent()
    _write_warmup(base_path / "1", log)
    with pytest.raises(ServingError, match="regress_log"):
        ModelVersions("toy", base_path)


def test_the_next_free_version(tmp_path):
    assert version_path(tmp_path / "new") == tmp_path / "new" / "1"
    for name in ("2", "10", "tmp-30-1"):
        (tmp_path / name).mkdir()
    assert version_path(tmp_path) == tmp_path / "11"
    assert version_path(tmp_path, 7) == tmp_path / "7"


def test_versions_that_cannot_be(tmp_path):
    (tmp_path / "2").mkdir()
    with pytest.raises(ValueError, match="next free version is 3"):
        version_path(tmp_path, 2)
    with pytest.raises(ValueError, match="positive integer, not 0"):
        version_path(tmp_path, 0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
