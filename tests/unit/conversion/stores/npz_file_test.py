"""npz files of NumPy and ours, and damaged ones."""

import ml_dtypes
import numpy as np
import pytest

from pali_tf.conversion.stores.npz_file import NpzSource, write_npz
from tests.support.random_tree import assert_equal, read_all, tensor_of

ARRAYS = {
    "params/kernel": np.arange(35, dtype=np.float32).reshape(7, 5),
    "params/bias": np.arange(4, dtype=np.float32),
    "t": np.array(3.0, np.float32),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_we_read_what_numpy_writes(tmp_path, save):
    save(tmp_path / "x.npz", **ARRAYS)
    source = NpzSource(tmp_path / "x.npz")
    assert_equal(read_all(source), ARRAYS)
    part = source.read("params/kernel", (slice(2, 5), slice(1, 3)))
    np.testing.assert_array_equal(part, ARRAYS["params/kernel"][2:5, 1:3])


def test_numpy_reads_what_we_write(tmp_path):
    tensors = {name: tensor_of(array) for name, array in ARRAYS.items()}
    write_npz(tmp_path / "x.npz", tensors, {})
    with np.load(tmp_path / "x.npz") as found:
        assert_equal(dict(found), ARRAYS)


def test_columns_first_is_read_as_what_it_means(tmp_path):
    arrays = {"x": np.asfortranarray(ARRAYS["params/kernel"])}
    np.savez(tmp_path / "x.npz", **arrays)
    assert_equal(read_all(NpzSource(tmp_path / "x.npz")), arrays)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_bfloat16_comes_back_though_numpy_forgets_its_name(tmp_path, save):
    arrays = {"x": np.arange(6).reshape(2, 3).astype(ml_dtypes.bfloat16)}
    save(tmp_path / "x.npz", **arrays)
    assert_equal(read_all(NpzSource(tmp_path / "x.npz")), arrays)


def test_bfloat16_that_we_write_comes_back(tmp_path):
    arrays = {"x": np.arange(6).reshape(2, 3).astype(ml_dtypes.bfloat16)}
    write_npz(tmp_path / "x.npz", {"x": tensor_of(arrays["x"])}, {})
    assert_equal(read_all(NpzSource(tmp_path / "x.npz")), arrays)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.95])
def test_a_truncated_file_is_named(tmp_path, fraction):
    path = tmp_path / "vit.npz"
    np.savez(path, **ARRAYS)
    content = path.read_bytes()
    path.write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(ValueError, match=r"vit\.npz is no npz file"):
        NpzSource(path)


def test_a_damaged_array_is_named(tmp_path):
    path = tmp_path / "vit.npz"
    np.savez_compressed(path, **ARRAYS)
    content = bytearray(path.read_bytes())
    start = content.index(b"params/kernel.npy") + len(b"params/kernel.npy")
    content[start + 60 : start + 90] = bytes(30)
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"vit\.npz.*params/kernel"):
        read_all(NpzSource(path))


def test_objects_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="'x'"):
        read_all(NpzSource(path))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
