"""The tables of contents: every name is there, and none costs an import."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = ("pali_tf", "pali_tf.layers", "pali_tf.models", "pali_tf.decoding")


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_is_there(name):
    package = importlib.import_module(name)
    assert package.__all__ == sorted(set(package.__all__))
    for offered in package.__all__:
        assert getattr(package, offered).__name__ == offered


def test_a_name_that_is_not_there():
    with pytest.raises(ImportError, match="Palli"):
        exec("from pali_tf import Palli", {})


def test_a_package_is_imported_without_keras():
    code = (
        f"import sys, {', '.join(PACKAGES)}\n"
        "from pali_tf import DecodingConfig, PaliConfig\n"
        "heavy = {'jax', 'keras', 'numpy', 'tensorflow'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
