"""Examples as `pali inspect` draws them, made by hand."""

from pali_tf.data.boxes import LabelledBox
from pali_tf.inspection.sample import Drawn, Picture, Text
from tests.support.stored_examples import encode_jpeg


def tokens(text: str) -> tuple[tuple[int, str], ...]:
    """Makes a token of each word; its id is the word's length."""
    return tuple((len(w), f"▁{w}") for w in text.split())


def picture(seed: int = 0, *, is_one_colour: bool = False) -> Picture:
    """Makes a picture; each seed gives another."""
    return Picture(
        encoded=encode_jpeg(seed % 10),
        digest=str(seed),
        is_one_colour=is_one_colour,
    )


def example(
    prompt: str = "Answer in EN: what? <extra_id_0>",
    target: str = "a cat",
    *,
    task: str = "vq2a_cc3m35l_vqa",
    example_id: str = "image-0",
    language: str = "en",
    form: str = "",
    seed: int | None = 0,
    is_prompt_cut: bool = False,
    is_target_cut: bool = False,
    has_unknown: bool = False,
    is_one_colour: bool = False,
    boxes: tuple[LabelledBox, ...] = (),
) -> Drawn:
    """Makes an example; `seed` is its picture's, None: text alone."""
    return Drawn(
        task=task,
        example_id=example_id,
        language=language,
        form=form,
        prompt=Text(
            text=prompt,
            tokens=tokens(prompt),
            is_cut=is_prompt_cut,
            has_unknown=has_unknown,
        ),
        target=Text(text=target, tokens=tokens(target), is_cut=is_target_cut),
        picture=None
        if seed is None
        else picture(seed, is_one_colour=is_one_colour),
        boxes=boxes,
    )
