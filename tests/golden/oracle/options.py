#!/usr/bin/env python3
"""Golden cases of the generation options: what the reference's generate() makes of each of them.

    options.py SET...

A SET is a folder with dia/, dac/ and golden/manifest.json. Writes golden/options.json and golden/options.safetensors
beside that manifest. Needs transformers 5.12.1, torch and safetensors; every value is what their classes returned.

Two kinds of cases (tests/golden/README.md describes the fields):

    options_scores    made-up logits and a made-up history of tokens through the chain of logits processors that
                      generate() builds for the parameters; only the scores that are left are stored
    options_generate  whole greedy generations; of many texts the one is kept whose tokens an error on the logits is
                      least likely to change, among those where the option changes the tokens at all
"""
import copy
import json
import os
import sys

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers import DacModel, DiaFeatureExtractor, DiaForConditionalGeneration, DiaProcessor, DiaTokenizer
from transformers.generation.logits_process import (
    DiaClassifierFreeGuidanceLogitsProcessor,
    DiaEOSChannelFilterLogitsProcessor,
    DiaEOSDelayPatternLogitsProcessor,
)

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

INF = float("inf")
HISTORY = 24  # positions of the made-up history
SMALLEST_MARGIN = 1e-4
WIDE_MARGIN = 2e-3  # no wider one is looked for
ALONE = ["repetition_penalty", "no_repeat_ngram_1", "no_repeat_ngram_2", "no_repeat_ngram_3", "suppress_tokens",
         "begin_suppress_tokens", "bad_words", "sequence_bias", "rules_together", "exponential_decay"]
ENDS = ["suppress_end", "min_new_tokens", "min_length"]
BATCHED = ["repetition_penalty", "rules_together"]
PROMPTED = ["repetition_penalty", "begin_suppress_tokens", "rules_together"]
OPENINGS = ["Wait for me", "Not today", "Open the window, please", "Nobody knows the answer", "Let us begin",
            "The train leaves at nine", "She laughed out loud", "Coffee is on the table"]
ENDINGS = [".", "?", "...", "! (sighs)", ", right? [S2] I never said that.", ", I think. [S2] Good evening, everyone!"]
TEXTS = [f"[S1] {opening}{ending}" for opening in OPENINGS for ending in ENDINGS]


