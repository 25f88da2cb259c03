"""Writes the public names of the reference's Dia page, with every argument and its default, as JSON.

usage: python reference_api.py tests/data/reference-api.json

tests/DiaNative.DocsTests/ReferenceApiTests.cs compares it with docs/reference-api.json, which has the counterparts in C#.
Needs transformers 5.12.1. A default is written as Python shows it, "required" where there is none, and "output" for a
field of a result.
"""

import dataclasses
import inspect
import json
import sys
import typing

import transformers
from transformers import (
    DacConfig, DacModel, DiaConfig, DiaDecoderConfig, DiaEncoderConfig, DiaFeatureExtractor, DiaForConditionalGeneration,
    DiaModel, DiaProcessor, DiaTokenizer, GenerationConfig, TextToAudioPipeline, pipeline)
from transformers.generation.utils import GenerateEncoderDecoderOutput
from transformers.modeling_outputs import Seq2SeqLMOutput, Seq2SeqModelOutput
from transformers.models.dia.processing_dia import DiaProcessorKwargs
from transformers.pipelines.text_to_audio import AudioOutput


def default_of(parameter):
    return "required" if parameter.default is inspect.Parameter.empty else repr(parameter.default)


def arguments(function, only=None):
    """Arguments without self and without *args and **kwargs, which name nothing."""
    return {
        name: default_of(parameter)
        for name, parameter in inspect.signature(inspect.unwrap(function)).parameters.items()
        if name != "self" and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and (only is None or parameter.kind == only)
    }


def own_fields(config):
    """What a configuration adds to those that all models have."""
    return arguments(config.__init__, inspect.Parameter.KEYWORD_ONLY)


def outputs(result):
    names = [field.name for field in dataclasses.fields(result)] if dataclasses.is_dataclass(result) else typing.get_type_hints(result)
    return {name: "output" for name in names}


def processor_arguments():
    """The arguments that have a name, and those among the rest that Dia's processor gives a default."""
    named = arguments(DiaProcessor.__call__)
    for group in DiaProcessorKwargs._defaults.values():
        named.update({name: repr(value) for name, value in group.items()})
    return named


def forward(model):
    """The named arguments, and those of the rest that change what a Dia model returns."""
    return {**arguments(model.forward), "output_hidden_states": "None", "output_attentions": "None", "return_dict": "None"}


def generation_config():
    values = GenerationConfig().to_dict()
    return {name: repr(value) for name, value in sorted(values.items()) if not name.startswith("_") and name != "transformers_version"}


members = {
    "DiaConfig": own_fields(DiaConfig),
    "DiaEncoderConfig": own_fields(DiaEncoderConfig),
    "DiaDecoderConfig": own_fields(DiaDecoderConfig),
    "DacConfig": own_fields(DacConfig),
    "DiaTokenizer": arguments(DiaTokenizer.__init__),
    "DiaTokenizer.__call__": arguments(DiaTokenizer.__call__),
    "DiaTokenizer.decode": arguments(DiaTokenizer.decode),
    "DiaTokenizer.batch_decode": arguments(DiaTokenizer.batch_decode),
    "DiaTokenizer.convert_ids_to_tokens": arguments(DiaTokenizer.convert_ids_to_tokens),
    "DiaTokenizer.convert_tokens_to_ids": arguments(DiaTokenizer.convert_tokens_to_ids),
    "DiaTokenizer.tokenize": arguments(DiaTokenizer.tokenize),
    "DiaTokenizer.get_vocab": arguments(DiaTokenizer.get_vocab),
    "DiaTokenizer.vocab_size": {},
    "DiaTokenizer.pad_token_id": {},
    "DiaTokenizer.unk_token_id": {},
    "DiaFeatureExtractor": arguments(DiaFeatureExtractor.__init__),
    "DiaFeatureExtractor.__call__": arguments(DiaFeatureExtractor.__call__),
    "DiaProcessor": arguments(DiaProcessor.__init__),
    "DiaProcessor.__call__": processor_arguments(),
    "DiaProcessor.batch_decode": arguments(DiaProcessor.batch_decode),
    "DiaProcessor.decode": arguments(DiaProcessor.decode),
    "DiaProcessor.get_audio_prompt_len": arguments(DiaProcessor.get_audio_prompt_len),
    "DiaProcessor.save_audio": arguments(DiaProcessor.save_audio),
    "DiaProcessor.build_indices": arguments(DiaProcessor.build_indices),
    "DiaProcessor.apply_audio_delay": arguments(DiaProcessor.apply_audio_delay),
    "DiaProcessor.from_pretrained": {},
    "DiaProcessor.save_pretrained": {},
    "DacModel.encode": arguments(DacModel.encode),
    "DacModel.decode": arguments(DacModel.decode),
    "DiaModel": arguments(DiaModel.__init__),
    "DiaModel.from_pretrained": {},
    "DiaModel.save_pretrained": {},
    "DiaModel.forward": forward(DiaModel),
    "Seq2SeqModelOutput": outputs(Seq2SeqModelOutput),
    "DiaForConditionalGeneration": arguments(DiaForConditionalGeneration.__init__),
    "DiaForConditionalGeneration.from_pretrained": {},
    "DiaForConditionalGeneration.save_pretrained": {},
    "DiaForConditionalGeneration.forward": forward(DiaForConditionalGeneration),
    "Seq2SeqLMOutput": outputs(Seq2SeqLMOutput),
    "DiaForConditionalGeneration.generate": arguments(DiaForConditionalGeneration.generate),
    "GenerateEncoderDecoderOutput": outputs(GenerateEncoderDecoderOutput),
    "GenerationConfig": generation_config(),
    "pipeline": arguments(pipeline),
    "TextToAudioPipeline.__call__": {
        **arguments(TextToAudioPipeline.__call__), "forward_params": "None", "generate_kwargs": "None"},
    "AudioOutput": outputs(AudioOutput),
    "set_seed": arguments(transformers.set_seed),
}

with open(sys.argv[1], "w", encoding="utf-8", newline="\n") as file:
    json.dump({"reference": f"transformers {transformers.__version__}", "members": members}, file, indent=2)
    file.write("\n")
print(f"{sys.argv[1]}: {len(members)} members, {sum(map(len, members.values()))} arguments")
