"""L equal blocks, one after the other: unrolled, or scanned.

Unrolled, each block is a layer with weights of its own, `layers_3/mlp/...`.
Scanned, one block runs L times over weights that are stacked along a leading
axis, `layers/mlp/...`: the program has the size of one block, so that a tower
of fifty compiles as fast as a tower of one. Both give the same outputs.
"""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
from jaxtyping import Float, UInt32
from keras import ops

from pali_tf.layers.activation_sharding import constrain
from pali_tf.types import Array

# step(block, x, *of_this_block) -> (x after the block, what it gives beside).
Step = Callable[..., tuple[Float[Array, "B T D"], Any]]


class Stack(keras.layers.Layer):
    """What both kinds share.

    What belongs to each block (a cache, say) is one tree in a form of the
    stack's own: what `run` gave goes back into `run`, and is not looked into.

    Args:
        make_block: makes the i-th block from its name.
        num_layers: L.
        remat_policy: what is kept for the gradient. "none": everything;
            "block": the input of each block, which runs again; "full": the
            inputs of about sqrt(L) groups of blocks, whose blocks run again,
            each from its input.
    """

    def __init__(
        self,
        make_block: Callable[[str], keras.layers.Layer],
        num_layers: int,
        remat_policy: str = "none",
        **kwargs,
    ):
        super().__init__(name="layers", autocast=False, **kwargs)
        self.make_block = make_block
        self.num_layers = num_layers
        self.remat_policy = remat_policy

    def run(
        self,
        step: Step,
        x: Float[Array, "B T D"],
        *per_block: Any,
        training: bool = False,
    ) -> tuple[Float[Array, "B T D"], Any]:
        """Runs the blocks in turn.

        Args:
            step: called with each block, the x before it and what belongs to
                this block of each tree; gives the x after it and a tree, ()
                for nothing. It reads no variables but the block's.
            x: what goes into the first block.
            *per_block: trees in the stack's form.
            training: whether dropout is on.

        Returns:
            x after the last block, and what `step` gave of each block, as one
            tree in the stack's form.
        """
        raise NotImplementedError

    def collect(self, fn: Callable[..., Any], x: Float[Array, "B T D"]) -> Any:
        """Gives fn(block, x) of each block, as one tree in the stack's form."""
        # What a scan carries is kept once a block; x is the same for all.
        nothing = ops.zeros((1, 1, 1))
        return self.run(lambda block, _: (nothing, fn(block, x)), nothing)[1]

    def _groups(self) -> int:
        return num_groups(self.num_layers) if self.remat_policy == "full" else 1

    def _remat(self, fn: Callable[..., Any], *, of: str) -> Callable[..., Any]:
        kept = {"block": ("block", "full"), "group": ("full",)}[of]
        return keras.remat(fn) if self.remat_policy in kept else fn


class UnrolledStack(Stack):
    """Blocks with weights of their own, `layers_0` to `layers_<L-1>`.

    A tree in the stack's form is a list of L trees.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.blocks = [
            self.make_block(f"layers_{i}") for i in range(self.num_layers)
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds each block for inputs [B, T, D]."""
        for block in self.blocks:
            block.build(input_shape)

    def run(
        self,
        step: Step,
        x: Float[Array, "B T D"],
        *per_block: Any,
        training: bool = False,
    ) -> tuple[Float[Array, "B T D"], Any]:
        """See `Stack.run`."""
        del training
        slices = list(zip(*per_block, strict=True)) or [()] * self.num_layers
        size = self.num_layers // self._groups()
        outputs: list[Any] = []
        for start in range(0, self.num_layers, size):
            blocks = self.blocks[start : start + size]
            run_group = self._remat(self._make_group(step, blocks), of="group")
            x, of_group = run_group(x, slices[start : start + size])
            outputs += of_group
        return x, outputs

    def _make_group(
        self, step: Step, blocks: Sequence[keras.layers.Layer]
    ) -> Callable[..., tuple[Float[Array, "B T D"], list[Any]]]:
        def run_group(
            x: Float[Array, "B T D"], slices: Sequence[Any]
        ) -> tuple[Float[Array, "B T D"], list]:
            outputs = []
            for block, of_block in zip(blocks, slices, strict=True):

                def run_block(x, of_block, block=block):
                    x, output = step(block, x, *of_block)
                    return constrain(x, ("batch", "length", "embed")), output

                x, output = self._remat(run_block, of="block")(x, of_block)
                outputs.append(output)
            return x, outputs

        return run_group


def num_groups(num_layers: int) -> int:
    """Gives into how many groups of blocks "full" splits a tower.

    Example: num_groups(24) == 4.
    """
    root = math.isqrt(num_layers)
    return max(n for n in range(1, root + 1) if num_layers % n == 0)


