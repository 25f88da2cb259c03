#!/usr/bin/env python3
"""What DiaFeatureExtractor and DiaProcessor make of options, on the checkpoint of a golden set.

    processing.py SET...

A SET is a folder with dia/, dac/ and golden/. Writes golden/processing.json and golden/processing.safetensors there; the
format is described in ../README.md. Computing is in F32.
"""
import json
import os
import sys
import wave

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers import DacModel, DiaFeatureExtractor, DiaProcessor, DiaTokenizer

FILE = "processing.safetensors"
TEXTS = ["[S1] Words of the prompt. [S2] And the new ones.", "[S1] Three, four and five.", "[S2] Ok (coughs)."]
INPUTS = ("input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask", "labels")

# name, lengths of the audio, options of the reference's call
FEATURES = [
    ("truncate", [1500, 512, 700], {"truncation": True, "max_length": 600}),
    ("truncate_without_length", [1500], {"truncation": True}),
    ("to_length", [1500, 700], {"padding": "max_length", "max_length": 1600}),
    ("to_length_without_length", [1500], {"padding": "max_length"}),
    ("no_padding", [700], {"padding": False}),
    ("longest_ignores_length", [1500, 700], {"padding": "longest", "max_length": 100}),
    ("padding_and_truncation", [700], {"padding": True, "truncation": True, "max_length": 512}),
]

# name, texts, whether they have prompts, options of the reference's call
PROCESSOR = [
    ("training1", 1, True, {"generation": False}),
    ("training3", 3, True, {"generation": False}),
    ("labels1", 1, True, {"generation": False, "output_labels": True}),
    ("labels3", 3, True, {"generation": False, "output_labels": True}),
    ("labels_while_generating", 1, True, {"output_labels": True}),
    ("training_without_audio", 1, False, {"generation": False}),
    ("text_to_length", 3, False, {"text_kwargs": {"padding": "max_length", "max_length": 60}}),
    ("text_truncated", 3, False, {"text_kwargs": {"truncation": True, "max_length": 20}}),
    ("text_left", 3, True, {"text_kwargs": {"padding_side": "left"}}),
]


def rng(*key):
    return np.random.Generator(np.random.PCG64(list(key)))


def load_processor(folder):
    dia = os.path.join(folder, "dia")
    if os.path.exists(os.path.join(dia, "preprocessor_config.json")):
        extractor = DiaFeatureExtractor.from_pretrained(dia)
    else:
        with open(os.path.join(dia, "processor_config.json"), encoding="utf-8") as file:
            config = json.load(file)["feature_extractor"]
        extractor = DiaFeatureExtractor(**{key: value for key, value in config.items() if key != "feature_extractor_type"})
    codec = DacModel.from_pretrained(os.path.join(folder, "dac"), dtype=torch.float32).eval()
    return DiaProcessor(extractor, DiaTokenizer.from_pretrained(dia), codec)


def read_prompts(folder):
    """The prompts of the manifest by name, as samples."""
    golden = os.path.join(folder, "golden")
    with open(os.path.join(golden, "manifest.json"), encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    prompts = {}
    for name, path in next(case for case in cases if case["kind"] == "prompts")["files"].items():
        with wave.open(os.path.join(golden, path)) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        prompts[name] = samples.astype(np.float32) / 32768
    return prompts


class Cases:
    def __init__(self):
        self.tensors, self.entries = {}, []

    def add(self, case, kind, entry, call):
        """Records what a call gives, or that it fails."""
        entry = {"id": case, "kind": kind, "file": FILE, **entry}
        try:
            result = call()
        except ValueError as error:
            entry["error"] = type(error).__name__
            entry["message"] = str(error)[:200]
        else:
            for name, values in result.items():
                values = np.asarray(values)
                self.tensors[f"{case}/{name}"] = values.astype(np.float32 if values.dtype.kind == "f" else np.int32)
        self.entries.append(entry)


def add_features(cases, extractor):
    for seed, (name, lengths, options) in enumerate(FEATURES):
        case = f"features_options/{name}"
        audio = [rng(seed, i).uniform(-1, 1, length).astype(np.float32) for i, length in enumerate(lengths)]
        for i, samples in enumerate(audio):
            cases.tensors[f"{case}/raw{i}"] = samples
        entry = {"raw": [f"{case}/raw{i}" for i in range(len(audio))], "options": options}
        cases.add(
            case, "features_options", entry,
            lambda: extractor(audio, return_tensors="np", sampling_rate=extractor.sampling_rate, **options),
        )


def add_processor(cases, processor, prompts):
    names = sorted(prompts, key=lambda name: len(prompts[name]))[:3]
    for name, n_texts, with_prompts, options in PROCESSOR:
        texts, used = TEXTS[:n_texts], (names * 3)[:n_texts] if with_prompts else None

        def call():
            result = processor(text=texts, audio=[prompts[prompt] for prompt in used] if used else None, **options)
            return {key: result[key] for key in INPUTS if key in result}

        cases.add(
            f"processor_options/{name}", "processor_options", {"texts": texts, "prompts": used, "options": options}, call
        )


def write(folder):
    processor = load_processor(folder)
    cases = Cases()
    add_features(cases, processor.feature_extractor)
    with torch.no_grad():
        add_processor(cases, processor, read_prompts(folder))
    save_file(cases.tensors, os.path.join(folder, "golden", FILE))
    reference = f"transformers {transformers.__version__}, torch {torch.__version__}, CPU, float32"
    with open(os.path.join(folder, "golden", "processing.json"), "w", encoding="utf-8") as file:
        json.dump({"reference": reference, "cases": cases.entries}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        write(folder)
