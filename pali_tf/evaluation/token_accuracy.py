"""Token accuracy of a generated text, word by word in its place."""

from collections.abc import Sequence

from pali_tf.evaluation.text import normalize


def token_accuracy(
    references: Sequence[str], predictions: Sequence[str]
) -> float:
    """Returns the share of the references' words said in their place.

    Words stand between spaces, sentinels count; the model has written its own
    words before each, not the reference's.

    Args:
        references: N texts, not all empty.
        predictions: N texts.

    Example: ["a b c", "d"] and ["a c b", "d"] give 2 / 4.
    """
    num_right = num_words = 0
    for reference, prediction in zip(references, predictions, strict=True):
        expected = normalize(reference).split()
        said = normalize(prediction).split()
        num_words += len(expected)
        num_right += sum(
            word == other for word, other in zip(expected, said, strict=False)
        )
    return num_right / num_words