class Reference:
    def __init__(self, folder):
        dia = os.path.join(folder, "dia")
        self.model = DiaForConditionalGeneration.from_pretrained(dia, dtype=torch.float32).eval()
        self.precise = copy.deepcopy(self.model).double()
        config = self.model.config.decoder_config
        self.channels, self.vocab = config.num_channels, config.vocab_size
        self.bos, self.eos, self.pad = config.bos_token_id, config.eos_token_id, config.pad_token_id
        self.delay = self.model.config.delay_pattern
        codec = DacModel.from_pretrained(os.path.join(folder, "dac"), dtype=torch.float32).eval()
        features = DiaFeatureExtractor(feature_size=1, sampling_rate=codec.config.sampling_rate,
                                       hop_length=codec.config.hop_length)
        self.processor = DiaProcessor(features, DiaTokenizer.from_pretrained(dia), codec)

    def inputs(self, texts, prompt_samples=0):
        audio = {}
        if prompt_samples:
            times = np.arange(prompt_samples) / 44100.0
            audio = {"audio": [(0.4 * np.sin(2 * np.pi * (180 + 40 * i) * times)).astype(np.float32)
                               for i in range(len(texts))]}
        result = self.processor(text=texts, **audio)
        return {name: result[name] for name in
                ("input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask")}

    def valid_length(self, inputs):
        tokens = inputs["decoder_input_ids"]
        return tokens.shape[1] - int((tokens[:, :, 0] == self.pad).sum(-1).max())

    def chain(self, params, prefix, text_ids):
        """The logits processors that generate() builds."""
        config, _ = self.model._prepare_generation_config(None, **{k: v for k, v in params.items() if v is not None})
        for name in [name for name, value in params.items() if value is None]:
            setattr(config, name, None)
        config.max_length = 3072
        self.model._prepare_special_tokens(config, False, device="cpu")
        return self.model._get_logits_processor(generation_config=config, input_ids_seq_length=prefix,
                                                encoder_input_ids=text_ids, device="cpu", model_kwargs={})

    @torch.no_grad()
    def generate(self, inputs, params, model=None):
        """Sequences, logits per step, the history that the processors saw at each step, and the chain."""
        model = model or self.model
        logits, histories, chains = [], [], []
        build = model._get_logits_processor

        class Listener:
            def __call__(self, input_ids, scores):
                histories.append(input_ids.clone())
                return scores

        def listen(*args, **kwargs):
            chain = build(*args, **kwargs)
            chains.append((list(chain), kwargs["generation_config"].max_length))
            chain.insert(len(chain), Listener())
            return chain

        hook = model.register_forward_hook(lambda module, args, out: logits.append(out.logits[:, -1].float().clone()))
        model._get_logits_processor = listen
        try:
            sequences = model.generate(**{k: v.clone() for k, v in inputs.items()}, **params)
        finally:
            hook.remove()
            del model._get_logits_processor
        return sequences, logits, histories, chains[0]

    def free(self, inputs, sequences, position, length_limit):
        """[B, C]: whether a token was chosen, not forced."""
        tokens = sequences[:, position]
        first = torch.arange(self.channels) == 0
        free = (tokens != self.pad) & ~((tokens == self.eos) & ~first)
        given = inputs["decoder_input_ids"]
        if position < given.shape[1]:
            free &= given[:, position] == self.pad
        if position == length_limit - max(self.delay) - 1:
            free &= ~((tokens == self.eos) & first)
        return free

    def margin(self, inputs, params, result):
        """The error on every logit that provably changes no choice; 0 if a choice is not what this computes."""
        sequences, logits, histories, (chain, length_limit) = result
        batch = sequences.shape[0]
        start = sequences.shape[1] - len(logits)
        scale = params.get("guidance_scale", 3.0)
        guided = scale != 1.0
        rules = [p for p in chain if not isinstance(p, (DiaClassifierFreeGuidanceLogitsProcessor,
                                                        DiaEOSChannelFilterLogitsProcessor,
                                                        DiaEOSDelayPatternLogitsProcessor))]
        stretch = max(1.0, params.get("repetition_penalty", 1.0)) / params.get("temperature", 1.2)
        if "exponential_decay_length_penalty" in params:
            n, factor = len(logits), params["exponential_decay_length_penalty"][1]
            stretch *= factor ** n
        forbidden = torch.zeros(self.channels, self.vocab, dtype=torch.bool)
        forbidden[0, self.eos + 1:] = True
        forbidden[1:, self.eos:] = True
        smallest = INF
        for step, raw in enumerate(logits):
            tokens = sequences[:, start + step].long()
            free = self.free(inputs, sequences, start + step, length_limit)
            if not free.any():
                continue
            rows = batch * self.channels
            conditional = raw[:rows]
            scores = conditional.clone()
            for rule in rules:
                scores = rule(histories[step], scores)
            scores = scores.view(batch, self.channels, self.vocab).masked_fill(forbidden, -INF)
            inside = torch.ones_like(scores, dtype=torch.bool)
            margins = torch.full(free.shape, INF)
            picked = scores.gather(-1, tokens[..., None])
            if guided:
                top_k = params["top_k"]
                guidance = (conditional + (conditional - raw[rows:]) * scale).view_as(scores)
                top, ids = torch.topk(guidance, top_k + 1, dim=-1)
                inside = torch.zeros_like(inside).scatter(-1, ids[..., :top_k], True)
                width = 2 * (1 + 2 * scale)
                margins = (guidance.gather(-1, tokens[..., None])[..., 0] - top[..., top_k]) / width
                rivals = guidance.masked_fill(inside | (scores <= picked), -INF).amax(-1)
                margins = torch.minimum(margins, (top[..., top_k - 1] - rivals) / width)
            two = torch.topk(scores.masked_fill(~inside, -INF), 2, dim=-1)
            margins = torch.minimum(margins, (two.values[..., 0] - two.values[..., 1]) / (2 * stretch))
            if (two.indices[..., 0] != tokens)[free].any():
                return 0.0
            smallest = min(smallest, float(margins[free].min()))
        return smallest


class Output:
    def __init__(self):
        self.cases, self.tensors = [], {}

    def put(self, name, value):
        array = value.detach().cpu().numpy() if torch.is_tensor(value) else np.asarray(value)
        self.tensors[name] = np.ascontiguousarray(
            array.astype(np.float32 if array.dtype.kind == "f" else np.int32))

    def write(self, folder, head):
        save_file(self.tensors, os.path.join(folder, "golden", "options.safetensors"))
        with open(os.path.join(folder, "golden", "options.json"), "w", encoding="utf-8") as file:
            json.dump({**head, "cases": self.cases}, file, indent=1)
            file.write("\n")


