"""`pali ask`: asks a running server about an image."""

import argparse
import json
import sys
from typing import Any

from pali_tf import files
from pali_tf.errors import MissingFileError, told
from serving.client.client import PaliClient, ServerError
from serving.signatures import (
    ANSWER_SIGNATURE,
    DEFAULT_MODEL_NAME,
    DEFAULT_SERVER,
    EMBED_SIGNATURE,
    SCORE_SIGNATURE,
    SIGNATURES,
)

_EXIT_REFUSED = 2


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pali ask", description=__doc__)
    parser.add_argument(
        "--image", required=True, type=files.as_path, help="a JPEG or PNG file"
    )
    parser.add_argument("--prompt", help="not for --signature=embed")
    parser.add_argument("--target", help="for --signature=score")
    parser.add_argument("--server", default=DEFAULT_SERVER, help="host:port")
    parser.add_argument("--model_name", default=DEFAULT_MODEL_NAME)
    parser.add_argument(
        "--signature",
        default=ANSWER_SIGNATURE.name,
        choices=list(SIGNATURES),
        help="; ".join(f"{s.name}: {s.doc}" for s in SIGNATURES.values()),
    )
    parser.add_argument("--timeout_seconds", type=float, default=60.0)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object"
    )
    options = parser.parse_args(argv)
    wanted = {info.name for info in SIGNATURES[options.signature].inputs}
    for name in ("prompt", "target"):
        is_given = getattr(options, name) is not None
        if is_given != (name in wanted):
            parser.error(
                f"--signature={options.signature} "
                + (f"takes no --{name}" if is_given else f"needs --{name}")
            )
    return options


def _ask(client: PaliClient, options: argparse.Namespace) -> dict[str, Any]:
    if not options.image.is_file():
        raise MissingFileError(f"There is no image {options.image}.")
    with told():
        image = options.image.read_bytes()
    if options.signature == SCORE_SIGNATURE.name:
        [scored] = client.score([image], [options.prompt], [options.target])
        return {"score": scored.score, "num_tokens": scored.num_tokens}
    if options.signature == EMBED_SIGNATURE.name:
        [tokens] = client.embed([image])
        return {"visual_tokens": tokens.tolist()}
    [answer] = client.predict([image], [options.prompt])
    return {"text": answer.text, "score": answer.score}


def _show(result: dict[str, Any]) -> str:
    lines = []
    for name, value in result.items():
        if name == "visual_tokens":
            value = f"{len(value)} x {len(value[0])} (--json prints them)"
        lines.append(f"{name}: {value}")
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Asks once and prints the answer; gives 2 where the server refused.

    Raises:
        MissingFileError: there is no such image.
    """
    options = _parse(argv)
    with PaliClient(
        options.server,
        model_name=options.model_name,
        timeout_seconds=options.timeout_seconds,
    ) as client:
        try:
            result = _ask(client, options)
        except ServerError as error:
            print(f"pali: {error}", file=sys.stderr)
            return _EXIT_REFUSED
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(_show(result))
    return 0
