"""Stored visual tokens as the input pipeline reads them.

int8 tokens are multiplied out here, on the host, so that a batch has one type
whatever its records were stored as; a token is small beside the text's own
work, and the device sees the same bfloat16 numbers either way.
"""

from collections.abc import Mapping

import tensorflow as tf

from pali_tf import files
from pali_tf.data import token_storage
from pali_tf.errors import UserError
from pali_tf.webli import read, records, write

_PREFIX = "image/visual_tokens"
STORED_FEATURES = tuple(
    f"{_PREFIX}/{name}"
    for name in ("values", "dtype", "length", "width", "scale")
)


def stored_info(root: files.Path) -> write.VisualTokensInfo:
    """Gives what a data root says of its stored tokens.

    Raises:
        UserError: it has none, or those of two ViTs.
    """
    found: dict[files.Path, write.VisualTokensInfo] = {}
    for path in sorted(root.glob("*/*.info.json")):
        split = path.name.removesuffix(".info.json")
        info = read.read_split_info(root, path.parent.name, split)
        if info.visual_tokens is not None:
            found[path] = info.visual_tokens
    if not found:
        raise UserError(f"{root} has no visual tokens. {how_to_store(root)}")
    first, *others = found.items()
    for path, info in others:
        if _identity(info) != _identity(first[1]):
            raise UserError(
                f"{path} and {first[0]} are of different ViTs: {info} and "
                f"{first[1]}. Store the tokens of one."
            )
    return first[1]


def stored_width(root: files.Path, num_tokens: int) -> int:
    """Gives Dv, the width of the stored tokens.

    Raises:
        UserError: the data have another P, or no tokens.
    """
    info = stored_info(root)
    if num_tokens != info.length:
        raise UserError(
            f"TASK_FEATURE_LENGTHS has {num_tokens} visual_tokens; those of "
            f"{root} are {info.length} an image (of "
            f"{info.image_size} pixels): --gin.NUM_VISUAL_TOKENS={info.length}."
        )
    return info.width


def read_tokens(
    stored: Mapping[str, tf.Tensor], num_tokens: int, width: int
) -> tf.Tensor:
    """Unpacks the tokens of a parsed record: bfloat16[num_tokens, width].

    Raises:
        InvalidArgumentError, when it runs: there are none, or others;
            `diagnosis` tells which record it is.
    """
    values, dtype, length, width_there, scale = (
        stored[name] for name in STORED_FEATURES
    )
    is_int8 = dtype == "int8"
    checks = [
        tf.debugging.assert_equal(length, tf.constant(num_tokens, tf.int64)),
        tf.debugging.assert_equal(width_there, tf.constant(width, tf.int64)),
        tf.debugging.Assert(is_int8 | (dtype == "bfloat16"), [dtype]),
    ]
    shape = [num_tokens, width]

    def from_int8() -> tf.Tensor:
        numbers = tf.reshape(tf.io.decode_raw(values, tf.int8), shape)
        numbers = tf.cast(numbers, tf.float32) * scale[:, tf.newaxis]
        return tf.cast(numbers, tf.bfloat16)

    def from_bfloat16() -> tf.Tensor:
        words = tf.reshape(tf.io.decode_raw(values, tf.uint16), shape)
        return tf.bitcast(words, tf.bfloat16)

    with tf.control_dependencies(checks):
        tokens = tf.cond(is_int8, from_int8, from_bfloat16)
    return tf.ensure_shape(tokens, shape)


def check_record(
    record: records.Record, num_tokens: int, where: str, root: files.Path
) -> None:
    """Says what is wrong with the tokens of a record that has an image.

    Raises:
        UserError: there are none, or they are not what the info files say.
    """
    tokens = record.visual_tokens
    if tokens is None:
        raise UserError(f"{where} has no visual tokens. {how_to_store(root)}")
    wanted = (num_tokens, stored_info(root).width)
    if (tokens.length, tokens.width) != wanted:
        raise UserError(
            f"{where} has visual tokens of shape "
            f"{(tokens.length, tokens.width)}, not {wanted} as its info file "
            "says. Write the shard again."
        )
    try:
        token_storage.unpack(tokens)
    except ValueError as error:
        raise UserError(f"{where}: {error} Write the shard again.") from error


def how_to_store(root: files.Path) -> str:
    """Gives the command that stores tokens of a data root's images."""
    return (
        f"To store them: pali build-data --visual_tokens --data_dir={root} "
        "--output_dir=DIR --vision_checkpoint=CHECKPOINT, and train from DIR."
    )


def _identity(info: write.VisualTokensInfo) -> tuple[object, ...]:
    return info.vision_sha256, info.image_size, info.length, info.width
