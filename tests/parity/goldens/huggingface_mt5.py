"""Makes the goldens of Hugging Face's mT5.

pip install -e .[parity]
python -m tests.parity.goldens.huggingface_mt5
"""

import numpy as np
import torch
import transformers

from tests.parity.goldens import weights
from tests.parity.goldens.files import TESTDATA, save_outputs, write_folder

FOLDER = TESTDATA / "mt5_huggingface"
SEED = 20

PAD, EOS = 0, 1
VOCAB_SIZE, NUM_PIECES = 96, 84
# Beyond 128 positions all distances share a bucket: one row reaches it.
ENCODER_LENGTH, DECODER_LENGTH = 136, 132
NUM_CANDIDATES, PROMPT_LENGTH = 600, 20
DECODE_LENGTH, BEAM_SIZE, WIDER_BEAM_SIZE = 16, 4, 16
# Of a chosen token or hypothesis above the next; the tolerance is 1e-4.
LEAST_MARGIN = 0.02


def make_model() -> transformers.MT5ForConditionalGeneration:
    """Three encoder and two decoder blocks; N*H is not D."""
    config = transformers.MT5Config(
        vocab_size=VOCAB_SIZE,
        d_model=24,
        d_kv=10,
        d_ff=40,
        num_layers=3,
        num_decoder_layers=2,
        num_heads=3,
        dropout_rate=0.0,
        feed_forward_proj="gated-gelu",
    )
    model = transformers.MT5ForConditionalGeneration(config)
    # transformers ties the two tables of a fresh model; mT5 has two, and a
    # file with two different ones is read as it is.
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())
    return model.eval()


def draw_weights(model: torch.nn.Module, rng: np.random.Generator) -> None:
    """Replaces every parameter."""
    for name, parameter in sorted(model.named_parameters()):
        shape = tuple(parameter.shape)
        if "layer_norm" in name:
            fan_in = None
        elif name.startswith("shared") or "relative_attention" in name:
            fan_in = 1
        else:
            fan_in = shape[1]
        values = weights.draw(rng, shape, fan_in)
        if name.endswith("Attention.q.weight"):
            # T5 has 1/sqrt(H) in the weights.
            values *= model.config.d_kv**-0.5
        if name == "lm_head.weight":  # Peaked enough for long answers.
            values *= 7
            values[EOS] *= 1.2  # So that some rows end early.
        parameter.data.copy_(torch.from_numpy(values))


