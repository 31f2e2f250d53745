"""The generated sample of WebLI: `pali sample-data`."""

from pali_tf.webli.sample.main import main

__all__ = ["main"]
