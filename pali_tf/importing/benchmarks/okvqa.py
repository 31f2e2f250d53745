"""OK-VQA: questions about COCO's images that need knowledge of the world.

OpenEnded_mscoco_<split>_questions.json, mscoco_<split>_annotations.json
                        in the layout of `vqav2`
train2014/, val2014/    the images; <split> is one of the two

Source: okvqa.allenai.org/download.html.
"""

from collections.abc import Iterator

from pali_tf.importing.benchmarks import published, question_rows, vqav2
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with its questions, ten answers each."""
    coco_split = published.for_split(
        options, train="train2014", validation="val2014"
    )
    questions = vqav2.read_questions(options, coco_split, "")
    return question_rows.make_records(options, "okvqa", questions, {})