# ---------------------------------------------------------------------------------------------- scores
def made_up(reference, seed):
    """Logits [2 (conditional, unconditional), C, V] and a history [C, HISTORY]."""
    generator = np.random.Generator(np.random.PCG64([seed, 31]))
    channels, vocab = reference.channels, reference.vocab
    conditional = (3 * generator.standard_normal((channels, vocab))).astype(np.float32)
    unconditional = (0.8 * conditional + 0.4 * generator.standard_normal((channels, vocab))).astype(np.float32)
    conditional[0, reference.eos] = np.sort(conditional[0])[-3] + 0.01  # a good candidate, but not the best
    unconditional[0, reference.eos] = conditional[0, reference.eos] - 1
    best = np.argsort(-conditional[:, :reference.eos], axis=1)[:, :24]
    history = generator.permuted(best, axis=1)[:, :HISTORY].copy()
    history[:, 16:20] = history[:, 4:8]  # something to repeat
    history[:, 22:24] = history[:, 5:7]
    for channel, delay in enumerate(reference.delay):
        history[channel, :1 + min(delay, 9)] = reference.bos
    return torch.from_numpy(np.stack([conditional, unconditional])), torch.from_numpy(history)


def score_params(history, conditional):
    """Name -> parameters. Tokens are chosen so that the rules meet good candidates."""
    end = history[:, -1].tolist()
    good = torch.argsort(conditional, dim=1, descending=True)
    best = good[:, 0].tolist()
    guided = {"do_sample": True, "guidance_scale": 3.0, "temperature": 1.0, "top_k": 45, "top_p": 1.0}
    plain = {"do_sample": True, "guidance_scale": 1.0, "temperature": 1.2, "top_k": 200, "top_p": 1.0}
    biases = [[[best[0]], -4.0], [[end[1], best[1]], 2.5], [[history[2, -2].item(), end[2], best[2]], -1.5]]
    bad = [[best[3]], [end[4], best[4]], [history[5, -2].item(), end[5], best[5]], [end[6] + 1, best[6]]]
    return {
        "repetition_penalty": {**guided, "repetition_penalty": 1.3},
        "repetition_reward": {**guided, "repetition_penalty": 0.8},
        "no_repeat_ngram_1": {**guided, "no_repeat_ngram_size": 1},
        "no_repeat_ngram_2": {**guided, "no_repeat_ngram_size": 2},
        "no_repeat_ngram_3": {**guided, "no_repeat_ngram_size": 3},
        "bad_words": {**guided, "bad_words_ids": bad + [[1024]]},
        "sequence_bias": {**guided, "sequence_bias": biases},
        "suppress_tokens": {**guided, "suppress_tokens": sorted(set(best))},
        "begin_suppress_tokens": {**guided, "begin_suppress_tokens": sorted(set(best))},
        "begin_suppress_tokens_later": {**guided, "begin_suppress_tokens": sorted(set(best))},
        "min_length": {**guided, "min_length": HISTORY + 1},
        "min_length_reached": {**guided, "min_length": HISTORY},
        "min_new_tokens": {**guided, "min_new_tokens": HISTORY - 4},
        "min_new_tokens_reached": {**guided, "min_new_tokens": HISTORY - 5},
        "exponential_decay": {**guided, "exponential_decay_length_penalty": (HISTORY - 5 - 6, 1.1)},
        "exponential_decay_small": {**guided, "exponential_decay_length_penalty": (HISTORY - 5 - 1, 1.0001)},
        "exponential_decay_later": {**guided, "exponential_decay_length_penalty": (HISTORY - 5, 3.0)},
        "renormalize_logits": {**guided, "renormalize_logits": True},
        "top_h": {**plain, "top_h": 0.4},
        "top_h_large": {**plain, "top_h": 0.95},
        "min_p": {**plain, "min_p": 0.1},
        "min_p_1": {**plain, "min_p": 1.0},
        "typical_p": {**plain, "typical_p": 0.6},
        "typical_p_guided": {**guided, "typical_p": 0.9},
        "epsilon_cutoff": {**plain, "epsilon_cutoff": 0.004},
        "epsilon_cutoff_large": {**plain, "epsilon_cutoff": 0.9},
        "eta_cutoff": {**plain, "eta_cutoff": 0.02},
        "greedy_ignores_filters": {**plain, "do_sample": False, "guidance_scale": 3.0, "top_k": 45, "min_p": 0.9,
                                   "typical_p": 0.2, "top_h": 0.2, "epsilon_cutoff": 0.5, "eta_cutoff": 0.5,
                                   "top_p": 0.1},
        "filters_together": {**plain, "top_h": 0.9, "top_k": 60, "top_p": 0.95, "min_p": 0.02, "typical_p": 0.95,
                             "epsilon_cutoff": 0.003, "eta_cutoff": 0.003},
        "rules_together": {**guided, "sequence_bias": biases, "repetition_penalty": 1.2, "no_repeat_ngram_size": 2,
                           "bad_words_ids": bad, "min_new_tokens": 3,
                           "exponential_decay_length_penalty": (2, 1.05), "suppress_tokens": sorted(set(best[:3])),
                           "temperature": 1.3},
        "all_together": {**guided, "sequence_bias": biases, "repetition_penalty": 1.2, "no_repeat_ngram_size": 2,
                         "bad_words_ids": bad, "suppress_tokens": sorted(set(best[:3])), "temperature": 1.4,
                         "top_h": 0.95, "top_p": 0.9, "min_p": 0.01, "typical_p": 0.9, "epsilon_cutoff": 0.002,
                         "eta_cutoff": 0.002, "renormalize_logits": True},
    }


