"""The contract between model, server and client; standard library only.

Names, types and shapes of the three signatures of an exported model. None in a
shape is the batch, the number of images in a request.
"""

import dataclasses

DEFAULT_MODEL_NAME = "pali"
DEFAULT_PORT = 8500  # TF Serving's own for gRPC.
DEFAULT_SERVER = f"localhost:{DEFAULT_PORT}"
# Beside the model; servers run these before a version serves.
# Source: tensorflow/serving g3doc/saved_model_warmup.md.
WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """One named input or output.

    Attributes:
        name: the key in a request or response.
        dtype: "string", "float32" or "int32".
        shape: one entry a dimension; None where it varies.
        doc: what it holds.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    doc: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Signature:
    """A function of the SavedModel.

    Attributes:
        name: its key.
        inputs: what a request must hold, no more and no less.
        outputs: what a response holds.
        doc: what it computes.
    """

    name: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    doc: str


IMAGE_BYTES = TensorInfo(
    name="image_bytes",
    dtype="string",
    shape=(None,),
    doc="Whole JPEG or PNG files, of any size.",
)
PROMPT = TensorInfo(
    name="prompt",
    dtype="string",
    shape=(None,),
    doc="UTF-8 text, one an image, in the form of the training tasks.",
)
TARGET = TensorInfo(
    name="target",
    dtype="string",
    shape=(None,),
    doc="UTF-8 text whose probability is asked, one an image.",
)
TEXT = TensorInfo(
    name="text",
    dtype="string",
    shape=(None,),
    doc="UTF-8 text, decoded greedily.",
)
SCORE = TensorInfo(
    name="score",
    dtype="float32",
    shape=(None,),
    doc="Sum of the log-probabilities of the tokens, end included; <= 0.",
)
NUM_TOKENS = TensorInfo(
    name="num_tokens",
    dtype="int32",
    shape=(None,),
    doc="Number of tokens that the score sums over, end included.",
)
VISUAL_TOKENS = TensorInfo(
    name="visual_tokens",
    dtype="float32",
    shape=(None, None, None),
    doc="The ViT's tokens: image, patch (row by row), channel.",
)

ANSWER_SIGNATURE = Signature(
    name="serving_default",
    inputs=(IMAGE_BYTES, PROMPT),
    outputs=(TEXT, SCORE),
    doc="Answers a prompt about an image.",
)
SCORE_SIGNATURE = Signature(
    name="score",
    inputs=(IMAGE_BYTES, PROMPT, TARGET),
    outputs=(SCORE, NUM_TOKENS),
    doc="Gives the log-probability of a given answer.",
)
EMBED_SIGNATURE = Signature(
    name="embed",
    inputs=(IMAGE_BYTES,),
    outputs=(VISUAL_TOKENS,),
    doc="Gives the visual tokens of an image.",
)

SIGNATURES: dict[str, Signature] = {
    signature.name: signature
    for signature in (ANSWER_SIGNATURE, SCORE_SIGNATURE, EMBED_SIGNATURE)
}
