"""Plain words for the tasks, as the report's reader meets them."""

# Task -> (title, what is asked). Source: PaLI, arXiv 2209.06794, appendix
# "The Pretraining Task Mixture".
TASKS: dict[str, tuple[str, str]] = {
    "text_span_corruption": (
        "Span corruption",
        "Write what was cut out of a text. There is no image.",
    ),
    "webli_split_captioning": (
        "Split captioning",
        "Given an image and the beginning of its caption, write the rest.",
    ),
    "cc3m35l_captioning": (
        "Captioning",
        "Describe the image in the language that the prompt names.",
    ),
    "webli_ocr": (
        "Reading text",
        "Write the words that are printed in the image.",
    ),
    "vq2a_cc3m35l_vqa": (
        "Visual question answering",
        "Answer in English a question asked in any language.",
    ),
    "vq2a_cc3m35l_vqg": (
        "Question generation",
        "Write a question about the image that has the given answer.",
    ),
    "openimages_object_aware_vqa": (
        "Object-aware questions",
        "Say which objects are in the image, or whether some are.",
    ),
    "object_detection": (
        "Detection",
        "Write the boxes of the named objects as numbers from 0 to 999.",
    ),
}


def title(task: str) -> str:
    """Gives a task's title; its own name where it is not one of the eight.

    Example: title("webli_ocr") gives "Reading text".
    """
    return TASKS.get(task, (task, ""))[0]


def description(task: str) -> str:
    """Gives what a task asks, in a sentence; empty where it is unknown."""
    return TASKS.get(task, (task, ""))[1]


def in_order(tasks: list[str]) -> list[str]:
    """Puts the eight in the paper's order, and others after them."""
    known = list(TASKS)
    return sorted(
        tasks,
        key=lambda t: (known.index(t) if t in known else len(known), t),
    )
