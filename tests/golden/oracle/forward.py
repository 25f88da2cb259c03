#!/usr/bin/env python3
"""What DiaForConditionalGeneration.forward() computes on the checkpoint of a golden set.

    forward.py SET...

A SET is a folder with dia/ and golden/. Writes golden/forward.json and golden/forward.safetensors there; the format is
described in ../README.md. Computing is in F32 with eager attention, the only one that returns its weights.
"""
import json
import os
import sys

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers import DiaForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

TEXTS = [
    "[S1] Hello. [S2] Hi!",
    "[S1] Yes",
    "[S2] A café?",
]


def rng(*key):
    return np.random.Generator(np.random.PCG64(list(key)))


def ids_of(text):
    text = text.replace("[S1]", "\x01").replace("[S2]", "\x02")
    return list(text.encode("utf-8"))


def pad_texts(rows, side="right"):
    """input_ids and attention_mask [B, S]; side "middle" puts the padding behind the third token of a row."""
    length = max(map(len, rows))
    ids = np.zeros((len(rows), length), np.int64)
    mask = np.zeros_like(ids)
    for b, row in enumerate(rows):
        first = {"right": list(range(len(row))), "middle": [*range(3), *range(length - len(row) + 3, length)]}[side]
        ids[b, first] = row
        mask[b, first] = 1
    return ids, mask


def plan(config):
    """The cases: inputs of forward(), and how many positions each of its calls takes."""
    decoder = config.decoder_config
    channels, vocabulary = decoder.num_channels, decoder.vocab_size

    def tokens(seed, batch, length):
        return rng(seed, 1).integers(0, vocabulary, (batch, length, channels))

    def labels(seed, batch, length, ignored):
        values = rng(seed, 2).integers(0, vocabulary, (batch * channels, length))
        values[rng(seed, 3).random(values.shape) < ignored] = -100
        return values

    one = np.array([ids_of(TEXTS[0])])
    ids, mask = pad_texts([ids_of(text) for text in TEXTS])
    middle_ids, middle_mask = pad_texts([ids_of(TEXTS[1]), ids_of(TEXTS[2])], "middle")

    left = np.ones((3, 7), np.int64)
    left[1, :3] = 0
    left[2, :1] = 0
    left_labels = labels(11, 3, 7, 0.2).reshape(3, channels, 7)
    left_labels[np.broadcast_to(left[:, None, :] == 0, left_labels.shape)] = -100

    holes = np.ones((2, 8), np.int64)
    holes[0, 5:7] = 0
    holes[1, [0, 1, 4]] = 0

    yield "whole", dict(input_ids=one, decoder_input_ids=tokens(1, 1, 6), labels=labels(1, 1, 6, 0.0)), [6]
    yield "default_decoder_input", dict(input_ids=ids, attention_mask=mask), [1]
    yield "flat_tokens", dict(
        input_ids=ids[:2],
        attention_mask=mask[:2],
        decoder_input_ids=tokens(2, 2, 4).transpose(0, 2, 1).reshape(2 * channels, 4),
        labels=labels(2, 2, 4, 0.4),
    ), [4]
    yield "left_padding", dict(
        input_ids=ids,
        attention_mask=mask,
        decoder_input_ids=tokens(3, 3, 7),
        decoder_attention_mask=left,
        labels=left_labels.reshape(3 * channels, 7),
    ), [7]
    yield "cached", dict(input_ids=one, decoder_input_ids=tokens(4, 1, 8)), [3, 1, 4]
    yield "cached_holes", dict(
        input_ids=middle_ids,
        attention_mask=middle_mask,
        decoder_input_ids=tokens(5, 2, 8),
        decoder_attention_mask=holes,
    ), [6, 1, 1]
    yield "position_ids", dict(
        input_ids=one, decoder_input_ids=tokens(6, 1, 5), decoder_position_ids=np.array([[0, 1, 7, 3, 3000]])
    ), [5]
    yield "position_ids_per_row", dict(
        input_ids=ids[:2],
        attention_mask=mask[:2],
        decoder_input_ids=tokens(7, 2, 4),
        decoder_position_ids=np.array([[0, 1, 2, 3], [5, 6, 8, 9]]),
    ), [3, 1]
    yield "long", dict(input_ids=one, decoder_input_ids=tokens(8, 1, 300)), [290, 10]


def visible(mask, values, dim):
    """`values` with zeros at the places of dimension `dim` that are masked; dimension 0 is the layer, 1 the row."""
    shape = [1] * values.ndim
    shape[1], shape[dim] = mask.shape
    return values * torch.from_numpy(mask).reshape(shape).to(values.dtype)


