"""Pali on stored visual tokens, beside Pali on images."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.decoding.score_classes import score_classes
from pali_tf.models.functional import flatten, unflatten
from tests.support.tiny_pali import VOCAB_SIZE, make_batch, make_functional

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def case(request):
    """(functional, parameters, batch of images, batch of their tokens)."""
    functional = make_functional(dtype=request.param)
    drawn = flatten(jax.jit(functional.init)(jax.random.key(0)))
    # As a run holds a frozen ViT.
    params = unflatten(
        {
            path: x.astype(request.param) if "vision/" in path else x
            for path, x in drawn.items()
        }
    )
    batch = make_batch()
    encode = jax.jit(
        lambda images: functional.call(
            lambda pali, x: pali.encode_image(x), params, images
        )
    )
    tokens = np.asarray(encode(batch["images"]).astype(request.param))
    rest = {name: x for name, x in batch.items() if name != "images"}
    return functional, params, batch, rest | {"visual_tokens": tokens}


def test_logits_are_those_of_images_bit_for_bit(case):
    functional, params, images, tokens = case
    apply = jax.jit(functional.apply)
    np.testing.assert_array_equal(apply(params, images), apply(params, tokens))


def test_tokens_count_only_where_there_is_an_image(case):
    functional, params, _, tokens = case
    apply = jax.jit(functional.apply)
    other = tokens | {"visual_tokens": tokens["visual_tokens"][::-1].copy()}
    changed = apply(params, tokens) != apply(params, other)
    assert jnp.any(changed, axis=(1, 2)).tolist() == [True, False, False]


@pytest.mark.parametrize("num_beams", [1, 2])
def test_answers_are_those_of_images(case, num_beams):
    functional, params, images, tokens = case

    def answer(batch):
        return functional.call(
            decode,
            params,
            batch.get("images"),
            batch["image_mask"],
            batch["encoder_input_tokens"],
            config=DecodingConfig(num_beams=num_beams),
            max_decode_len=5,
            num_pieces=VOCAB_SIZE,
            visual_tokens=batch.get("visual_tokens"),
        )

    answer = jax.jit(answer)
    np.testing.assert_array_equal(answer(images).tokens, answer(tokens).tokens)


def test_samples_are_drawn_for_tokens_too(case):
    functional, params, _, tokens = case
    sampled = functional.call(
        decode,
        params,
        None,
        tokens["image_mask"],
        tokens["encoder_input_tokens"],
        config=DecodingConfig(temperature=1.0, num_return=2),
        max_decode_len=5,
        num_pieces=VOCAB_SIZE,
        visual_tokens=tokens["visual_tokens"],
    ).tokens
    assert sampled.shape == (3, 2, 5)
    assert (sampled[:, 0] != sampled[:, 1]).any()


def test_classes_are_scored_as_on_images(case):
    functional, params, images, tokens = case
    names = np.array([[5, 6, 1], [7, 1, 0]], np.int32)

    def score(batch):
        return functional.call(
            score_classes,
            params,
            batch.get("images"),
            batch["image_mask"],
            batch["encoder_input_tokens"],
            names,
            visual_tokens=batch.get("visual_tokens"),
        ).scores

    score = jax.jit(score)
    np.testing.assert_array_equal(score(images), score(tokens))


def test_tokens_of_another_vit_are_refused(case):
    functional, params, _, tokens = case
    wrong = tokens | {"visual_tokens": tokens["visual_tokens"][:, :3]}
    with pytest.raises(ValueError, match=r"\(3, 3, 16\); .* = \(B, 4, 16\)"):
        functional.apply(params, wrong)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
