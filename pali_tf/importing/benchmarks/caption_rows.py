"""From an image's captions to a record."""

from collections.abc import Iterable, Iterator

from pali_tf.importing.options import Options
from pali_tf.webli import records


def make_record(
    options: Options,
    image: records.Image | None,
    captions: Iterable[tuple[str, str]],
    *,
    group: str = "",
    ocr: tuple[records.OcrText, ...] = (),
) -> Iterator[records.Record]:
    """Yields the record of an image, or nothing where there is no image.

    Args:
        options: empty captions, and an image of another split than "test"
            that has none, are reported.
        image: None: missing, and reported already.
        captions: pairs (text, language).
        group: what scores are told apart by.
        ocr: printed words.
    """
    if image is None:
        return
    kept = []
    for text, language in captions:
        if text.strip():
            kept.append(
                records.Caption(text=text.strip(), language=language, score=1.0)
            )
        else:
            options.problems.report(
                "empty-text", image.source_id, "A caption is empty."
            )
    if not kept and options.split != "test":
        options.problems.report(
            "missing-answer", image.source_id, "The image has no caption."
        )
        return
    yield records.Record(
        image=image, captions=tuple(kept), group=group, ocr=ocr
    )