@torch.no_grad()
def add_scores(reference, output, seed):
    logits, history = made_up(reference, seed)
    output.put("options/logits", logits)
    output.put("options/history", history.T)
    text_ids = torch.zeros(2, 8, dtype=torch.long)
    loud_end = logits.clone()
    loud_end[:, 0, reference.eos] = loud_end[0, 0].max() + 1
    for name, params in score_params(history, logits[0]).items():
        prefix = HISTORY if name == "begin_suppress_tokens" else 5
        source = loud_end if name.startswith(("min_length", "min_new_tokens")) else logits
        source = source if params["guidance_scale"] != 1.0 else source[:1]

        def run(values):
            chain = reference.chain(params, prefix, text_ids)
            return chain(history, values.reshape(-1, reference.vocab)), [type(p).__name__ for p in chain]

        scores, chain = run(source)
        precise, _ = run(source.double())
        assert torch.equal(torch.isfinite(scores), torch.isfinite(precise)), f"{name}: a cut is too close to call"
        ids = torch.isfinite(scores).flatten().nonzero()[:, 0]
        assert len(ids) > 0 and torch.isfinite(scores).any(-1).all(), name
        output.put(f"options_scores/{name}/ids", ids)
        output.put(f"options_scores/{name}/scores", scores.flatten()[ids])
        output.cases.append({
            "id": f"options_scores/{name}", "kind": "options_scores", "file": "options.safetensors",
            "params": {k: list(v) if isinstance(v, tuple) else v for k, v in params.items()}, "prefix": prefix,
            "position": HISTORY, "end_logit": float(source[0, 0, reference.eos]),
            "end_logit_unconditional": float(source[-1, 0, reference.eos]), "processors": chain,
            "outputs": ["ids: flat indices into [C, V] of the scores that are left", "scores of these"],
            "tolerance": {"atol": 1e-5}})


# ---------------------------------------------------------------------------------------------- generations
def channel_tokens(reference, inputs, sequences):
    """The codes of channel 0 behind the prefix."""
    codes = sequences[0, reference.valid_length(inputs):, 0].tolist()
    return [code for code in codes if code < reference.eos]


def end_params(reference, inputs, plain):
    """Name -> parameters that keep `plain`, of at most 64 new positions, from ending by itself."""
    n = len(channel_tokens(reference, inputs, plain))
    if n < 4 or n > 64 - 16 - 4:
        return {}
    params = {
        "suppress_end": {"suppress_tokens": [reference.eos]},
        "min_new_tokens": {"min_new_tokens": n + 6},
        "min_length": {"min_length": n + 6 + reference.valid_length(inputs)},
    }
    return {name: {**option, "max_new_tokens": 64} for name, option in params.items()}


def option_params(reference, inputs, plain):
    """Name -> parameters that change what `plain`, the sequences without them, says."""
    codes = channel_tokens(reference, inputs, plain)
    tail = plain[0, :, -1].tolist()
    tail = [code for code in tail if code < reference.eos]
    if len(codes) < 4 or len(tail) < 4:
        return {}
    often = sorted(set(codes), key=codes.count)[-3:]
    return {
        "repetition_penalty": {"repetition_penalty": 1.3},
        "no_repeat_ngram_1": {"no_repeat_ngram_size": 1, "max_new_tokens": 28},
        "no_repeat_ngram_2": {"no_repeat_ngram_size": 2},
        "no_repeat_ngram_3": {"no_repeat_ngram_size": 3},
        "suppress_tokens": {"suppress_tokens": sorted(often)},
        "begin_suppress_tokens": {"begin_suppress_tokens": [codes[0]]},
        "bad_words": {"bad_words_ids": [codes[1:3], [codes[3]], tail[1:4]]},
        "sequence_bias": {"sequence_bias": [[codes[0:2], -6.0], [[codes[2]], -2.0], [tail[0:2], -6.0]]},
        "rules_together": {"repetition_penalty": 1.1, "no_repeat_ngram_size": 3, "suppress_tokens": [codes[0]],
                           "bad_words_ids": [codes[1:3]], "sequence_bias": [[[tail[0]], -1.5]], "min_new_tokens": 12},
        "exponential_decay": {"guidance_scale": 1.0, "exponential_decay_length_penalty": (4, 1.08)},
    }


