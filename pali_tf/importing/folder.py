"""Folders of images: named by class, or each with a NAME.txt of captions.

| file                 | gives                                               |
|----------------------|-----------------------------------------------------|
| red_fox/17.jpg       | an image with the label "red fox"                   |
| 17.jpg with 17.txt   | an image with a caption for each line of the text   |
"""

from collections.abc import Iterator, Sequence

from etils.epath import Path

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.importing.images import SUFFIXES, read_image
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields the records of a folder's images, in the order of their names.

    Raises:
        NotADirectoryError: --input is no folder.
    """
    root = options.input
    if not root.is_dir():
        raise UserError(f"--input: {root} is no folder.")
    if not options.knows(options.language):
        return
    folders = [root, *sorted(p for p in files.children(root) if p.is_dir())]
    for number, folder in enumerate(folders):
        options.progress(number, len(folders))
        label = "" if folder == root else folder.name.replace("_", " ")
        yield from _read_folder(folder, label, options)


def _read_folder(
    folder: Path, label: str, options: Options
) -> Iterator[records.Record]:
    names = sorted(
        path.name for path in files.children(folder) if path.is_file()
    )
    images = {Path(n).stem for n in names if _is_image(n)}
    for name in names:
        path = folder / name
        if _is_image(name):
            yield from _read_record(path, label, options)
        elif path.suffix == ".txt" and path.stem not in images:
            options.problems.report(
                "missing-image", str(path), "a text without an image beside it."
            )
        elif path.suffix != ".txt" and not name.startswith("."):
            options.problems.report(
                "other-file", str(path), "neither an image nor a .txt."
            )


def _read_record(
    path: Path, label: str, options: Options
) -> Iterator[records.Record]:
    captions = _read_captions(path.with_suffix(".txt"), options)
    if not (captions or label):
        options.problems.report(
            "no-annotation", str(path), "it has no class folder and no .txt."
        )
        return
    image_id = path.relative_to(options.input).as_posix()
    image = read_image(path, image_id, options.problems)
    if image is not None:
        yield records.Record(
            image=image,
            captions=tuple(captions),
            labels=(label,) if label else (),
        )


def _read_captions(path: Path, options: Options) -> Sequence[records.Caption]:
    if not path.is_file():
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        options.problems.report("malformed-line", str(path), f"{error}.")
        return []
    texts = [text for line in lines if (text := line.strip())]
    if not texts:
        options.problems.report("empty-text", str(path), "the file is empty.")
    return [
        records.Caption(text=text, language=options.language, score=1.0)
        for text in texts
    ]


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)
