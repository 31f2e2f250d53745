"""The generated world: (configuration, split, index) -> scene."""

from pali_tf.webli.sample import grid_world, scene
from pali_tf.webli.sample.config import SampleConfig

LEVELS = {"grid": grid_world.make_scene}


def make_scene(config: SampleConfig, split: str, index: int) -> scene.Scene:
    """Returns one scene, a function of its arguments alone."""
    return LEVELS[config.level](config.seed, split, index)


def make_config(*, level: str, **numbers: int) -> SampleConfig:
    """Returns the configuration, with the fonts that this machine has.

    The grid level draws with one font that comes from a wheel, so its bytes
    are the same everywhere; the free level depends on the fonts found.
    """
    return SampleConfig(level=level, **numbers)