def ends(reference, sequences, valid, length_limit):
    found = []
    for row in sequences:
        hit = (row[valid:, 0] == reference.eos).nonzero()
        index = valid + int(hit[0]) if len(hit) else None
        cause = "none" if index is None else \
            "length" if index == length_limit - max(reference.delay) - 1 else "natural"
        found.append({"eos_index": index, "cause": cause})
    return found


def best_generations(reference, wanted, batches, prompt_samples):
    """Name -> (margin, texts, params, inputs, result), the first wide margin or else the widest one of all texts."""
    best = {}
    for texts in batches:
        if all(best.get(name, (0.0,))[0] >= WIDE_MARGIN for name in wanted):
            break
        inputs = reference.inputs(texts, prompt_samples)
        base = {"do_sample": False, "guidance_scale": 3.0, "top_k": 45, "temperature": 1.2, "max_new_tokens": 40}
        plain = {}
        options = {}
        if not set(wanted) <= set(ENDS):
            options.update(option_params(reference, inputs, reference.generate(inputs, base)[0]))
        if set(wanted) & set(ENDS):
            options.update(end_params(reference, inputs, reference.generate(inputs, {**base, "max_new_tokens": 64})[0]))
        for name, option in options.items():
            if name not in wanted or best.get(name, (0.0,))[0] >= WIDE_MARGIN:
                continue
            params = {**base, **option}
            shared = {name: params[name] for name in base}
            key = str(shared)
            if key not in plain:
                plain[key] = reference.generate(inputs, shared)[0]
            result = reference.generate(inputs, params)
            length = min(result[0].shape[1], plain[key].shape[1])
            if torch.equal(result[0][:, :length], plain[key][:, :length]):
                continue  # the option changes nothing
            margin = reference.margin(inputs, params, result)
            if margin > best.get(name, (SMALLEST_MARGIN,))[0]:
                best[name] = (margin, texts, params, inputs, result)
    return best


def add_generations(reference, output, prefix, wanted, batches, prompt_samples=0):
    for name, found in sorted(best_generations(reference, wanted, batches, prompt_samples).items()):
        margin, texts, params, inputs, (sequences, _, _, (chain, length_limit)) = found
        precise = reference.generate(inputs, params, reference.precise)[0]
        assert torch.equal(precise, sequences), f"{name}: the reference itself disagrees in double precision"
        case = f"options_generate/{prefix}{name}"
        for key, value in inputs.items():
            output.put(f"{case}/{key}", value)
        output.put(f"{case}/sequences", sequences)
        valid = reference.valid_length(inputs)
        output.cases.append({
            "id": case, "kind": "options_generate", "file": "options.safetensors", "texts": texts,
            "params": {k: list(v) if isinstance(v, tuple) else v for k, v in params.items()},
            "length_limit": length_limit, "valid_len": valid, "total_len": sequences.shape[1],
            "audio_prompt_len": valid, "eos": ends(reference, sequences, valid, length_limit),
            "min_margin": margin, "processors": [type(p).__name__ for p in chain],
            "outputs": ["sequences [B,total_len,C] (delayed, with BOS prefix, EOS and PAD tail)"],
            "tolerance": "exact"})
        print(f"  {case}: margin {margin:.2g}, {sequences.shape[1]} positions")


def main(folders):
    for seed, folder in enumerate(folders):
        print(folder)
        reference = Reference(folder)
        output = Output()
        add_scores(reference, output, seed)
        add_generations(reference, output, "", ALONE, [[text] for text in TEXTS[::2]])
        add_generations(reference, output, "", ENDS, [[text] for text in TEXTS])
        pairs = [[TEXTS[2 * i], TEXTS[2 * i + 1]] for i in range(8)]
        add_generations(reference, output, "batch_", BATCHED, pairs)
        add_generations(reference, output, "prompt_", PROMPTED, [[text] for text in TEXTS[:8]], 4000)
        head = {"format": 1, "oracle": {"transformers": transformers.__version__, "torch": torch.__version__}}
        output.write(folder, head)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