@dataclasses.dataclass(frozen=True)
class _Recipe:
    """Holds a block where Keras does not track it; its values go unread."""

    block: keras.layers.Layer


class ScannedStack(Stack):
    """One block over weights stacked along a leading axis of L.

    A tree in the stack's form is one tree whose arrays lead with L.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Draws L blocks as the unrolled stack does, and stacks them."""
        blocks = [
            self.make_block(f"layers_{i}") for i in range(self.num_layers)
        ]
        # Built under a name of no importance: only the values are kept.
        with keras.name_scope("draws"):
            for block in blocks:
                block.build(input_shape)
        self._recipe = _Recipe(blocks[0])
        self.stacked = [
            self._stack_variable(of_blocks)
            for of_blocks in zip(
                *(block.trainable_variables for block in blocks), strict=True
            )
        ]
        if blocks[0].non_trainable_variables:
            self.seed_generator = keras.random.SeedGenerator(seed=0)

    def _stack_variable(self, of_blocks: Sequence[Any]) -> keras.Variable:
        # ".../draws/layers_0/mlp/wo/kernel": scopes mlp and wo, name kernel.
        path = of_blocks[0].path.split("/draws/layers_0/", 1)[1]
        *scopes, name = path.split("/")
        with contextlib.ExitStack() as entered:
            for scope in scopes:
                entered.enter_context(keras.name_scope(scope))
            return keras.Variable(
                lambda shape, dtype: ops.stack([v.value for v in of_blocks]),
                shape=(self.num_layers, *of_blocks[0].shape),
                dtype=of_blocks[0].dtype,
                autocast=False,
                name=name,
            )

    def run(
        self,
        step: Step,
        x: Float[Array, "B T D"],
        *per_block: Any,
        training: bool = False,
    ) -> tuple[Float[Array, "B T D"], Any]:
        """See `Stack.run`."""
        template = self._recipe.block
        seeds = self._draw_seeds(template, training)
        variables = [
            *template.trainable_variables,
            *(template.non_trainable_variables if seeds else ()),
        ]

        def run_block(
            x: Float[Array, "B T D"], scanned: Any
        ) -> tuple[Float[Array, "B T D"], Any]:
            values, of_block = scanned
            with keras.StatelessScope(
                state_mapping=list(zip(variables, values, strict=True))
            ):
                x, output = step(template, x, *of_block)
            return constrain(x, ("batch", "length", "embed")), output

        def run_group(
            x: Float[Array, "B T D"], scanned: Any
        ) -> tuple[Float[Array, "B T D"], Any]:
            return _scan(self._remat(run_block, of="block"), x, scanned)

        scanned = ([v.value for v in self.stacked] + seeds, per_block)
        groups = self._groups()
        if groups == 1:
            return run_group(x, scanned)
        split = keras.tree.map_structure(
            lambda a: ops.reshape(a, (groups, -1, *a.shape[1:])), scanned
        )
        x, outputs = _scan(self._remat(run_group, of="group"), x, split)
        return x, keras.tree.map_structure(
            lambda a: ops.reshape(a, (self.num_layers, *a.shape[2:])), outputs
        )

    def _draw_seeds(
        self, template: keras.layers.Layer, training: bool
    ) -> list[UInt32[Array, "L ..."]]:
        """The state of each random generator of each block."""
        if not training:
            return []
        return [
            ops.cast(
                keras.random.randint(
                    (self.num_layers, *seed.shape),
                    0,
                    2**31 - 1,
                    seed=self.seed_generator,
                ),
                seed.dtype,
            )
            for seed in template.non_trainable_variables
        ]


def _scan(
    fn: Callable[..., Any], x: Float[Array, "B T D"], xs: Any
) -> tuple[Float[Array, "B T D"], Any]:
    if keras.backend.backend() == "jax":
        return ops.scan(fn, x, xs)
    # Elsewhere Keras' scan wants outputs of the shape of x: one step a slice.
    outputs = []
    for i in range(keras.tree.flatten(xs)[0].shape[0]):
        x, output = fn(x, keras.tree.map_structure(lambda a, i=i: a[i], xs))
        outputs.append(output)
    return x, keras.tree.map_structure(lambda *of: ops.stack(of), *outputs)


def make_stack(
    make_block: Callable[[str], keras.layers.Layer],
    num_layers: int,
    *,
    scan_layers: bool,
    remat_policy: str,
    dtype: Any,
) -> Stack:
    """Makes a stack, named `layers`, of either kind.

    See `Stack` for the policies.
    """
    kind = ScannedStack if scan_layers else UnrolledStack
    return kind(make_block, num_layers, remat_policy, dtype=dtype)