def forward(
    model: transformers.MT5ForConditionalGeneration, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Teacher forcing; what every block gives, before the last norm."""
    encoder = rng.integers(3, VOCAB_SIZE, (2, ENCODER_LENGTH), dtype=np.int32)
    encoder[1, 70:] = PAD
    decoder = rng.integers(3, VOCAB_SIZE, (2, DECODER_LENGTH), dtype=np.int32)
    decoder[:, 0] = PAD
    outputs = {
        "encoder_input_tokens": encoder,
        "decoder_input_tokens": decoder,
    }

    def keep(name: str):
        def hook(module, inputs, output):
            outputs[name] = output[0].numpy()

        return hook

    hooks = [
        block.register_forward_hook(keep(f"{tower}_block_{i}"))
        for tower in ("encoder", "decoder")
        for i, block in enumerate(getattr(model, tower).block)
    ]
    result = model(
        input_ids=torch.from_numpy(encoder).long(),
        attention_mask=torch.from_numpy(encoder != PAD).long(),
        decoder_input_ids=torch.from_numpy(decoder).long(),
    )
    for hook in hooks:
        hook.remove()
    outputs["encoded"] = result.encoder_last_hidden_state.numpy()
    outputs["logits"] = result.logits.numpy()
    return outputs


def join(
    model: transformers.MT5ForConditionalGeneration, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """What PaLI does with mT5: visual tokens before the embedded text."""
    visual = rng.standard_normal((2, 9, model.config.d_model))
    visual = visual.astype(np.float32)
    image_mask = np.array([True, False])
    tokens = rng.integers(3, VOCAB_SIZE, (2, 12), dtype=np.int32)
    tokens[1, 8:] = PAD
    text = model.shared(torch.from_numpy(tokens).long())
    visual_valid = np.broadcast_to(image_mask[:, None], visual.shape[:2])
    valid = np.concatenate([visual_valid, tokens != PAD], axis=1)
    encoded = model.encoder(
        inputs_embeds=torch.cat([torch.from_numpy(visual), text], dim=1),
        attention_mask=torch.from_numpy(valid).long(),
    )
    return {
        "joined_visual": visual,
        "joined_image_mask": image_mask,
        "joined_tokens": tokens,
        "joined_encoded": encoded.last_hidden_state.numpy(),
    }


def generate(model, prompts: np.ndarray, num_beams: int, **options):
    """Decodes; ids that are no piece, and padding, are never produced."""
    return model.generate(
        input_ids=torch.from_numpy(prompts).long(),
        attention_mask=torch.from_numpy(prompts != PAD).long(),
        max_new_tokens=DECODE_LENGTH,
        suppress_tokens=[PAD, *range(NUM_PIECES, VOCAB_SIZE)],
        do_sample=False,
        num_beams=num_beams,
        num_return_sequences=num_beams,
        output_logits=True,
        output_scores=True,
        return_dict_in_generate=True,
        **options,
    )


def to_tokens(sequences: torch.Tensor) -> np.ndarray:
    """Drops the start token; int32[B, T] with zeros after EOS."""
    tokens = sequences[:, 1:].numpy().astype(np.int32)
    tokens = np.pad(tokens, ((0, 0), (0, DECODE_LENGTH - tokens.shape[1])))
    before = np.cumsum(tokens == EOS, axis=1) - (tokens == EOS)
    return np.where(before == 0, tokens, PAD)


def greedy(model, prompts: np.ndarray) -> dict[str, np.ndarray]:
    """Greedy tokens, their scores, and how clearly each was the best."""
    result = generate(model, prompts, 1)
    tokens = to_tokens(result.sequences)
    log_probs = torch.stack(result.logits, 1).log_softmax(-1).numpy()
    steps = log_probs.shape[1]
    alive = (tokens != PAD)[:, :steps]
    chosen = np.take_along_axis(log_probs, tokens[:, :steps, None], -1)[..., 0]
    allowed = np.sort(log_probs[..., 1:NUM_PIECES])
    margins = np.where(alive, allowed[..., -1] - allowed[..., -2], np.inf)
    others = np.concatenate([[PAD], np.arange(NUM_PIECES, VOCAB_SIZE)])
    best_other = log_probs[..., others].max(-1)
    return {
        "tokens": tokens,
        "scores": np.where(alive, chosen, 0).sum(1).astype(np.float32),
        "margin": margins.min(1),
        "was_suppressed": np.any(alive & (best_other > chosen), 1),
    }


def beam(model, prompts: np.ndarray, num_beams: int) -> dict[str, np.ndarray]:
    """The best hypotheses of a beam, best first."""
    # A penalty of 0 leaves the score the sum of log-probabilities.
    result = generate(
        model, prompts, num_beams, length_penalty=0.0, early_stopping=False
    )
    shape = len(prompts), num_beams
    tokens = to_tokens(result.sequences).reshape(*shape, DECODE_LENGTH)
    tokens = tokens[:, :BEAM_SIZE]
    scores = result.sequences_scores.numpy().reshape(shape)[:, :BEAM_SIZE]
    return {
        "tokens": tokens,
        "scores": scores,
        "margin": -np.diff(scores, axis=1).max(1),
        "all_ended": np.all(np.any(tokens == EOS, axis=2), axis=1),
    }


def decode(model, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Greedy and beam search of the prompts that tell the most.

    transformers' search differs from T5X's in two ways. A hypothesis that is
    cut by the length counts: so every one of a chosen prompt ends by itself.
    One that ends counts only if it is among the best K of a step, not 2K: so
    a far wider beam finds the same for a chosen prompt.
    """
    prompts = rng.integers(
        3, NUM_PIECES, (NUM_CANDIDATES, PROMPT_LENGTH), dtype=np.int32
    )
    lengths = rng.integers(3, PROMPT_LENGTH + 1, NUM_CANDIDATES)
    prompts[np.arange(PROMPT_LENGTH) >= lengths[:, None]] = PAD
    by_greedy = greedy(model, prompts)
    by_beam = beam(model, prompts, BEAM_SIZE)
    wider = beam(model, prompts, WIDER_BEAM_SIZE)
    clear = (
        (np.minimum(by_greedy["margin"], by_beam["margin"]) > LEAST_MARGIN)
        & by_beam["all_ended"]
        & np.all(by_beam["tokens"] == wider["tokens"], axis=(1, 2))
    )
    best = by_beam["tokens"][:, 0]
    ended = by_greedy["tokens"][:, -1] == PAD
    shows = {
        "the likeliest id is no piece": by_greedy["was_suppressed"],
        "the beam finds better": np.any(best != by_greedy["tokens"], axis=1),
        "greedy ends by itself": ended,
        "greedy meets the length": ~ended,
    }
    # Of each kind the three with the longest answers.
    lengths = (best != PAD).sum(1)
    chosen: set[int] = set()
    for name, rows in shows.items():
        of_kind = np.flatnonzero(rows & clear)
        if len(of_kind) < 2:
            raise ValueError(f"{name}: {len(of_kind)} prompts; change SEED.")
        chosen.update(of_kind[np.argsort(-lengths[of_kind])][:3].tolist())
    order = sorted(chosen)
    return {
        "prompts": prompts[order],
        "greedy_tokens": by_greedy["tokens"][order],
        "greedy_scores": by_greedy["scores"][order],
        "beam_tokens": by_beam["tokens"][order],
        "beam_scores": by_beam["scores"][order],
    }


def main() -> None:
    """Writes the model as save_pretrained does, and what it gives."""
    rng = np.random.default_rng(SEED)
    model = make_model()
    draw_weights(model, rng)
    with write_folder(FOLDER) as folder, torch.no_grad():
        model.save_pretrained(folder)
        # What a user gets who loads the file.
        model = transformers.MT5ForConditionalGeneration.from_pretrained(folder)
        model.eval()
        outputs = decode(model, rng) | forward(model, rng) | join(model, rng)
        save_outputs(folder, outputs, torch, transformers)


if __name__ == "__main__":
    main()
