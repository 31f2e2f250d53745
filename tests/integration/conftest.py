"""What several files of these tests share."""

import pathlib
import subprocess
import sys

import pytest

from tests.support.repository import ROOT


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A small sample of WebLI, which tests must leave as it is."""
    path = tmp_path_factory.mktemp("sample") / "data"
    subprocess.run(
        [
            *(sys.executable, "-m", "pali_tf.cli", "sample-data"),
            f"--output_dir={path}",
            "--num_images=48",
            "--num_validation=16",
            "--num_test=16",
            "--num_workers=2",
        ],
        cwd=ROOT,
        check=True,
    )
    return path
