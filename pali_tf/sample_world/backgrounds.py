"""Backgrounds: dark or light tints, gradients and noise that hide nothing."""

import random

from pali_tf.sample_world import scene

Rgb = tuple[int, int, int]

DIRECTIONS = ("none", "down", "right", "diagonal")

# Outside these the middle tones are left to the objects.
_DARK = (10, 60)
_LIGHT = (195, 240)
_TINT = 14


def make_background(rng: random.Random, max_noise: int) -> scene.Background:
    """Returns a random background, dark or light.

    `max_noise` is in grey levels of 255, added to each channel.
    """
    is_dark = rng.random() < 0.5
    low, high = _DARK if is_dark else _LIGHT
    first, last = (
        vary(rng, (level, level, level), _TINT)
        for level in (rng.randint(low, high), rng.randint(low, high))
    )
    return scene.Background(
        is_dark=is_dark,
        first_rgb=first,
        last_rgb=last,
        direction=rng.choice(DIRECTIONS),
        noise=rng.randint(0, max_noise),
        noise_seed=rng.getrandbits(32),
    )


def ink(background: scene.Background) -> Rgb:
    """Returns the colour of print: white on dark, black on light."""
    return (255, 255, 255) if background.is_dark else (0, 0, 0)


def vary(rng: random.Random, rgb: Rgb, amount: int) -> Rgb:
    """Returns `rgb` with each channel moved by at most `amount`."""
    red, green, blue = (
        min(255, max(0, channel + rng.randint(-amount, amount)))
        for channel in rgb
    )
    return red, green, blue
