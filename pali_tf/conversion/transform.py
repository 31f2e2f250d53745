"""What happens to an array between their layout and ours, both ways.

A transform is declared by its two directions; shapes follow from applying
them to an array without memory. `Identity` and `Transpose` also say which
part of their array a part of ours needs, so that a table of four gigabytes
passes in slices.
"""

import dataclasses
from typing import ClassVar

import numpy as np

from pali_tf.conversion.array_parts import Region, Shape
from pali_tf.errors import UserError
from pali_tf.models.vit.position_table import resize_position_table


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes:
    """What a transform cannot read off the array.

    Attributes:
        num_heads: N of the vision tower, to split [D, N*H] into [D, N, H].
        language_num_heads: N of the language part.
        num_patches: rows of the position table wanted; None: as they are.
    """

    num_heads: int | None = None
    language_num_heads: int | None = None
    num_patches: int | None = None


class Transform:
    """Their array to ours and back.

    Attributes:
        word: what the report calls it; "": values and shape stay.
        row_axis: our axis that is the first of theirs, along which their
            array is read in slices; None: it is read as a whole.
    """

    word: ClassVar[str] = ""
    row_axis: ClassVar[int | None] = None

    def to_ours(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Their array as ours."""
        raise NotImplementedError

    def to_theirs(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Our array as theirs."""
        raise NotImplementedError

    def theirs_region(self, region: Region) -> Region:
        """The part of their array that holds a part of ours."""
        raise NotImplementedError(
            f"{type(self).__name__} needs its array as a whole, not {region}"
        )

    def words(self, shape: Shape, sizes: Sizes) -> tuple[str, ...]:
        """What happens to an array of theirs of this shape, for the report."""
        return (self.word,) if self.word else ()

    def ours_shape(self, shape: Shape, sizes: Sizes) -> Shape:
        """The shape of our array, from that of theirs."""
        return self.to_ours(_placeholder(shape), sizes).shape

    def theirs_shape(self, shape: Shape, sizes: Sizes) -> Shape:
        """The shape of their array, from that of ours."""
        return self.to_theirs(_placeholder(shape), sizes).shape


def _placeholder(shape: Shape) -> np.ndarray:
    return np.broadcast_to(np.zeros((), np.float32), shape)


class Identity(Transform):
    """As it is."""

    row_axis = 0

    def to_ours(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Gives the array."""
        return array

    to_theirs = to_ours

    def theirs_region(self, region: Region) -> Region:
        """The same region."""
        return region


class Transpose(Transform):
    """[A, B] <-> [B, A]: a linear layer of PyTorch holds [out, in]."""

    word = "transposed"
    row_axis = 1

    def to_ours(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Swaps the two axes."""
        if array.ndim != 2:
            raise UserError(f"a matrix was expected, not shape {array.shape}")
        return array.T

    to_theirs = to_ours

    def theirs_region(self, region: Region) -> Region:
        """The region with its axes swapped."""
        return region[::-1]


@dataclasses.dataclass(frozen=True)
class JoinHeads(Transform):
    """[..., N, H, ...] <-> [..., N*H, ...].

    Args:
        axis: that of N in their array: 1 in [D, N, H], 0 in [N, H, D].
        is_language: whether the heads are those of the language part.
    """

    axis: int
    is_language: bool = False
    word = "reshaped"

    def to_ours(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Joins heads and their width."""
        before, after = array.shape[: self.axis], array.shape[self.axis + 2 :]
        joined = array.shape[self.axis] * array.shape[self.axis + 1]
        return array.reshape(*before, joined, *after)

    def to_theirs(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Splits them again; needs the number of heads."""
        heads = sizes.num_heads
        if self.is_language:
            heads = sizes.language_num_heads
        joined = array.shape[self.axis]
        if not heads or joined % heads:
            raise UserError(
                f"its {joined} columns cannot be split into {heads} heads; "
                "--num_heads says how many a vision tower has"
            )
        before, after = array.shape[: self.axis], array.shape[self.axis + 1 :]
        return array.reshape(*before, heads, joined // heads, *after)


class Squeeze(Transform):
    """[1, ...] <-> [...]."""

    word = "reshaped"

    def to_ours(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Drops the axis."""
        return np.squeeze(array, 0)

    def to_theirs(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Puts the axis back."""
        return array[None]


@dataclasses.dataclass(frozen=True)
class PatchKernel(Transform):
    """A convolution's kernel <-> our matrix [patch*patch*3, D].

    Args:
        channels_first: theirs is [D, 3, patch, patch] (PyTorch); otherwise
            [patch, patch, 3, D] (JAX).
    """

    channels_first: bool = False
    word = "reshaped"

    def to_ours(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Joins the rows, columns and colours of a patch."""
        if array.ndim != 4:
            raise UserError(
                f"a kernel of four axes was expected, not shape {array.shape}"
            )
        if self.channels_first:
            array = array.transpose(2, 3, 1, 0)
        return array.reshape(-1, array.shape[-1])

    def to_theirs(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Splits them again; the side follows from the rows: 3 colours."""
        side = round((array.shape[0] / 3) ** 0.5)
        array = array.reshape(side, side, 3, array.shape[1])
        return array.transpose(3, 2, 0, 1) if self.channels_first else array


@dataclasses.dataclass(frozen=True)
class ResizePositions(Transform):
    """[P, D] -> [P2, D] by 2-D bilinear interpolation; back likewise.

    Args:
        is_batch: theirs is [1, P, D].
    """

    is_batch: bool = False

    def to_ours(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Resizes to the wanted number of patches, if one is."""
        table = np.squeeze(array, 0) if self.is_batch else array
        if sizes.num_patches in (None, len(table)):
            return table
        return resize_position_table(table, sizes.num_patches)

    def to_theirs(self, array: np.ndarray, sizes: Sizes) -> np.ndarray:
        """Resizes too: the wanted size is that of the target."""
        if sizes.num_patches not in (None, len(array)):
            array = resize_position_table(array, sizes.num_patches)
        return array[None] if self.is_batch else array

    def words(self, shape: Shape, sizes: Sizes) -> tuple[str, ...]:
        """Says nothing of a resize where the size is right already."""
        words = ("reshaped",) * self.is_batch
        is_right = sizes.num_patches in (None, shape[-2])
        return words if is_right else (*words, "resized")


IDENTITY = Identity()
TRANSPOSE = Transpose()