class Case:
    def __init__(self, model, inputs, chunks):
        self.model = model
        self.inputs = inputs
        self.chunks = chunks
        self.channels = model.config.decoder_config.num_channels

    def part(self, name, first, count):
        """Positions of a decoder input that one call takes."""
        values = self.inputs.get(name)
        if values is None:
            return None
        begin = 0 if name == "decoder_attention_mask" else first
        values = values[:, begin : first + count]
        return torch.from_numpy(np.ascontiguousarray(values))

    def run(self):
        ids = torch.from_numpy(self.inputs["input_ids"])
        mask = self.inputs.get("attention_mask")
        attention_mask = None if mask is None else torch.from_numpy(mask)
        rows = mask if mask is not None else np.ones(ids.shape, np.int64)
        encoded, past, first, results = None, None, 0, {}
        for chunk, count in enumerate(self.chunks):
            output = self.model(
                input_ids=ids if encoded is None else None,
                encoder_outputs=encoded,
                attention_mask=attention_mask,
                past_key_values=past,
                use_cache=len(self.chunks) > 1,
                output_hidden_states=True,
                output_attentions=True,
                **{
                    name: self.part(name, first, count)
                    for name in ("decoder_input_ids", "decoder_attention_mask", "decoder_position_ids", "labels")
                },
            )
            if encoded is None:
                encoded = BaseModelOutput(last_hidden_state=output.encoder_last_hidden_state)
                results["encoder_hidden_states"] = visible(rows, torch.stack(output.encoder_hidden_states), 2)
                results["encoder_attentions"] = visible(rows, torch.stack(output.encoder_attentions), 3)
            past = output.past_key_values
            results.update(self.chunk_results(output, f"{chunk}/", first, count))
            first += count
        return results

    def chunk_results(self, output, prefix, first, count):
        batch = output.encoder_last_hidden_state.shape[0]
        mask = self.inputs.get("decoder_attention_mask", np.ones((batch, first + count), np.int64))
        mask = mask[:, first : first + count]
        logits = output.logits.reshape(1, batch, self.channels, count, -1)
        results = {
            "logits": visible(mask, logits, 3)[0].flatten(0, 1),
            "hidden_states": visible(mask, torch.stack(output.decoder_hidden_states), 2),
            "self_attentions": visible(mask, torch.stack(output.decoder_attentions), 3),
            "cross_attentions": visible(mask, torch.stack(output.cross_attentions), 3),
        }
        if output.loss is not None:
            results["loss"] = output.loss.reshape(1)
        return {prefix + name: value for name, value in results.items()}


# Dimension of the positions, in what is restricted to the last ones of a long call.
POSITIONS = {"logits": 1, "hidden_states": 2, "self_attentions": 3, "cross_attentions": 3}
MOST_POSITIONS = 8
KEPT_POSITIONS = 2


def reduced(name, values, logit_ids):
    """What is kept of a result, to save space: of the logits some tokens, of a long call the last positions."""
    kind = name.split("/")[-1]
    if kind == "logits":
        values = values[..., logit_ids]
    if kind in POSITIONS and values.shape[POSITIONS[kind]] > MOST_POSITIONS:
        dim = POSITIONS[kind]
        values = values.narrow(dim, values.shape[dim] - KEPT_POSITIONS, KEPT_POSITIONS)
    return values


def relative_distance(a, b):
    return float((a.double() - b.double()).abs().max() / b.double().abs().max())


def write(folder):
    path = os.path.join(folder, "dia")
    model = DiaForConditionalGeneration.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()
    exact = DiaForConditionalGeneration.from_pretrained(path, dtype=torch.float64, attn_implementation="eager").eval()
    vocabulary = model.config.decoder_config.vocab_size
    logit_ids = sorted({*range(0, vocabulary, 103), *range(vocabulary - 4, vocabulary)})
    tensors, cases, encoded = {}, [], set()
    for name, inputs, chunks in plan(model.config):
        case = f"forward/{name}"
        with torch.no_grad():
            results = Case(model, inputs, chunks).run()
            exact_results = Case(exact, inputs, chunks).run()
        for key, values in inputs.items():
            tensors[f"{case}/{key}"] = values.astype(np.int32)
        text = inputs["input_ids"].tobytes()
        for key, values in results.items():
            if key.startswith("encoder_") and text in encoded:
                continue
            tensors[f"{case}/{key}"] = reduced(key, values, logit_ids).contiguous().float().numpy()
        encoded.add(text)
        rounding = {}
        for key in sorted(results):
            kind = key.split("/")[-1]
            rounding[kind] = max(rounding.get(kind, 0.0), relative_distance(results[key], exact_results[key]))
        cases.append(
            {
                "id": case,
                "kind": "forward",
                "file": "forward.safetensors",
                "chunks": chunks,
                "logit_ids": logit_ids,
                "rounding": rounding,
            }
        )
    save_file(tensors, os.path.join(folder, "golden", "forward.safetensors"))
    reference = f"transformers {transformers.__version__}, torch {torch.__version__}, CPU, float32, eager attention"
    with open(os.path.join(folder, "golden", "forward.json"), "w", encoding="utf-8") as file:
        json.dump({"reference": reference, "cases": cases}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        write(folder)
