"""Makes the goldens of the metrics, by the code that benchmarks are scored by.

VQA accuracy, ANLS, SQuAD's and MLQA's rules and pycocoevalcap with its Java
tokenizer. The first four are on no package index:

git clone https://github.com/GT-Vision-Lab/VQA
git clone https://github.com/QwenLM/Qwen-VL  (the script of ST-VQA's server)
git clone https://github.com/google-research/xtreme
git clone https://github.com/facebookresearch/MLQA
python -m tests.parity.goldens.metrics VQA Qwen-VL xtreme MLQA
"""

import argparse
import importlib.metadata
import importlib.util
import json
import lib2to3.refactor
import pathlib
import tempfile
import types
from typing import Any

from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

from tests.parity.cases import answers, captions
from tests.parity.goldens.files import TESTDATA, git_commit, write_folder

FOLDER = TESTDATA / "metrics"


def load(path: pathlib.Path) -> types.ModuleType:
    """Imports a file of a checkout."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_python_2(path: pathlib.Path) -> types.ModuleType:
    """Imports a file whose only Python 2 is its print statements."""
    tool = lib2to3.refactor.RefactoringTool(["lib2to3.fixes.fix_print"])
    source = str(tool.refactor_string(path.read_text() + "\n", path.name))
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / path.name
        copy.write_text(source)
        return load(copy)


def vqa_accuracies(checkout: pathlib.Path) -> list[float]:
    """VQAEval's accuracy of each case, as a share."""
    tools = checkout / "PythonEvaluationTools" / "vqaEvaluation"
    module = load_python_2(tools / "vqaEval.py")
    truth, said = {}, {}
    for i, (right, prediction) in enumerate(answers.VQA):
        truth[i] = {
            "answers": [
                {"answer": text, "answer_id": j} for j, text in enumerate(right)
            ],
            "question_type": "",
            "answer_type": "",
        }
        said[i] = {"answer": prediction}
    evaluation = module.VQAEval(
        types.SimpleNamespace(qa=truth, getQuesIds=lambda: list(truth)),
        types.SimpleNamespace(qa=said),
        n=12,
    )
    evaluation.evaluate()
    return [evaluation.evalQA[i] / 100 for i in truth]


def anls(checkout: pathlib.Path) -> list[float]:
    """The server's similarity of each case."""
    module = load(checkout / "eval_mm" / "infographicsvqa_eval.py")
    truth = [
        {"questionId": i, "question": "", "answers": right}
        for i, (right, _) in enumerate(answers.ANLS)
    ]
    said = [
        {"questionId": i, "answer": prediction}
        for i, (_, prediction) in enumerate(answers.ANLS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("truth", "said")]
        for path, content in zip(paths, ({"data": truth}, said), strict=True):
            path.write_text(json.dumps(content))
        result = module.evaluate_method(
            *map(str, paths),
            types.SimpleNamespace(answer_types=False, anls_threshold=0.5),
        )
    scores = result["per_sample_result"]
    return [scores[str(i)]["score"] for i in range(len(truth))]


def text_scores(module: types.ModuleType, *, by_language: bool) -> list[Any]:
    """[F1, exact match] of each case, by SQuAD's or MLQA's script."""
    found = []
    for right, prediction, language in answers.TEXTS:
        more = [language] if by_language else []
        found.append(
            [
                float(
                    module.metric_max_over_ground_truths(
                        metric, prediction, right, *more
                    )
                )
                for metric in (module.f1_score, module.exact_match_score)
            ]
        )
    return found


def cider_scores() -> list[float]:
    """COCO's evaluation of each set of captions, times 100."""
    found = []
    for language, images in captions.cases():
        gold, said = {}, {}
        for i, (references, prediction) in enumerate(images):
            gold[i] = [
                {"caption": captions.spaced(text, language)}
                for text in references
            ]
            said[i] = [{"caption": captions.spaced(prediction, language)}]
        tokenize = PTBTokenizer().tokenize
        score, _ = Cider().compute_score(tokenize(gold), tokenize(said))
        found.append(100 * float(score))
    return found


def main() -> None:
    """Writes what each gives."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("vqa", "qwen_vl", "xtreme", "mlqa"):
        parser.add_argument(name, type=pathlib.Path, help="a checkout")
    flags = parser.parse_args()
    squad = load(flags.xtreme / "third_party" / "evaluate_squad.py")
    scores = {
        "vqa_accuracy": vqa_accuracies(flags.vqa),
        "anls": anls(flags.qwen_vl),
        "squad": text_scores(squad, by_language=False),
        "mlqa": text_scores(
            load(flags.mlqa / "mlqa_evaluation_v1.py"), by_language=True
        ),
        "cider": cider_scores(),
    }
    versions = {
        name: git_commit(str(path)) for name, path in vars(flags).items()
    } | {"pycocoevalcap": importlib.metadata.version("pycocoevalcap")}
    with write_folder(FOLDER) as folder:
        for name, content in (("scores", scores), ("versions", versions)):
            text = json.dumps(content, indent=1)
            (folder / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
