"""Scene -> the records of the six sources, sharing one encoded image."""

import random

from pali_tf.sample_world import captions, labels, questions, scene
from pali_tf.webli import records

# Marks the ground truth's random numbers apart from the scene's own.
_STREAM = "truth"


def make_records(
    picture: scene.Scene, jpeg: bytes, seed: int
) -> dict[str, records.Record]:
    """Returns the scene's record in each source.

    `webli` carries, beside its alt-texts, the printed words with their boxes
    and the objects with theirs, as WebLI stores automatic labels.
    """
    rng = random.Random(f"{seed}/{_STREAM}/{picture.source_id}")
    image = records.Image(
        encoded=jpeg,
        format="jpeg",
        height=picture.side_pixels,
        width=picture.side_pixels,
        source_id=picture.source_id,
    )
    objects = labels.labelled_objects(picture)
    labelled = records.Record(
        image=image,
        objects=objects,
        negative_labels=labels.negative_labels(picture, rng),
    )
    return {
        "webli": records.Record(
            image=image,
            objects=objects,
            captions=captions.alt_texts(picture, rng),
            ocr=_printed_words(picture),
        ),
        "cc3m35l": records.Record(
            image=image, captions=captions.plain_captions(picture)
        ),
        "vq2a_cc3m35l": records.Record(
            image=image,
            question_answers=questions.question_answers(picture, rng),
        ),
        "openimages": labelled,
        "detection": labelled,
        "text": records.Record(text=captions.document(picture, rng)),
    }


def _printed_words(picture: scene.Scene) -> tuple[records.OcrText, ...]:
    return tuple(
        records.OcrText(
            text=word.text,
            language=word.language,
            box=picture.word_box(word),
        )
        for word in picture.words
    )
