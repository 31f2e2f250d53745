"""VQA accuracy, the metric of VQAv2, for any number of answers."""

import re
import statistics
from collections.abc import Sequence

from pali_tf.evaluation.text_metrics import normalize

_ARTICLES = frozenset({"a", "an", "the"})
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten".split()
    )
} | {"none": "0"}
_CONTRACTIONS = """
'ow's'at 'twas ain't aren't can't could've couldn't couldn't've didn't doesn't
don't hadn't hadn't've hasn't haven't he'd he'd've he's how'd how'll how's isn't
it'd it'd've it'll ma'am might've mightn't mightn't've must've mustn't needn't
not've o'clock oughtn't shan't she'd've should've shouldn't shouldn't've
somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's
something'd something'd've something'll that's there'd there'd've there're
there's they'd they'd've they'll they're they've wasn't we'd've we've weren't
what'll what're what's what've when's where'd where's where've who'd who'd've
who'll who's who've why'll why're why's won't would've wouldn't wouldn't've
y'all y'all'd've y'all'll you'd you'd've you'll you're you've
""".split()
# One apostrophe is forgotten; the one entry that takes it out is the rule's.
_WITH_APOSTROPHE = {
    word[:place] + word[place + 1 :]: word
    for word in _CONTRACTIONS
    for place, character in enumerate(word)
    if character == "'"
} | {"somebody'd": "somebodyd"}
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
_POINT = re.compile(r"\.(?!\d)")
# The official call hands re.UNICODE, 32, to where a count belongs.
_MOST_POINTS = 32
# So many people must agree for full marks.
_FULL_AGREEMENT = 3


def vqa_accuracy(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns the mean accuracy, in [0, 1], of predictions.

    With several people's answers, min(agreeing / 3, 1), averaged over all ways
    to leave one person out. Texts are `canonical` unless all people said
    exactly the same, letter by letter: then that is asked for, as officially.
    With a single answer, which the official rule does not know, whether the
    prediction is that, both in NFKC and canonical.

    Example: [["Two", "2", "two cats", "2"]] and ["2"] give
    (3 * min(2/3, 1) + min(3/3, 1)) / 4 = 0.75.

    Source: GT-Vision-Lab/VQA PythonEvaluationTools/vqaEvaluation/vqaEval.py.
    """
    return statistics.fmean(
        _accuracy(right, prediction)
        for right, prediction in zip(references, predictions, strict=True)
    )


def canonical(answer: str) -> str:
    """Returns an answer as the metric compares it.

    Lower case; numbers up to ten as digits; no articles, no points but those
    in numbers; contractions with their apostrophe. Other punctuation goes if
    a space is beside it, or a comma in a number anywhere; else it becomes one.

    Example: "The two cats." gives "2 cats", "black-white" "black white".
    """
    has_number = _COMMA_IN_NUMBER.search(answer) is not None
    text = answer
    for mark in _PUNCTUATION:
        goes = has_number or f"{mark} " in answer or f" {mark}" in answer
        text = text.replace(mark, "" if goes else " ")
    text = _POINT.sub("", text, count=_MOST_POINTS)
    words = (_NUMBERS.get(word, word) for word in text.lower().split())
    return " ".join(
        _WITH_APOSTROPHE.get(word, word)
        for word in words
        if word not in _ARTICLES
    )


def _accuracy(answers: Sequence[str], prediction: str) -> float:
    if len(answers) == 1:
        right, said = normalize(answers[0]), normalize(prediction)
        return float(canonical(right) == canonical(said))
    answers = [_one_line(answer) for answer in answers]
    prediction = _one_line(prediction)
    if len(set(answers)) > 1:
        answers = [canonical(answer) for answer in answers]
        prediction = canonical(prediction)
    num_agreeing = answers.count(prediction)
    return statistics.fmean(
        min((num_agreeing - (answer == prediction)) / _FULL_AGREEMENT, 1.0)
        for answer in answers
    )


def _one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ").strip()
