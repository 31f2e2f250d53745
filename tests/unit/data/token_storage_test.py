import dataclasses

import ml_dtypes
import numpy as np
import pytest

from pali_tf.data import token_storage


@pytest.fixture
def tokens(rng):
    return (
        rng.normal(size=(7, 24)).astype(np.float32)
        * np.logspace(-4, 4, 7, dtype=np.float32)[:, None]
    )


def test_bfloat16_tokens_come_back_bit_for_bit(tokens):
    tokens = tokens.astype(ml_dtypes.bfloat16)
    stored = token_storage.pack(tokens, "bfloat16")
    assert (stored.length, stored.width, stored.scale) == (7, 24, ())
    found = token_storage.unpack(stored)
    assert found.dtype == ml_dtypes.bfloat16
    np.testing.assert_array_equal(found.view("u2"), tokens.view("u2"))


def test_float32_tokens_are_rounded_to_the_nearest_bfloat16(tokens):
    found = token_storage.unpack(token_storage.pack(tokens, "bfloat16"))
    error = np.abs(found.astype(np.float32) - tokens)
    assert error.max() > 0
    assert (error <= np.abs(tokens) / 256).all()


def test_int8_tokens_are_off_by_half_a_step_at_most(tokens):
    stored = token_storage.pack(tokens, "int8")
    assert len(stored.values) == 7 * 24
    found = token_storage.unpack(stored).astype(np.float32)
    most = np.abs(tokens).max(axis=1, keepdims=True)
    error = np.abs(found - tokens)
    # The last term is bfloat16's, of the result.
    assert (error <= most / 254 + np.abs(found) / 256 + 1e-12).all()
    assert error.max() > most.max() / 512


def test_a_token_of_zeros_stays_zeros():
    stored = token_storage.pack(np.zeros((2, 3), np.float32), "int8")
    assert stored.scale == (0.0, 0.0)
    assert not token_storage.unpack(stored).astype(np.float32).any()


def test_bytes_are_little_endian():
    stored = token_storage.pack(np.array([[1.0, -2.0]]), "bfloat16")
    assert stored.values == bytes.fromhex("803f00c0")


def test_mistakes_are_told(tokens):
    with pytest.raises(ValueError, match="'int4'; did you mean 'int8'"):
        token_storage.pack(tokens, "int4")
    with pytest.raises(ValueError, match="not finite"):
        token_storage.pack(np.array([[np.nan]]), "bfloat16")
    stored = token_storage.pack(tokens, "int8")
    short = dataclasses.replace(stored, values=stored.values[:-1])
    with pytest.raises(ValueError, match="168 bytes and 7 scales, not 167"):
        token_storage.unpack(short)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
