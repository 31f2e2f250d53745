"""The generated world: (configuration, split, index) -> scene."""

from pali_tf.sample_world import fonts, free_world, grid_world, scene
from pali_tf.sample_world.config import SampleConfig


def make_scene(config: SampleConfig, split: str, index: int) -> scene.Scene:
    """Returns one scene, a function of its arguments alone."""
    if config.level == "grid":
        return grid_world.make_scene(config.seed, split, index)
    scripts = frozenset(script for script, _ in config.fonts)
    return free_world.make_scene(config.seed, split, index, scripts)


def make_config(*, level: str, **numbers: int) -> SampleConfig:
    """Returns the configuration, with the fonts that this machine has.

    The grid level draws with one font that comes from a wheel, so its bytes
    are the same everywhere; the free level depends on the fonts found.
    """
    fonts.wheel_font()  # Fails here, not in a worker, where there is none.
    found = ()
    if level == "free":
        found = tuple(
            (script, path.name)
            for script in fonts.SCRIPTS
            if (path := fonts.find_font(script)) is not None
        )
    return SampleConfig(level=level, fonts=found, **numbers)
