"""The formats that `pali import` reads, found by name.

Only the standard library is imported here, and a format's module only once it
is used.
"""

import dataclasses
import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pali_tf.errors import UserError, nearest

if TYPE_CHECKING:
    from pali_tf.importing.options import Options
    from pali_tf.webli import records

Read = Callable[["Options"], Iterator["records.Record"]]


@dataclasses.dataclass(frozen=True)
class Format:
    """A format and where its reader lives.

    Attributes:
        module: of `pali_tf.importing`.
        help: what it holds.
        files: what --input names.
        reader: the function that yields the records; its docstring has the
            layout of the published files.
        has_fields: whether --field says anything to it.
    """

    module: str
    help: str
    files: str
    reader: str = "read"
    has_fields: bool = True

    @property
    def is_benchmark(self) -> bool:
        """Whether these are the published files of a benchmark."""
        return self.module.startswith("benchmarks.")

    def load(self) -> Read:
        """Imports the module and gives the reader."""
        module = importlib.import_module(f"pali_tf.importing.{self.module}")
        return getattr(module, self.reader)


FORMATS = {
    "jsonl": Format(
        "jsonl",
        "one JSON object a line, each about an image or a text",
        "FILE.jsonl, or a folder of them",
    ),
    "csv": Format(
        "delimited",
        "a table with a header",
        "FILE.csv or FILE.tsv, or a folder of them",
    ),
    "coco": Format(
        "coco",
        "COCO's captions or boxes",
        "captions_*.json or instances_*.json, or their folder",
        has_fields=False,
    ),
    "webdataset": Format(
        "webdataset",
        "archives of KEY.jpg with KEY.txt, KEY.json or KEY.cls",
        "FILE.tar, or a folder of them",
    ),
    "parquet": Format(
        "parquet",
        "a table with images in it, or their paths",
        "FILE.parquet, or a folder of them",
    ),
    "folder": Format(
        "folder",
        "folders named by class, or images with a NAME.txt beside each",
        "the folder",
        has_fields=False,
    ),
}

# Module, then name, what it holds, what the folder of --input has.
_BENCHMARKS = {
    "captions": [
        (
            "coco_karpathy",
            "COCO captions, Karpathy's split",
            "dataset_coco.json and train2014/, val2014/",
        ),
        ("nocaps", "NoCaps", "nocaps_val_4500_captions.json and validation/"),
        (
            "textcaps",
            "TextCaps and its printed words",
            "TextCaps_0.1_*.json and train_images/",
        ),
        (
            "vizwiz_captions",
            "VizWiz-Captions",
            "annotations/ and train/, val/, test/",
        ),
        (
            "coco_35l",
            "COCO captions in 35 languages",
            "coco_mt_*.jsonl[.bz2] and train2014/, val2014/",
        ),
        ("xm3600", "Crossmodal-3600", "captions.jsonl and images/"),
    ],
    "vqav2": [
        (
            "vqav2",
            "VQAv2",
            "v2_*_questions.json, v2_*_annotations.json and images",
        ),
        ("okvqa", "OK-VQA", "*_questions.json, *_annotations.json and images"),
        (
            "vqav2_13l",
            "VQAv2 with translations of yours, --field=translations=FILE.jsonl",
            "the files of vqav2",
        ),
    ],
    "questions": [
        (
            "textvqa",
            "TextVQA and its printed words",
            "TextVQA_0.5.1_*.json and train_images/",
        ),
        ("vizwiz_vqa", "VizWiz-QA", "Annotations/ and train/, val/, test/"),
        ("stvqa", "ST-VQA, task 3", "{train,test}_task_3.json and images"),
        ("tallyqa", "TallyQA", "{train,test}.json and VG_100K/, train2014/"),
        ("xgqa", "xGQA", "testdev_balanced_questions_*.json and images/"),
        ("maxm", "MaXM", "maxm_v1_*.json and images/"),
    ],
    "classes": [
        (
            "imagenet",
            "ImageNet, -V2, -R, -A, -Sketch",
            "class folders; LOC_synset_mapping.txt in it or above",
        ),
        (
            "objectnet",
            "ObjectNet's classes that ImageNet has",
            "images/ and mappings/",
        ),
    ],
    "texts": [
        (
            "xnli",
            "XNLI; MultiNLI to train on",
            "xnli.{dev,test}.tsv or multinli_1.0_train.txt",
        ),
        (
            "xquad",
            "XQuAD; SQuAD to train on",
            "xquad.*.json or {train,dev}-v1.1.json",
        ),
        (
            "tydiqa_goldp",
            "TyDiQA-GoldP",
            "tydiqa-goldp-v1.1-{train,dev}.json",
        ),
    ],
}
FORMATS |= {
    name: Format(f"benchmarks.{module}", what, f"folder with {files}", name)
    for module, benchmarks in _BENCHMARKS.items()
    for name, what, files in benchmarks
}


def find_format(name: str) -> Format:
    """Gives a format by its name.

    Raises:
        UserError: there is none; the message has the nearest.
    """
    if name not in FORMATS:
        raise UserError(
            f"--from: there is no format {name!r}{nearest(name, FORMATS)}"
        )
    return FORMATS[name]
