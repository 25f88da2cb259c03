namespace DiaNative;

/// <summary>What <see cref="DiaConverter"/> makes a file from.</summary>
public enum CheckpointFormat
{
    /// <summary>A file is TTS.cpp's, a folder Hugging Face's.</summary>
    Auto = -1,

    /// <summary>A folder in the layout of the Hugging Face hub: <c>config.json</c> and safetensors files.</summary>
    HuggingFace = 0,

    /// <summary>
    /// A GGUF file that TTS.cpp made of Dia. Its codec has no encoder, so that audio prompts and voices need codes that were made elsewhere,
    /// unless a checkpoint of DAC is given beside it.
    /// </summary>
    TtsCpp = 1,
}
