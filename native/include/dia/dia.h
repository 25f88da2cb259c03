/**
 * @file dia.h
 * Dia: a script of two speakers becomes 44.1 kHz audio, on ggml. This is the whole C interface.
 *
 *     [S1] Hello there. [S2] Hi! (laughs)
 *
 * Dia is a byte-level encoder-decoder transformer. The encoder reads the script; the decoder emits,
 * 86 times per second of audio, one token for each of nine codebooks; the DAC codec turns these codes
 * into samples. Three handles follow that picture: a dia_model holds the weights of both, a
 * dia_generator turns scripts into codes one step at a time, and a dia_codec turns codes into samples.
 * The way back gives a generator its voice: a dia_audio is a sound file as samples, and the codec turns
 * samples into codes, which an utterance takes as its audio prompt. Who wants to look inside takes a dia_encoding,
 * which is a script as the encoder's states, and a dia_decoder, which runs the decoder over given tokens.
 *
 * A complete program, without the error checks that every line deserves:
 *
 *     dia_model *model = NULL;
 *     dia_model_load("dia.gguf", NULL, &model);
 *
 *     dia_generator *generator = NULL;
 *     dia_generator_create(model, NULL, &generator);
 *     dia_generator_add_text(generator, "[S1] Hello there. [S2] Hi!", -1, NULL);
 *     dia_generator_prefill(generator);
 *     for (int32_t active = 1; active > 0;)
 *         dia_generator_step(generator, &active);
 *
 *     int32_t codes[3072 * 9];
 *     int64_t n_frames = 0;
 *     dia_generator_copy_frames(generator, 0, 0, codes, 3072 * 9, &n_frames);
 *
 *     dia_codec *codec = NULL;
 *     dia_codec_create(model, NULL, &codec);
 *     float *samples = malloc(n_frames * 512 * sizeof(float));
 *     dia_codec_decode(codec, codes, n_frames, 0, n_frames, samples, n_frames * 512, NULL);
 *
 *     dia_codec_free(codec); dia_generator_free(generator); dia_model_free(model);
 *
 * ## Ownership
 * Whoever receives a `T **out` owns it and frees it with `dia_T_free`; freeing NULL does nothing. `*out`
 * is set to NULL first and written only on success. Every handle keeps what it needs of the one that it was
 * made from alive, so handles may be freed in any order. Pointers that a getter returns are borrowed; its
 * comment says until when.
 *
 * ## Threads
 * A model, a dia_encoding, a dia_gguf and a dia_audio are immutable and may be shared by any number of threads. A
 * generator, a codec, a decoder and a benchmark belong to one thread at a time; two of them, on the same model, may
 * run side by side. Only their `_cancel` functions may be called while another thread uses the handle.
 *
 * ## Errors
 * Every function that can fail returns a dia_status, DIA_STATUS_OK (0) on success and a negative value
 * otherwise. dia_last_error_message then tells, on the same thread, what was expected and what was found.
 * No function aborts, exits or lets a C++ exception out, whatever the file or the argument.
 *
 * ## Strings
 * UTF-8 on every platform, paths included; NUL-terminated unless a size stands beside the pointer. Input
 * strings are copied before a function returns.
 *
 * ## Versions
 * Structures that may grow begin with `struct_size`. Fill them with their `_init` function, which takes
 * the size that the caller was compiled with, and change what should differ. The library reads and
 * writes at most `struct_size` bytes; a field beyond it has its default. Fields are only ever appended.
 * A field that the library is too old to know must be zero, as `_init` leaves it; otherwise the call
 * returns DIA_STATUS_UNSUPPORTED. NULL in place of a parameter structure means all defaults.
 */
#ifndef DIA_H
#define DIA_H

#include <stdint.h>

#if defined(_WIN32)
#if defined(DIA_BUILDING)
#define DIA_API __declspec(dllexport)
#else
#define DIA_API __declspec(dllimport)
#endif
#else
#define DIA_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Sizes of the fixed arrays of this interface, and the version of its binary layout. */
typedef enum dia_constant {
    DIA_ABI_VERSION = 1,          /**< What dia_abi_version() of a matching library returns. */
    DIA_MAX_CHANNELS = 32,        /**< Most codebooks that a model may have. */
    DIA_MAX_CODEC_BLOCKS = 8,     /**< Most up- or downsampling blocks that a codec may have. */
    DIA_MAX_DIMENSIONS = 4        /**< Dimensions of a tensor in a GGUF file. */
} dia_constant;

/** The result of a call. Negative values are errors. */
typedef enum dia_status {
    DIA_STATUS_OK = 0,                 /**< Success. */
    DIA_STATUS_INVALID_ARGUMENT = -1,  /**< An argument or option is NULL, not a number or out of its range. */
    DIA_STATUS_INVALID_STATE = -2,     /**< The call does not fit what the handle has done so far. */
    DIA_STATUS_OUT_OF_MEMORY = -3,     /**< Memory could not be allocated. */
    DIA_STATUS_IO = -4,                /**< A file could not be opened, read, written or renamed. */
    DIA_STATUS_INVALID_FILE = -5,      /**< A file is truncated, malformed or not what it claims to be. */
    DIA_STATUS_UNSUPPORTED = -6,       /**< A well-formed file or option asks for something the library lacks. */
    DIA_STATUS_CANCELLED = -7,         /**< A callback or a cancel function stopped the call. */
    DIA_STATUS_BUFFER_TOO_SMALL = -8,  /**< An output buffer is too small; the needed size was stored. */
    DIA_STATUS_TEXT_TOO_LONG = -9,     /**< A text exceeds the model's limit. */
    DIA_STATUS_NOT_A_NUMBER = -10,     /**< The model computed a NaN or an infinity. */
    DIA_STATUS_INTERNAL = -11,         /**< A defect of this library. */
    DIA_STATUS_MEMORY_LIMIT = -12      /**< More memory would be needed than dia_model_params.max_memory allows; none of it was taken. */
} dia_status;

/** How a tensor stores its values. The numbers are ggml's. */
typedef enum dia_type {
    DIA_TYPE_AUTO = -1,  /**< The type that the source has, or the one that suits the purpose. */
    DIA_TYPE_F32 = 0,    /**< 32-bit floating point. */
    DIA_TYPE_F16 = 1,    /**< IEEE 16-bit floating point. */
    DIA_TYPE_Q4_0 = 2,   /**< Blocks of 32 4-bit integers with one scale: 4.5 bits per value. */
    DIA_TYPE_Q5_0 = 6,   /**< Blocks of 32 5-bit integers with one scale: 5.5 bits per value. */
    DIA_TYPE_Q8_0 = 8,   /**< Blocks of 32 8-bit integers with one scale: 8.5 bits per value. */
    DIA_TYPE_Q4_K = 12,  /**< Blocks of 256 4-bit integers with 8 scales and minima: 4.5 bits per value. */
    DIA_TYPE_Q5_K = 13,  /**< Blocks of 256 5-bit integers with 8 scales and minima: 5.5 bits per value. */
    DIA_TYPE_Q6_K = 14,  /**< Blocks of 256 6-bit integers with 16 scales: 6.5625 bits per value. */
    DIA_TYPE_IQ4_NL = 20,  /**< Blocks of 32 indices into 16 unevenly spaced values with one scale: 4.5 bits per value. */
    DIA_TYPE_BF16 = 30   /**< bfloat16. */
} dia_type;

/** Whether all matrices of a file have the same type. */
typedef enum dia_mix {
    DIA_MIX_NONE = -1,   /**< They have. */
    DIA_MIX_MEDIUM = 0   /**< Those that measure sensitive have a type with more bits; what others call Q4_K_M or Q5_K_M. */
} dia_mix;

/** Tensors that are stored as another type than the others. */
typedef struct dia_type_override {
    const char *pattern;  /**< Fits if some part of a tensor's name in the GGUF or in the checkpoint is like it; "*" is any text, "?" any character. */
    dia_type type;        /**< The type of the tensors that fit and may have it. Not DIA_TYPE_AUTO. */
    uint32_t reserved;    /**< Zero. */
} dia_type_override;

/** Severity of a log message. */
typedef enum dia_log_level {
    DIA_LOG_LEVEL_NONE = -1,    /**< Nothing at all. */
    DIA_LOG_LEVEL_DEBUG = 0,    /**< Details for developers of this library. */
    DIA_LOG_LEVEL_INFO = 1,     /**< What was loaded and chosen. */
    DIA_LOG_LEVEL_WARNING = 2,  /**< Something is probably not meant so. */
    DIA_LOG_LEVEL_ERROR = 3     /**< A failure; the call also returns a status. */
} dia_log_level;

/** Why a row of a generator ended. */
typedef enum dia_finish_reason {
    DIA_FINISH_REASON_NONE = -1,        /**< It has not ended. */
    DIA_FINISH_REASON_END_OF_SPEECH = 0,  /**< The model ended its speech. */
    DIA_FINISH_REASON_LENGTH = 1,         /**< The length limit ended it. */
    DIA_FINISH_REASON_STOPPED = 2         /**< dia_generator_stop_row ended it. */
} dia_finish_reason;

/** What a device is. */
typedef enum dia_device_type {
    DIA_DEVICE_TYPE_UNKNOWN = -1,        /**< Nothing that this version knows. */
    DIA_DEVICE_TYPE_CPU = 0,             /**< The processor. */
    DIA_DEVICE_TYPE_GPU = 1,             /**< A GPU with memory of its own. */
    DIA_DEVICE_TYPE_INTEGRATED_GPU = 2   /**< A GPU that shares the memory of the processor. */
} dia_device_type;

/** Weights of Dia and of DAC. Immutable once loaded. */
typedef struct dia_model dia_model;
/** Turns scripts into codes, one position at a time. */
typedef struct dia_generator dia_generator;
/** Turns codes into samples, and samples into codes. */
typedef struct dia_codec dia_codec;
/** A script as the states of the text encoder. Immutable. */
typedef struct dia_encoding dia_encoding;
/** Runs the decoder over given tokens of one sequence. */
typedef struct dia_decoder dia_decoder;
/** A sound file as mono samples. Immutable. */
typedef struct dia_audio dia_audio;
/** The directory of a GGUF file: metadata and tensors, without their data. */
typedef struct dia_gguf dia_gguf;
/** What was measured of models on this machine. */
typedef struct dia_benchmark dia_benchmark;

/**
 * Receives log messages, on the thread that caused them.
 * @param message UTF-8 without a trailing line break; valid only during the call.
 */
typedef void (*dia_log_fn)(dia_log_level level, const char *message, void *user_data);

/**
 * Receives the progress of a long call, on the calling thread.
 * @return 0 to go on; anything else stops the call, which then returns DIA_STATUS_CANCELLED.
 */
typedef int32_t (*dia_progress_fn)(int64_t done, int64_t total, void *user_data);

/* ---------------------------------------------------------------------------------------------- */
/* Library                                                                                        */
/* ---------------------------------------------------------------------------------------------- */

/** The version of the binary interface; equals DIA_ABI_VERSION of the header the library was built with. */
DIA_API int32_t dia_abi_version(void);

/** The version of the library, for example "0.1.0". Static. */
DIA_API const char *dia_version(void);

/** The instruction set that the library was compiled for and the devices it can use, for a log. Static. */
DIA_API const char *dia_system_info(void);

/** A device that models can be loaded for. */
typedef struct dia_device_info {
    uint32_t struct_size;     /**< Set by the caller to sizeof(dia_device_info). */
    dia_device_type type;     /**< What it is. */
    const char *name;         /**< For dia_model_params.device: "CPU", "CUDA0", "Metal", "Vulkan0". Static. */
    const char *description;  /**< What its driver calls it. Static. */
    int64_t total_memory;     /**< Bytes of its memory, as its driver tells. */
    int64_t free_memory;      /**< Of these, those that are free at this moment, where the driver knows. */
} dia_device_info;

/** How many devices there are: at least 1, device 0, which is the processor. GPUs are a matter of how the library was built (docs/gpu.md). */
DIA_API int32_t dia_device_count(void);

/** Describes device `index`. @param[in,out] info Its struct_size must be set. */
DIA_API dia_status dia_device_get_info(int32_t index, dia_device_info *info);

/** The name of a status, for example "DIA_STATUS_INVALID_FILE". Static; never NULL. */
DIA_API const char *dia_status_name(dia_status status);

/**
 * What went wrong in the last call on this thread that returned an error.
 * @return Borrowed until the next call on this thread; "" if none failed. Never NULL.
 */
DIA_API const char *dia_last_error_message(void);

/**
 * Sets the process-wide receiver of log messages; NULL (the start) drops them.
 * The callback may be called from any thread until the next call of this function has returned.
 * @param[in] level The lowest severity to pass on.
 * @return DIA_STATUS_INVALID_ARGUMENT for an unknown level; DIA_STATUS_INVALID_STATE from within the callback.
 */
DIA_API dia_status dia_log_set_callback(dia_log_level level, dia_log_fn callback, void *user_data);

/** Bytes that the library holds at this moment: weights that are not memory-mapped, caches, buffers, objects. */
DIA_API int64_t dia_live_bytes(void);

/* ---------------------------------------------------------------------------------------------- */
/* Conversion: a Hugging Face checkpoint becomes one GGUF                                          */
/* ---------------------------------------------------------------------------------------------- */

/** What a checkpoint is. */
typedef enum dia_checkpoint_format {
    DIA_CHECKPOINT_FORMAT_AUTO = -1,         /**< A file is TTS.cpp's, anything else Hugging Face's. */
    DIA_CHECKPOINT_FORMAT_HUGGING_FACE = 0,  /**< A folder with config.json and safetensors. */
    DIA_CHECKPOINT_FORMAT_TTS_CPP = 1        /**< A GGUF made by TTS.cpp: Dia, and of DAC what decodes. */
} dia_checkpoint_format;

/** What dia_convert does. */
typedef struct dia_convert_params {
    uint32_t struct_size;      /**< Set by dia_convert_params_init. */
    dia_type type;             /**< Type of Dia's matrices. Default DIA_TYPE_AUTO: as in the checkpoint. */
    dia_type codec_type;       /**< Type of DAC's convolutions: F32 or F16. Default DIA_TYPE_AUTO: as in the checkpoint, BF16 as F32. */
    dia_checkpoint_format format;  /**< What `model_dir` names. Default DIA_CHECKPOINT_FORMAT_AUTO. */
    const char *model_dir;     /**< Folder with Dia's config.json and safetensors, or TTS.cpp's GGUF. Required. */
    const char *codec_dir;     /**< Folder with DAC's config.json and safetensors. NULL: a GGUF without codec, or with TTS.cpp's, which has no encoder. */
    const char *output_path;   /**< The GGUF to write. Required. An existing file is replaced only on success. */
    dia_progress_fn progress;  /**< Bytes written so far and in all. Default NULL. */
    void *user_data;           /**< Passed to `progress`. */
    dia_mix mix;               /**< More bits for sensitive matrices; needs a `type` with blocks. Default DIA_MIX_NONE. */
    int32_t n_threads;         /**< CPU threads; 0 (default): the physical cores. */
    const dia_type_override *overrides;  /**< Types of single tensors; the last one that fits decides. Default NULL. */
    int64_t n_overrides;       /**< Elements of `overrides`. */
    const char *importance_path;  /**< File of dia_importance_measure. Default NULL: every column matters alike. */
    const char *model_name;    /**< general.name of the file: 1 to 255 bytes of UTF-8. Default NULL: the name of the folder model_dir. */
} dia_convert_params;

/** What DIA_CHECKPOINT_FORMAT_AUTO means for a path, which need not exist: Hugging Face, unless it is that of a file. */
DIA_API dia_checkpoint_format dia_checkpoint_format_of(const char *model_dir);

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_convert_params). */
DIA_API dia_status dia_convert_params_init(dia_convert_params *params, uint32_t struct_size);

/**
 * Converts a checkpoint of Dia, and one of DAC, into one GGUF file (docs/gguf-format.md).
 * Tensors are streamed one at a time. The file appears under its name only when it is complete; after an
 * error or a cancellation nothing is left behind.
 * @return DIA_STATUS_IO, DIA_STATUS_INVALID_FILE, DIA_STATUS_UNSUPPORTED, DIA_STATUS_CANCELLED or
 *         DIA_STATUS_INVALID_ARGUMENT, with a message that names the file, and the tensor or option.
 */
DIA_API dia_status dia_convert(const dia_convert_params *params);

/* ---------------------------------------------------------------------------------------------- */
/* Quantization: a GGUF becomes a smaller one                                                      */
/* ---------------------------------------------------------------------------------------------- */

/** What dia_quantize does. */
typedef struct dia_quantize_params {
    uint32_t struct_size;      /**< Set by dia_quantize_params_init. */
    dia_type type;             /**< Type of Dia's matrices. Default DIA_TYPE_AUTO: as in the input. */
    dia_type codec_type;       /**< Type of DAC's convolutions: F32 or F16. Default DIA_TYPE_AUTO: as in the input. */
    dia_mix mix;               /**< More bits for sensitive matrices; needs a `type` with blocks. Default DIA_MIX_NONE. */
    int32_t allow_requantize;  /**< 1: tensors that have blocks already may be rounded again; 0 (default): refuse. */
    int32_t n_threads;         /**< CPU threads; 0 (default): the physical cores. The result does not depend on them. */
    const dia_type_override *overrides;  /**< Types of single tensors; the last one that fits decides. Default NULL. */
    int64_t n_overrides;       /**< Elements of `overrides`. */
    const char *input_path;    /**< A GGUF of a model. Required. */
    const char *output_path;   /**< The GGUF to write. Required by dia_quantize. An existing file is replaced only on success. */
    const char *importance_path;  /**< File of dia_importance_measure. Default NULL: every column matters alike. */
    dia_progress_fn progress;  /**< Bytes written so far and in all. Default NULL. */
    void *user_data;           /**< Passed to `progress`. */
} dia_quantize_params;

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_quantize_params). */
DIA_API dia_status dia_quantize_params_init(dia_quantize_params *params, uint32_t struct_size);

/**
 * Stores the tensors of a model as other types (docs/quantization.md). Tensors whose type stays are copied bit by bit;
 * norms, biases and codebooks are always F32. Where a type's blocks do not divide a tensor's rows another type stands
 * in for it, and the log warns. The file appears under its name only when it is complete; after an error or a
 * cancellation nothing is left behind.
 * @return DIA_STATUS_IO, DIA_STATUS_INVALID_FILE, DIA_STATUS_UNSUPPORTED, DIA_STATUS_CANCELLED or
 *         DIA_STATUS_INVALID_ARGUMENT, with a message that names the file, and the tensor or option.
 */
DIA_API dia_status dia_quantize(const dia_quantize_params *params);

/**
 * Tells what dia_quantize would write, without writing anything.
 * @param[out] out The tensors, to be asked with dia_gguf_get_tensor; without metadata.
 * @param[out] n_bytes Size of the file. May be NULL.
 * @return As dia_quantize.
 */
DIA_API dia_status dia_quantize_plan(const dia_quantize_params *params, dia_gguf **out, int64_t *n_bytes);

/* ---------------------------------------------------------------------------------------------- */
/* Synthesis: a model of random weights                                                             */
/* ---------------------------------------------------------------------------------------------- */

/** What dia_synthesize does. */
typedef struct dia_synthesize_params {
    uint32_t struct_size;      /**< Set by dia_synthesize_params_init. */
    dia_type type;             /**< Type of Dia's matrices. Default DIA_TYPE_AUTO: BF16, as published. */
    dia_type codec_type;       /**< Type of DAC's convolutions: F32 or F16. Default DIA_TYPE_AUTO: F32, as published. */
    dia_mix mix;               /**< More bits for some matrices; needs a `type` with blocks. Default DIA_MIX_NONE. */
    int32_t n_threads;         /**< CPU threads; 0 (default): the physical cores. The result does not depend on them. */
    uint32_t reserved;         /**< Zero. */
    uint64_t seed;             /**< Same seed, same file. Default 0. */
    const char *preset;        /**< The sizes: "dia-1.6b" (the published ones), "overhead" (18 narrow layers) or "tiny". Required. */
    const char *output_path;   /**< The GGUF to write. Required. An existing file is replaced only on success. */
    dia_progress_fn progress;  /**< Bytes written so far and in all. Default NULL. */
    void *user_data;           /**< Passed to `progress`. */
} dia_synthesize_params;

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_synthesize_params). */
DIA_API dia_status dia_synthesize_params_init(dia_synthesize_params *params, uint32_t struct_size);

/**
 * Writes a model with random weights, Dia and DAC: it speaks noise, as fast and in as much memory as a trained one.
 * Tensors are streamed one at a time. The file appears under its name only when it is complete; after an error or a
 * cancellation nothing is left behind.
 * @return DIA_STATUS_IO, DIA_STATUS_CANCELLED or DIA_STATUS_INVALID_ARGUMENT, with a message that names the option.
 */
DIA_API dia_status dia_synthesize(const dia_synthesize_params *params);

/* ---------------------------------------------------------------------------------------------- */
/* GGUF: what is in a file                                                                         */
/* ---------------------------------------------------------------------------------------------- */

/** One tensor of a GGUF file. */
typedef struct dia_tensor_info {
    uint32_t struct_size;                   /**< Set by the caller to sizeof(dia_tensor_info). */
    int32_t n_dimensions;                   /**< 1 to 4. */
    const char *name;                       /**< Borrowed from the dia_gguf. */
    const char *type_name;                  /**< ggml's name of the type, for example "q8_0". Static. */
    int64_t dimensions[DIA_MAX_DIMENSIONS]; /**< In ggml order, fastest first; unused ones are 1. */
    int64_t offset;                         /**< Bytes from the start of the file. */
    int64_t n_bytes;                        /**< Size of the data. */
} dia_tensor_info;

/** Opens the directory of any GGUF file, of whatever architecture. */
DIA_API dia_status dia_gguf_open(const char *path, dia_gguf **out);

/** Frees what dia_gguf_open returned. */
DIA_API void dia_gguf_free(dia_gguf *gguf);

/** How many metadata entries there are. 0 for NULL. */
DIA_API int64_t dia_gguf_metadata_count(const dia_gguf *gguf);

/** The key of entry `index`. Borrowed from `gguf`; NULL if there is no such entry. */
DIA_API const char *dia_gguf_metadata_key(const dia_gguf *gguf, int64_t index);

/** The type of entry `index`: "u32", "str", "arr[f32]" and so on. Borrowed from `gguf`; NULL if there is no such entry. */
DIA_API const char *dia_gguf_metadata_type(const dia_gguf *gguf, int64_t index);

/** The value of entry `index` as text, arrays as "[1, 2, 3]". Borrowed from `gguf`; NULL if there is no such entry. */
DIA_API const char *dia_gguf_metadata_value(const dia_gguf *gguf, int64_t index);

/** How many tensors there are. 0 for NULL. */
DIA_API int64_t dia_gguf_tensor_count(const dia_gguf *gguf);

/** Describes tensor `index`. @param[in,out] info Its struct_size must be set. */
DIA_API dia_status dia_gguf_get_tensor(const dia_gguf *gguf, int64_t index, dia_tensor_info *info);

/* ---------------------------------------------------------------------------------------------- */
/* Model                                                                                          */
/* ---------------------------------------------------------------------------------------------- */

/** How a model is loaded. */
typedef struct dia_model_params {
    uint32_t struct_size;      /**< Set by dia_model_params_init. */
    int32_t use_mmap;          /**< 1 (default): weights are memory-mapped where the system can. Their file must stay as it is while they are in use: what finds it shorter returns DIA_STATUS_IO, but one that is cut short, or whose disk fails, in the middle of a call ends the process. 0: read into memory, after which the file is not needed. */
    int32_t load_codec;        /**< 1 (default): DAC is loaded too, if the file has it; 0: codes only. */
    uint32_t reserved;         /**< Zero. */
    dia_progress_fn progress;  /**< Bytes loaded so far and in all. Default NULL. */
    void *user_data;           /**< Passed to `progress`. */
    int64_t max_memory;        /**< Bytes that the process may hold: a model whose shortest speech has a larger dia_memory_estimate.total is not loaded, and a generator does not begin whose total_streaming is larger, what those take that run counted with it. 0 (default): no limit. The memory of a GPU is not counted. */
    const char *device;        /**< Where the model lives and is computed: the name of a device; or NULL (default) or "auto" for the GPU that has room for most of it (see n_gpu_layers), and for the processor if there is none. On a GPU the weights are copies, use_mmap notwithstanding. */
    int32_t n_gpu_layers;      /**< How much of the model a GPU gets: DAC and the last so many layers of the decoder, with its head; the processor keeps the others. The text encoder comes last, as layer decoder_num_hidden_layers + 1; higher numbers mean everything. -1 (default): as many as its free memory holds beside a speech of the length that the model was trained for. */
    uint32_t reserved2;        /**< Zero. */
} dia_model_params;

/** Every number of a model's architecture; names are those of the Hugging Face configuration. */
typedef struct dia_config {
    uint32_t struct_size;                      /**< Set by the caller to sizeof(dia_config). */
    int32_t has_codec;                         /**< 1 if DAC is loaded; the codec_ fields are 0 otherwise. */
    int32_t encoder_max_position_embeddings;   /**< Longest text, in bytes. */
    int32_t encoder_num_hidden_layers;         /**< Encoder layers. */
    int32_t encoder_hidden_size;               /**< Width of the encoder. */
    int32_t encoder_num_attention_heads;       /**< Query heads. */
    int32_t encoder_num_key_value_heads;       /**< Key and value heads. */
    int32_t encoder_head_dim;                  /**< Width of a head. */
    int32_t encoder_intermediate_size;         /**< Width of the gated MLP. */
    int32_t encoder_vocab_size;                /**< 256: bytes. */
    float encoder_norm_eps;                    /**< Added to the mean square in RMSNorm. */
    float encoder_rope_theta;                  /**< Base of the rotary angles. */
    int32_t decoder_max_position_embeddings;   /**< Positions that the model was trained for. */
    int32_t decoder_num_hidden_layers;         /**< Decoder layers. */
    int32_t decoder_hidden_size;               /**< Width of the decoder. */
    int32_t decoder_num_attention_heads;       /**< Query heads of self-attention. */
    int32_t decoder_num_key_value_heads;       /**< Key and value heads of self-attention. */
    int32_t decoder_head_dim;                  /**< Width of a self-attention head. */
    int32_t decoder_cross_num_attention_heads; /**< Query heads of cross-attention. */
    int32_t decoder_cross_num_key_value_heads; /**< Key and value heads of cross-attention. */
    int32_t decoder_cross_head_dim;            /**< Width of a cross-attention head. */
    int32_t decoder_cross_hidden_size;         /**< Width of the encoder states. */
    int32_t decoder_intermediate_size;         /**< Width of the gated MLP. */
    int32_t decoder_vocab_size;                /**< Tokens per channel: codes, EOS, PAD, BOS, unused. */
    float decoder_norm_eps;                    /**< Added to the mean square in RMSNorm. */
    float decoder_rope_theta;                  /**< Base of the rotary angles. */
    int32_t num_channels;                      /**< Codebooks, and entries of delay_pattern in use. */
    int32_t bos_token_id;                      /**< First token of every channel. */
    int32_t eos_token_id;                      /**< End of speech; codes are the ids below it. */
    int32_t pad_token_id;                      /**< After the end. */
    int32_t delay_pattern[DIA_MAX_CHANNELS];   /**< Positions by which each channel is shifted. */
    int32_t codec_sampling_rate;               /**< Samples per second. */
    int32_t codec_hop_length;                  /**< Samples per frame. */
    int32_t codec_n_codebooks;                 /**< Residual quantizers. */
    int32_t codec_codebook_size;               /**< Codes per quantizer. */
    int32_t codec_codebook_dim;                /**< Width of a code vector. */
    int32_t codec_hidden_size;                 /**< Width of the latent. */
    int32_t codec_encoder_hidden_size;         /**< Channels of the encoder's first convolution. */
    int32_t codec_decoder_hidden_size;         /**< Channels of the decoder's first convolution. */
    int32_t codec_n_blocks;                    /**< Entries of the two ratio arrays in use. */
    int32_t codec_downsampling_ratios[DIA_MAX_CODEC_BLOCKS]; /**< Strides of the encoder. */
    int32_t codec_upsampling_ratios[DIA_MAX_CODEC_BLOCKS];   /**< Strides of the decoder. */
    int32_t codec_has_encoder;                 /**< 1 if samples can become codes: a converted TTS.cpp file has only the way back. */
    int64_t n_parameters;                      /**< Values in Dia's tensors. */
    int64_t codec_n_parameters;                /**< Values in DAC's tensors. */
    int64_t n_bytes;                           /**< Bytes of all loaded tensors. */
} dia_config;

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_model_params). */
DIA_API dia_status dia_model_params_init(dia_model_params *params, uint32_t struct_size);

/**
 * Loads a GGUF file made by dia_convert.
 * Every count, name, shape, type and offset is checked before it is used.
 * @param[in] params NULL for the defaults.
 * @return DIA_STATUS_IO, DIA_STATUS_INVALID_FILE, DIA_STATUS_UNSUPPORTED (another architecture),
 *         DIA_STATUS_OUT_OF_MEMORY, DIA_STATUS_MEMORY_LIMIT or DIA_STATUS_CANCELLED.
 */
DIA_API dia_status dia_model_load(const char *path, const dia_model_params *params, dia_model **out);

/** Frees what dia_model_load returned. What was made from it stays valid. */
DIA_API void dia_model_free(dia_model *model);

/** Copies the numbers of the architecture. @param[in,out] config Its struct_size must be set. */
DIA_API dia_status dia_model_get_config(const dia_model *model, dia_config *config);

/** A short description, for example "Dia 1.6B q8_0 + DAC f16". Borrowed from `model`; NULL for NULL. */
DIA_API const char *dia_model_description(const dia_model *model);

/** Name of the GPU that has a part of the model, or "CPU". Static; NULL for NULL. */
DIA_API const char *dia_model_device(const dia_model *model);

/** How many layers that GPU has, as dia_model_params.n_gpu_layers counts them. 0 for NULL. */
DIA_API int32_t dia_model_n_gpu_layers(const dia_model *model);

/* ---------------------------------------------------------------------------------------------- */
/* Tokenizer: UTF-8 bytes, speaker tags                                                             */
/* ---------------------------------------------------------------------------------------------- */

/**
 * Encodes a text: "<pad>" becomes 0, "[S1]" 1, "[S2]" 2, every other byte its value. Nothing is added,
 * trimmed, normalised or truncated.
 * @param[in] text UTF-8; may contain NUL if `n_bytes` is given.
 * @param[in] n_bytes Size of `text`, or -1 if it is NUL-terminated.
 * @param[out] ids May be NULL if `capacity` is 0.
 * @param[out] needed Number of ids, also when the buffer is too small. May be NULL.
 * @return DIA_STATUS_BUFFER_TOO_SMALL or DIA_STATUS_INVALID_ARGUMENT.
 */
DIA_API dia_status dia_tokenize(const char *text, int64_t n_bytes, int32_t *ids, int64_t capacity, int64_t *needed);

/**
 * Decodes ids into UTF-8 text, not NUL-terminated. Bytes that are not UTF-8 become U+FFFD.
 * @param[in] skip_special_tokens 1 drops "<pad>"; the speaker tags stay, as in the reference.
 * @param[out] needed Size in bytes, also when the buffer is too small. May be NULL.
 * @return DIA_STATUS_BUFFER_TOO_SMALL, or DIA_STATUS_INVALID_ARGUMENT for an id outside 0 to 255.
 */
DIA_API dia_status dia_detokenize(const int32_t *ids, int64_t n_ids, int32_t skip_special_tokens, char *text, int64_t capacity, int64_t *needed);

/* ---------------------------------------------------------------------------------------------- */
/* Generator                                                                                      */
/* ---------------------------------------------------------------------------------------------- */

/** A sequence of tokens of one channel. */
typedef struct dia_token_sequence {
    const int32_t *tokens;  /**< From 0 to decoder_vocab_size - 1. */
    int64_t n_tokens;       /**< 1 to 4096. */
    float bias;             /**< What is added to the score of the last token; finite. Not read for bad_words. */
    uint32_t reserved;      /**< Zero. */
} dia_token_sequence;

/** What a dia_logits_fn is told. */
typedef struct dia_logits_context {
    uint32_t struct_size;     /**< Set by the library to sizeof(dia_logits_context). */
    int32_t row;              /**< Index of the row. */
    int32_t n_channels;       /**< C, num_channels of dia_config. */
    int32_t vocab_size;       /**< V, decoder_vocab_size of dia_config. */
    const int32_t *tokens;    /**< The row's tokens so far, [n_tokens][C], delayed, prefix included; valid only during the call. */
    int64_t n_tokens;         /**< Positions so far, and so the position whose tokens are to be chosen. */
    int64_t n_prompt_frames;  /**< Frames of the audio prompt; the prefix has one position more. */
} dia_logits_context;

/**
 * Changes the scores of one position of one row, on the thread of dia_generator_step: after guidance and the rules
 * about tokens, before temperature, the rule about the special ids, and the filters of sampling. What the delay
 * pattern or the end of speech decides is decided so whatever the scores are.
 * @param[in,out] scores [C][V], to be changed in place. -infinity removes a token. A NaN or +infinity makes
 *                dia_generator_step return DIA_STATUS_NOT_A_NUMBER, a channel without any token
 *                DIA_STATUS_INVALID_ARGUMENT; both name the callback.
 * @return 0 to go on; anything else makes dia_generator_step return DIA_STATUS_CANCELLED.
 */
typedef int32_t (*dia_logits_fn)(const dia_logits_context *context, float *scores, void *user_data);

/**
 * How codes are generated.
 *
 * One rule for the length, in positions of the delayed sequence: a row may grow to the smallest of
 *   - max_new_tokens:  prefix + max_new_tokens
 *   - max_length:      max_length + D
 *   - max_seconds:     prefix + frames(max_seconds) + D + 1
 * where prefix is 1 plus the frames of the row's audio prompt, D the largest delay (15) and
 * frames(s) = floor(s * sampling_rate / hop_length). If none of the three is given, the model's default
 * applies: prefix + default_max_length + D. The last D + 1 positions hold the end of speech, so
 * max_new_tokens = N gives at most N - 16 frames, and none at all where N < 17.
 */
typedef struct dia_generation_params {
    uint32_t struct_size;       /**< Set by dia_generation_params_init or dia_model_get_generation_params. */
    int32_t do_sample;          /**< 1 (default): draw; 0: always the most probable token. */
    float temperature;          /**< Divides the logits; > 0. 0 is the same as do_sample = 0. Default 1.2. */
    float top_p;                /**< Smallest set of tokens whose probability reaches this; (0, 1]. Default 0.95. */
    int32_t top_k;              /**< Candidates that guidance and sampling keep; 0 keeps all. Default 45. */
    float guidance_scale;       /**< g = cond + scale * (cond - uncond); 1 turns guidance off. Default 3. */
    int32_t has_seed;           /**< 1: `seed` is used; 0 (default): one is drawn from the system. */
    int32_t n_threads;          /**< CPU threads; 0 (default): the physical cores, fewer for a small model. */
    uint64_t seed;              /**< Same seed, same tokens, whatever the threads or the batch. */
    int64_t max_new_tokens;     /**< Positions after the prefix; 0 (default): no such limit. */
    int64_t max_length;         /**< Positions in all, less the largest delay; 0 (default): no such limit. */
    int64_t min_new_tokens;     /**< Positions before which channel 0 may not end. Default 0. */
    double max_seconds;         /**< Audio after the prompt; 0 (default): no such limit. */
    int64_t default_max_length; /**< The model's own limit, if none of the three is set. Default 3072. */
    dia_type kv_type;           /**< Type of the caches: F32, F16, or Q8_0 for heads of a multiple of 32. Default DIA_TYPE_AUTO: F32 for F32 weights, F16 otherwise. */
    uint32_t reserved;          /**< Zero. */
    float min_p;                /**< When drawing: removes what is less probable than this times the best; [0, 1]. Default 0: off. */
    float typical_p;            /**< When drawing: keeps the tokens of the most typical information up to this probability; (0, 1]. Default 1: off. */
    float top_h;                /**< When drawing: keeps the best tokens up to this part of the entropy; [0, 1]. Default 0: off. */
    float epsilon_cutoff;       /**< When drawing: removes what is less probable than this; [0, 1). Default 0: off. */
    float eta_cutoff;           /**< When drawing: the same, but less where the entropy is high; [0, 1). Default 0: off. */
    float repetition_penalty;   /**< Divides the positive scores of tokens that the channel had, multiplies the others; > 0. Default 1: off. */
    int32_t no_repeat_ngram_size;       /**< No channel says a sequence of so many tokens twice. Default 0: off. */
    int32_t renormalize_logits;         /**< 1: scores become logarithms of probabilities before the end of speech is applied; no choice changes. Default 0. */
    int64_t min_length;                 /**< Positions in all before which channel 0 may not end. Default 0. */
    int64_t exponential_decay_start;    /**< Positions after the prefix from which on the end becomes likelier. Default 0. */
    float exponential_decay_factor;     /**< By how much, per position: |score| * (factor^n - 1) is added; > 0. Default 1: off. */
    int32_t keep_scores;                /**< 1: dia_generator_copy_scores is allowed. Default 0. */
    const int32_t *suppress_tokens;     /**< Tokens that no channel says. Default NULL. Arrays are copied by dia_generator_create. */
    int64_t n_suppress_tokens;          /**< Their number, at most 65536, as of the arrays below. */
    const int32_t *begin_suppress_tokens;       /**< Tokens that no channel says at the first position after the prefix. Default NULL. */
    int64_t n_begin_suppress_tokens;            /**< Their number. */
    const dia_token_sequence *bad_words;        /**< Sequences that no channel completes; the end alone is not counted as one. Default NULL. */
    int64_t n_bad_words;                        /**< Their number. */
    const dia_token_sequence *sequence_biases;  /**< Sequences whose last token gets a bias where the others were just said. Default NULL. */
    int64_t n_sequence_biases;                  /**< Their number. */
    dia_logits_fn logits_callback;      /**< Changes the scores of every position; called until the generator is freed. Default NULL. */
    void *logits_user_data;             /**< Passed to `logits_callback`. */
} dia_generation_params;

/** One row to be spoken, as tokens. */
typedef struct dia_utterance {
    uint32_t struct_size;          /**< Set by the caller to sizeof(dia_utterance). */
    int32_t has_seed;              /**< 1: `seed` replaces the seed of the generation params for this row. */
    uint64_t seed;                 /**< Seed of this row. */
    const int32_t *input_ids;      /**< Token ids of the text, without padding. NULL if `encoding` is given. */
    int64_t n_input_ids;           /**< At least 1, at most encoder_max_position_embeddings. 0 if `encoding` is given. */
    const int32_t *prompt_codes;   /**< Codes of an audio prompt, [n_prompt_frames][num_channels], not delayed; NULL for none. */
    int64_t n_prompt_frames;       /**< Frames of the prompt. */
    const dia_encoding *encoding;  /**< The text, encoded by the generator's model; the tokens are the same as from its ids. Default NULL. */
} dia_utterance;

/** Where a row stands. */
typedef struct dia_row_state {
    uint32_t struct_size;             /**< Set by the caller to sizeof(dia_row_state). */
    dia_finish_reason finish_reason;  /**< DIA_FINISH_REASON_NONE while the row is active. */
    int64_t n_tokens;                 /**< Positions so far, BOS and prompt included. */
    int64_t n_prompt_frames;          /**< Frames of the audio prompt. */
    int64_t n_frames;                 /**< Complete new frames: all channels known, end of speech excluded. */
    int64_t max_tokens;               /**< The row's limit by the length rule. */
    uint64_t seed;                    /**< The seed in use. */
} dia_row_state;

/** Fills `params` with the defaults of the reference. @param[in] struct_size sizeof(dia_generation_params). */
DIA_API dia_status dia_generation_params_init(dia_generation_params *params, uint32_t struct_size);

/** Fills `params` with the defaults that the model's file states. @param[in] struct_size sizeof(dia_generation_params). */
DIA_API dia_status dia_model_get_generation_params(const dia_model *model, dia_generation_params *params, uint32_t struct_size);

/**
 * Makes a generator. Memory for the caches is taken by dia_generator_prefill.
 * @param[in] params NULL for the model's defaults.
 * @return DIA_STATUS_INVALID_ARGUMENT names the option, its range and its value.
 */
DIA_API dia_status dia_generator_create(const dia_model *model, const dia_generation_params *params, dia_generator **out);

/** Frees what dia_generator_create returned, in whatever state. */
DIA_API void dia_generator_free(dia_generator *generator);

/**
 * Adds a row to be spoken, before dia_generator_prefill.
 * Unlike dia_tokenize it refuses an empty text, the literal "<pad>" and the bytes 0 to 2, which alias tags.
 * @param[in] n_bytes Size of `text`, or -1 if it is NUL-terminated.
 * @param[out] row Its index. May be NULL.
 * @return DIA_STATUS_TEXT_TOO_LONG, DIA_STATUS_INVALID_ARGUMENT or DIA_STATUS_INVALID_STATE.
 */
DIA_API dia_status dia_generator_add_text(dia_generator *generator, const char *text, int64_t n_bytes, int32_t *row);

/** Adds a row as tokens, with an audio prompt if there is one; otherwise as dia_generator_add_text. */
DIA_API dia_status dia_generator_add_utterance(dia_generator *generator, const dia_utterance *utterance, int32_t *row);

/** How many rows were added. 0 for NULL. */
DIA_API int32_t dia_generator_row_count(const dia_generator *generator);

/**
 * Encodes the texts, takes the caches and runs the decoder over every row's prefix.
 * @return DIA_STATUS_CANCELLED, DIA_STATUS_OUT_OF_MEMORY, DIA_STATUS_MEMORY_LIMIT, DIA_STATUS_NOT_A_NUMBER or
 *         DIA_STATUS_INVALID_STATE.
 */
DIA_API dia_status dia_generator_prefill(dia_generator *generator);

/**
 * Chooses one position of tokens for every active row and runs the decoder over it.
 * After DIA_STATUS_CANCELLED what was generated can still be copied, but the generator takes no further step.
 * @param[out] n_active Rows that have not ended. May be NULL. A call without active rows does nothing.
 */
DIA_API dia_status dia_generator_step(dia_generator *generator, int32_t *n_active);

/**
 * Ends an active row where it stands, with DIA_FINISH_REASON_STOPPED: for stopping rules of the caller, between two
 * steps. Its complete frames stay. A row that has ended stays as it is.
 * @return DIA_STATUS_INVALID_ARGUMENT for a row that does not exist; DIA_STATUS_INVALID_STATE before prefill.
 */
DIA_API dia_status dia_generator_stop_row(dia_generator *generator, int32_t row);

/** Stops the running call, or the next one, with DIA_STATUS_CANCELLED. May be called from any thread. */
DIA_API void dia_generator_cancel(dia_generator *generator);

/** Tells where a row stands. @param[in,out] state Its struct_size must be set. */
DIA_API dia_status dia_generator_get_row_state(const dia_generator *generator, int32_t row, dia_row_state *state);

/**
 * Copies a row's tokens as the model sees them: [n_tokens][num_channels], delayed, prefix included.
 * @param[in] capacity Elements of `tokens`.
 * @param[out] needed Elements in all, also when the buffer is too small. May be NULL.
 */
DIA_API dia_status dia_generator_copy_tokens(const dia_generator *generator, int32_t row, int32_t *tokens, int64_t capacity, int64_t *needed);

/**
 * Copies complete new frames, undelayed and ready for the codec: [count][num_channels].
 * @param[in] first_frame First frame to copy, counted after the audio prompt.
 * @param[in] capacity Elements of `codes`; as many whole frames are copied as fit.
 * @param[out] n_frames Frames copied.
 */
DIA_API dia_status dia_generator_copy_frames(const dia_generator *generator, int32_t row, int64_t first_frame, int32_t *codes, int64_t capacity, int64_t *n_frames);

/**
 * Copies the logits that an active row's next position will be chosen from, as the model gave them: [C][V].
 * @param[in] unconditional 0 for the conditional branch, 1 for the unconditional one, which runs if guidance is on.
 * @param[in] capacity Elements of `logits`.
 * @param[out] needed Elements in all, also when the buffer is too small. May be NULL.
 * @return DIA_STATUS_INVALID_STATE before prefill, for a row that has ended, and for a branch that does not run.
 */
DIA_API dia_status dia_generator_copy_logits(const dia_generator *generator, int32_t row, int32_t unconditional, float *logits, int64_t capacity, int64_t *needed);

/**
 * Copies the scores that a row's newest position was chosen from, after all processors: [C][V], -infinity where a
 * token was removed. The generator must have been created with keep_scores.
 * @param[in] capacity Elements of `scores`.
 * @param[out] needed Elements in all, also when the buffer is too small. May be NULL.
 * @return DIA_STATUS_INVALID_STATE without keep_scores, and before the row's first step.
 */
DIA_API dia_status dia_generator_copy_scores(const dia_generator *generator, int32_t row, float *scores, int64_t capacity, int64_t *needed);

/* ---------------------------------------------------------------------------------------------- */
/* Memory: what speaking will take                                                                 */
/* ---------------------------------------------------------------------------------------------- */

/** What is to be spoken. The limits count as those of dia_generation_params do. */
typedef struct dia_memory_request {
    uint32_t struct_size;     /**< Set by dia_memory_request_init. */
    int32_t n_rows;           /**< Utterances at a time, at least 1. Default 1. */
    int64_t n_text;           /**< Bytes of the longest text; 0 (default): the most that the model reads. */
    int64_t n_prompt_frames;  /**< Frames of the longest audio prompt. Default 0. */
    int64_t max_new_tokens;   /**< Positions after the prefix; 0 (default): no such limit. */
    int64_t max_length;       /**< Positions in all, less the largest delay; 0 (default): no such limit. */
    double max_seconds;       /**< Audio after the prompt; 0 (default): no such limit. */
    float guidance_scale;     /**< 1 turns guidance off; 0 (default): what the model's file states. */
    dia_type kv_type;         /**< Type of the caches. Default DIA_TYPE_AUTO. */
    int32_t n_threads;        /**< CPU threads; 0 (default): the physical cores, fewer for a small model. */
    uint32_t reserved;        /**< Zero. */
} dia_memory_request;

/**
 * The memory that speaking takes on a device, in bytes, when every position up to the limits is spoken. Not all of it at a
 * time: the encoder is over when the prefill begins, and the prefill when the steps begin.
 */
typedef struct dia_memory_estimate {
    uint32_t struct_size;    /**< Set by the caller to sizeof(dia_memory_estimate). */
    int32_t n_devices;       /**< Devices that have a part in it: 1, the processor, or 2 with a GPU. */
    const char *device;      /**< Name of the device, "CPU" or that of the GPU. Static. */
    int32_t weights_mapped;  /**< 1: the weights are the mapped file, which processes share and the system may drop and read again. */
    uint32_t reserved;       /**< Zero. */
    int64_t weights;         /**< Weights in use. Those of DAC's encoder count with an audio prompt, and where they are not mapped. */
    int64_t self_cache;      /**< Keys and values of self-attention. */
    int64_t cross_cache;     /**< Keys and values of cross-attention, which conditional rows alone have. */
    int64_t encoder;         /**< Buffers of the text encoder. */
    int64_t prefill;         /**< Buffers of the decoder's run over the prefix. */
    int64_t step;            /**< Buffers of a step. */
    int64_t codec;           /**< A window of DAC, and what its threads compute in. */
    int64_t audio;           /**< The samples, as F32, which the caller holds. */
    int64_t other;           /**< Logits and tokens. */
    int64_t process;         /**< What the process holds at this moment beside this library, as far as the system tells. */
    int64_t total;           /**< At the peak of the first speech, if the generator is freed before the codec decodes. */
    int64_t total_streaming; /**< At the peak of any speech, if the codec decodes beside the steps. */
} dia_memory_estimate;

/** Fills `request` with the defaults. @param[in] struct_size sizeof(dia_memory_request). */
DIA_API dia_status dia_memory_request_init(dia_memory_request *request, uint32_t struct_size);

/**
 * Tells what speaking with a model would take, before it is loaded: of the file, the header is read, and of a mapped
 * one some small tensors of the codec.
 * @param[in] params How the model would be loaded; NULL for the defaults. Its progress function is not called.
 * @param[in] request NULL for the defaults.
 * @param[in] device 0, the processor and what the process holds; 1, the GPU that the model is loaded for, if it is.
 * @param[in,out] estimate Its struct_size must be set.
 * @return As dia_model_load; DIA_STATUS_INVALID_ARGUMENT for a request out of range, DIA_STATUS_TEXT_TOO_LONG, and
 *         DIA_STATUS_OUT_OF_MEMORY for caches larger than an address space.
 */
DIA_API dia_status dia_estimate_memory(const char *path, const dia_model_params *params, const dia_memory_request *request, int32_t device, dia_memory_estimate *estimate);

/**
 * The same for a generator and the rows that were added to it, before dia_generator_prefill takes the memory.
 * @return DIA_STATUS_INVALID_STATE without a row; otherwise as dia_estimate_memory.
 */
DIA_API dia_status dia_generator_estimate_memory(const dia_generator *generator, int32_t device, dia_memory_estimate *estimate);

/* ---------------------------------------------------------------------------------------------- */
/* Importance: which columns of the matrices matter                                                */
/* ---------------------------------------------------------------------------------------------- */

/** What dia_importance_measure does. */
typedef struct dia_importance_params {
    uint32_t struct_size;      /**< Set by dia_importance_params_init. */
    uint32_t reserved;         /**< Zero. */
    const char *scripts;       /**< The texts to speak, one per line; empty lines do not count. Required. */
    const dia_generation_params *generation;  /**< How they are spoken. Default NULL: as the model's file states. Without a seed that of text i is i. */
    const char *output_path;   /**< The file to write. Required. An existing file is replaced only on success. */
    dia_progress_fn progress;  /**< Positions done so far and in all. Default NULL. */
    void *user_data;           /**< Passed to `progress`. */
} dia_importance_params;

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_importance_params). */
DIA_API dia_status dia_importance_params_init(dia_importance_params *params, uint32_t struct_size);

/**
 * Measures how much each column of each matrix matters, while the model speaks the texts, and writes it to a file for
 * dia_quantize and dia_convert (docs/quantization.md).
 * @return DIA_STATUS_INVALID_ARGUMENT, DIA_STATUS_TEXT_TOO_LONG, DIA_STATUS_IO, DIA_STATUS_OUT_OF_MEMORY,
 *         DIA_STATUS_NOT_A_NUMBER or DIA_STATUS_CANCELLED.
 */
DIA_API dia_status dia_importance_measure(const dia_model *model, const dia_importance_params *params);

/* ---------------------------------------------------------------------------------------------- */
/* Codec                                                                                          */
/* ---------------------------------------------------------------------------------------------- */

/** How the codec runs. */
typedef struct dia_codec_params {
    uint32_t struct_size;    /**< Set by dia_codec_params_init. */
    int32_t n_threads;       /**< CPU threads; 0 (default): the physical cores. */
    int32_t window_frames;   /**< Frames decoded at a time, which bounds the memory. Default 86, about one second. */
    int32_t reserved;        /**< Zero. */
} dia_codec_params;

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_codec_params). */
DIA_API dia_status dia_codec_params_init(dia_codec_params *params, uint32_t struct_size);

/**
 * Makes a codec from a model that was loaded with DAC.
 * @param[in] params NULL for the defaults.
 * @return DIA_STATUS_INVALID_STATE if the model has no codec.
 */
DIA_API dia_status dia_codec_create(const dia_model *model, const dia_codec_params *params, dia_codec **out);

/** Frees what dia_codec_create returned. */
DIA_API void dia_codec_free(dia_codec *codec);

/**
 * Frames on each side of a frame that its samples depend on. A frame's samples are final once this many
 * frames after it are known. 0 for NULL.
 */
DIA_API int32_t dia_codec_context_frames(const dia_codec *codec);

/**
 * Whether the codec can decode, on another thread, beside the steps of a generation on its model without taking their time.
 * @param[in] n_threads Those of the generation, as in dia_generation_params.
 * @return 1 if there are cores for both, or the codec has a GPU for itself; 0 if they would take turns, or share a GPU, and for NULL.
 */
DIA_API int32_t dia_codec_fits_beside(const dia_codec *codec, int32_t n_threads);

/**
 * Copies the code vectors of a codebook: [codebook_size][codebook_dim]. They are the same in every file that was made
 * from one checkpoint, whatever the types of its tensors, so they tell whether codes belong to this codec.
 * @param[in] codebook 0 to codec_n_codebooks - 1.
 * @param[out] vectors May be NULL if `capacity` is 0.
 * @param[in] capacity Elements of `vectors`.
 * @param[out] needed Elements in all, also when the buffer is too small. May be NULL.
 * @return DIA_STATUS_INVALID_ARGUMENT or DIA_STATUS_BUFFER_TOO_SMALL.
 */
DIA_API dia_status dia_codec_copy_codebook(const dia_codec *codec, int32_t codebook, float *vectors, int64_t capacity, int64_t *needed);

/**
 * Decodes frames `first_frame` to `first_frame + count - 1` of a clip, exactly as decoding the whole clip would.
 * Only frames within the context are read, so a caller that streams may pass what it has so far.
 * @param[in] codes The clip: [n_frames][n_codebooks], each from 0 to codebook_size - 1.
 * @param[out] samples count * hop_length samples in [-1, 1].
 * @param[in] capacity Elements of `samples`.
 * @param[out] needed Samples of the range, also when the buffer is too small. May be NULL.
 * @return DIA_STATUS_INVALID_ARGUMENT, DIA_STATUS_BUFFER_TOO_SMALL, DIA_STATUS_OUT_OF_MEMORY or DIA_STATUS_CANCELLED.
 */
DIA_API dia_status dia_codec_decode(dia_codec *codec, const int32_t *codes, int64_t n_frames, int64_t first_frame, int64_t count, float *samples, int64_t capacity, int64_t *needed);

/**
 * Encodes a clip. Its end is filled with zeros to a whole frame: ceil(n_samples / hop_length) frames.
 * @param[in] samples Mono, at the codec's sampling rate (codec_sampling_rate of dia_config, see dia_resample);
 *            finite numbers. Read only if `codes` is large enough.
 * @param[in] n_samples At least 1.
 * @param[out] codes [n_frames][n_codebooks], each from 0 to codebook_size - 1. May be NULL if `capacity` is 0.
 * @param[in] capacity Elements of `codes`.
 * @param[out] n_frames Frames of the clip, also when the buffer is too small. May be NULL.
 * @return DIA_STATUS_INVALID_ARGUMENT, DIA_STATUS_BUFFER_TOO_SMALL, DIA_STATUS_OUT_OF_MEMORY,
 *         DIA_STATUS_NOT_A_NUMBER or DIA_STATUS_CANCELLED.
 */
DIA_API dia_status dia_codec_encode(dia_codec *codec, const float *samples, int64_t n_samples, int32_t *codes, int64_t capacity, int64_t *n_frames);

/** Stops the running call, or the next one, with DIA_STATUS_CANCELLED. May be called from any thread. */
DIA_API void dia_codec_cancel(dia_codec *codec);

/* ---------------------------------------------------------------------------------------------- */
/* Audio: sound files and sampling rates                                                            */
/* ---------------------------------------------------------------------------------------------- */

/**
 * Reads a sound file: WAV (PCM of 8, 16, 24 or 32 bits, floating point of 32 or 64 bits, A-law, mu-law), FLAC or
 * MP3, told apart by their content. The channels are averaged. A file may have 1 to 6 channels, 1000 to 384000
 * samples per second, ten minutes (and 115200000 samples per channel) and 1 GiB.
 * @param[in] sampling_rate Samples per second to convert to, as dia_resample does; 0 keeps those of the file.
 * @return DIA_STATUS_IO; DIA_STATUS_INVALID_FILE for a file that is malformed, truncated or empty or holds a NaN or
 *         an infinity; DIA_STATUS_UNSUPPORTED for another format or encoding and for a file beyond these limits;
 *         DIA_STATUS_INVALID_ARGUMENT or DIA_STATUS_OUT_OF_MEMORY.
 */
DIA_API dia_status dia_audio_load(const char *path, int32_t sampling_rate, dia_audio **out);

/** Reads a sound file that lies in memory; otherwise as dia_audio_load. The bytes are not needed afterwards. */
DIA_API dia_status dia_audio_load_memory(const void *bytes, int64_t n_bytes, int32_t sampling_rate, dia_audio **out);

/** Frees what dia_audio_load or dia_audio_load_memory returned. */
DIA_API void dia_audio_free(dia_audio *audio);

/** The samples, mono; full scale is -1 to 1, all finite. Borrowed from `audio`; NULL for NULL. */
DIA_API const float *dia_audio_samples(const dia_audio *audio);

/** How many samples there are, at least 1. 0 for NULL. */
DIA_API int64_t dia_audio_sample_count(const dia_audio *audio);

/** Samples per second. 0 for NULL. */
DIA_API int32_t dia_audio_sampling_rate(const dia_audio *audio);

/** Samples per second that the file has. 0 for NULL. */
DIA_API int32_t dia_audio_source_sampling_rate(const dia_audio *audio);

/** Channels that the file has. 0 for NULL. */
DIA_API int32_t dia_audio_source_channel_count(const dia_audio *audio);

/** What the file is: "WAV", "FLAC" or "MP3". Static; NULL for NULL. */
DIA_API const char *dia_audio_format(const dia_audio *audio);

/**
 * Changes the sampling rate of a mono signal by a windowed sinc. What lies below 0.89 of the lower Nyquist frequency
 * is kept within 0.001 dB, what lies above that frequency is removed by 90 dB or more. Sample i of the result lies at
 * the time i / to; there are ceil(n * to / from) of them, and before its begin and after its end the signal is zero.
 * @param[in] from Samples per second of `in`, 1000 to 768000.
 * @param[in] to Samples per second of `out`, 1000 to 768000.
 * @param[in] in Finite numbers. Read only if `out` is large enough.
 * @param[out] out Must not overlap `in`. May be NULL if `capacity` is 0.
 * @param[in] capacity Elements of `out`.
 * @param[out] needed Samples of the result, also when the buffer is too small. May be NULL.
 * @return DIA_STATUS_INVALID_ARGUMENT, DIA_STATUS_BUFFER_TOO_SMALL or DIA_STATUS_OUT_OF_MEMORY.
 */
DIA_API dia_status dia_resample(const float *in, int64_t n, int32_t from, int32_t to, float *out, int64_t capacity, int64_t *needed);

/* ---------------------------------------------------------------------------------------------- */
/* Forward: what the model computes for given tokens                                                */
/* ---------------------------------------------------------------------------------------------- */

/*
 * A generator chooses its tokens; here they are given, and everything that the model computes can be looked at:
 *
 *     dia_encoding *encoding = NULL;
 *     dia_encoding_create(model, input_ids, n_input_ids, NULL, &encoding);
 *
 *     dia_decoder *decoder = NULL;
 *     dia_decoder_create(encoding, NULL, &decoder);
 *     dia_decoder_input input;
 *     dia_decoder_input_init(&input, sizeof input);
 *     input.tokens = tokens;
 *     input.n_positions = 1;
 *     dia_decoder_run(decoder, &input);
 *     const float *logits = dia_decoder_logits(decoder);
 *
 * Hidden states are those of the reference: state 0 enters the first layer, state i is what layer i - 1 returned, and
 * the last, state num_hidden_layers, is normed: it is the last hidden state. Attentions are the weights behind the
 * softmax; each row of them sums to 1.
 */

/** How a text is encoded. */
typedef struct dia_encoding_params {
    uint32_t struct_size;         /**< Set by dia_encoding_params_init. */
    int32_t n_threads;            /**< CPU threads; 0 (default): the physical cores, fewer for a small model. */
    int32_t output_hidden_states; /**< 1: what enters each layer is kept. Default 0. */
    int32_t output_attentions;    /**< 1: the attention weights of each layer are kept. Default 0. */
    const int32_t *position_ids;  /**< Where each token stands, [n_input_ids], 0 or more; for a text out of whose middle padding was taken. Default NULL: 0, 1, 2 and so on. */
    dia_progress_fn progress;     /**< Operations done so far and in all. Default NULL. */
    void *user_data;              /**< Passed to `progress`. */
} dia_encoding_params;

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_encoding_params). */
DIA_API dia_status dia_encoding_params_init(dia_encoding_params *params, uint32_t struct_size);

/**
 * Encodes a text.
 * @param[in] input_ids Token ids of the text, without padding.
 * @param[in] n_input_ids S: at least 1, at most encoder_max_position_embeddings.
 * @param[in] params NULL for the defaults.
 * @return DIA_STATUS_INVALID_ARGUMENT, DIA_STATUS_TEXT_TOO_LONG, DIA_STATUS_OUT_OF_MEMORY,
 *         DIA_STATUS_NOT_A_NUMBER or DIA_STATUS_CANCELLED.
 */
DIA_API dia_status dia_encoding_create(const dia_model *model, const int32_t *input_ids, int64_t n_input_ids, const dia_encoding_params *params, dia_encoding **out);

/** Frees what dia_encoding_create returned. Decoders and generators that use it stay valid. */
DIA_API void dia_encoding_free(dia_encoding *encoding);

/** How many tokens the text has: S. 0 for NULL. */
DIA_API int64_t dia_encoding_token_count(const dia_encoding *encoding);

/**
 * A hidden state: [S][encoder_hidden_size]. Borrowed from `encoding`.
 * @param[in] index 0 to encoder_num_hidden_layers; the last one is always kept.
 * @return NULL if it was not kept, if there is none of this index, and for NULL.
 */
DIA_API const float *dia_encoding_hidden_state(const dia_encoding *encoding, int32_t index);

/**
 * The attention weights of a layer: [encoder_num_attention_heads][S][S]. Borrowed from `encoding`.
 * @param[in] layer 0 to encoder_num_hidden_layers - 1.
 * @return NULL if they were not kept, if there is no such layer, and for NULL.
 */
DIA_API const float *dia_encoding_attention(const dia_encoding *encoding, int32_t layer);

/** How a decoder runs. */
typedef struct dia_decoder_params {
    uint32_t struct_size;   /**< Set by dia_decoder_params_init. */
    int32_t n_threads;      /**< CPU threads; 0 (default): the physical cores, fewer for a small model. */
    int64_t max_positions;  /**< Positions of all runs. 0 (default): decoder_max_position_embeddings frames, delayed: 1 + D more. */
    dia_type kv_type;       /**< Type of the caches: F32, F16, or Q8_0 for heads of a multiple of 32. Default DIA_TYPE_AUTO: F32 for F32 weights, F16 otherwise. */
    uint32_t reserved;      /**< Zero. */
} dia_decoder_params;

/** What a decoder runs over. */
typedef struct dia_decoder_input {
    uint32_t struct_size;         /**< Set by dia_decoder_input_init. */
    int32_t output_logits;        /**< 1 (default): the logits are computed. */
    int32_t output_hidden_states; /**< 1: what enters each layer is kept. Default 0. */
    int32_t output_attentions;    /**< 1: the attention weights of each layer are kept. Default 0. */
    const int32_t *tokens;        /**< [n_positions][num_channels], as the model sees them: delayed. Required. */
    int64_t n_positions;          /**< n: at least 1. */
    const int32_t *position_ids;  /**< Where each position stands, [n_positions], 0 or more. Default NULL: behind those of the runs before. */
} dia_decoder_input;

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_decoder_params). */
DIA_API dia_status dia_decoder_params_init(dia_decoder_params *params, uint32_t struct_size);

/** Fills `input` with the defaults. @param[in] struct_size sizeof(dia_decoder_input). */
DIA_API dia_status dia_decoder_input_init(dia_decoder_input *input, uint32_t struct_size);

/**
 * Makes a decoder of one sequence that speaks the text. Its cache grows with the positions.
 * @param[in] params NULL for the defaults.
 * @return DIA_STATUS_INVALID_ARGUMENT or DIA_STATUS_OUT_OF_MEMORY.
 */
DIA_API dia_status dia_decoder_create(const dia_encoding *encoding, const dia_decoder_params *params, dia_decoder **out);

/** Frees what dia_decoder_create returned. */
DIA_API void dia_decoder_free(dia_decoder *decoder);

/**
 * Runs n positions behind those of the runs before, which they attend to. A call that fails leaves the decoder as it
 * was, but without outputs.
 * @return DIA_STATUS_INVALID_ARGUMENT, DIA_STATUS_OUT_OF_MEMORY, DIA_STATUS_NOT_A_NUMBER or DIA_STATUS_CANCELLED.
 */
DIA_API dia_status dia_decoder_run(dia_decoder *decoder, const dia_decoder_input *input);

/**
 * Forgets all positions but the first `n_positions`, and the outputs.
 * @param[in] n_positions 0 to dia_decoder_position_count.
 * @return DIA_STATUS_INVALID_ARGUMENT.
 */
DIA_API dia_status dia_decoder_truncate(dia_decoder *decoder, int64_t n_positions);

/** Stops the running call, or the next one, with DIA_STATUS_CANCELLED. May be called from any thread. */
DIA_API void dia_decoder_cancel(dia_decoder *decoder);

/** How many positions there are so far: P. 0 for NULL. */
DIA_API int64_t dia_decoder_position_count(const dia_decoder *decoder);

/** Logits of the newest run: [n][num_channels][decoder_vocab_size]. Borrowed until the next run; NULL without. */
DIA_API const float *dia_decoder_logits(const dia_decoder *decoder);

/**
 * A hidden state of the newest run: [n][decoder_hidden_size]. Borrowed until the next run.
 * @param[in] index 0 to decoder_num_hidden_layers; the last one is always kept.
 * @return NULL if it was not kept, if there is none of this index, before the first run, and for NULL.
 */
DIA_API const float *dia_decoder_hidden_state(const dia_decoder *decoder, int32_t index);

/**
 * The self-attention weights of a layer in the newest run: [decoder_num_attention_heads][n][P]. Borrowed until the
 * next run.
 * @param[in] layer 0 to decoder_num_hidden_layers - 1.
 * @return NULL if they were not kept, if there is no such layer, before the first run, and for NULL.
 */
DIA_API const float *dia_decoder_self_attention(const dia_decoder *decoder, int32_t layer);

/** The cross-attention weights: [decoder_cross_num_attention_heads][n][S]; otherwise as dia_decoder_self_attention. */
DIA_API const float *dia_decoder_cross_attention(const dia_decoder *decoder, int32_t layer);

/* ---------------------------------------------------------------------------------------------- */
/* Benchmark: how fast a model runs on this machine, beside what the machine can do                 */
/* ---------------------------------------------------------------------------------------------- */

/** What is measured; to be added up. docs/performance.md tells how. */
typedef enum dia_benchmark_phase {
    DIA_BENCHMARK_PHASE_NONE = -1,        /**< Nothing. */
    DIA_BENCHMARK_PHASE_LOAD = 1,         /**< Loading the file, which the system has in its cache. */
    DIA_BENCHMARK_PHASE_ENCODE = 2,       /**< The encoder over 200 bytes. */
    DIA_BENCHMARK_PHASE_PREFILL = 4,      /**< The decoder over an audio prompt of 430 frames, 5 seconds. */
    DIA_BENCHMARK_PHASE_DECODE = 8,       /**< A step of the decoder, at each position and batch size. */
    DIA_BENCHMARK_PHASE_SAMPLE = 16,      /**< The choice of a position's tokens. */
    DIA_BENCHMARK_PHASE_CODEC = 32,       /**< DAC's decoder, on the processor the same of stock operators, and the encoder. */
    DIA_BENCHMARK_PHASE_FIRST_AUDIO = 64, /**< From a text of 100 bytes to the first samples. */
    DIA_BENCHMARK_PHASE_TOTAL = 128       /**< 10 seconds of audio from a text of 200 bytes. Takes minutes. */
} dia_benchmark_phase;

/** What dia_benchmark_run measures. */
typedef struct dia_benchmark_params {
    uint32_t struct_size;        /**< Set by dia_benchmark_params_init. */
    int32_t phases;              /**< Sum of dia_benchmark_phase. Default: all but DIA_BENCHMARK_PHASE_TOTAL. */
    int32_t n_threads;           /**< CPU threads; 0 (default): the physical cores, fewer for a small model. */
    int32_t warm_up;             /**< Runs before those that count; 0 to 1000. Default 1. */
    int32_t repetitions;         /**< Most runs that count; 1 to 1000. Default 10. */
    uint32_t reserved;           /**< Zero. */
    double max_seconds;          /**< Time after which no further run begins; the first always counts. More than 0. Default 4. */
    const int32_t *positions;    /**< Where steps are measured; 0 to 1048576. Default NULL: 0, 64, 430, 512, 860, 1720, 2600, 3000. */
    int64_t n_positions;         /**< Their number, at most 1024. */
    const int32_t *batch_sizes;  /**< Rows of a step; 1 to 1024. More than one row are measured at position 512. Default NULL: 1, 8. */
    int64_t n_batch_sizes;       /**< Their number, at most 1024. */
    dia_progress_fn progress;    /**< Measurements done so far and in all. Default NULL. */
    void *user_data;             /**< Passed to `progress`. */
    const char *device;          /**< What is measured, with all of the model on it: the name of a device, or "auto" for the first GPU, if there is one. Default NULL: the processor. */
} dia_benchmark_params;

/** Fills `params` with the defaults. @param[in] struct_size sizeof(dia_benchmark_params). */
DIA_API dia_status dia_benchmark_params_init(dia_benchmark_params *params, uint32_t struct_size);

/** Makes a benchmark without any run. */
DIA_API dia_status dia_benchmark_create(dia_benchmark **out);

/** Frees what dia_benchmark_create returned. */
DIA_API void dia_benchmark_free(dia_benchmark *benchmark);

/**
 * Loads a model and measures it, and, in the same run, what the device can do: its read bandwidth over the weights and
 * its arithmetic in large matrix products of their types. The result joins those of the runs before. The machine
 * should have nothing else to do.
 * @param[in] path A GGUF of a model.
 * @param[in] params NULL for the defaults.
 * @return As dia_model_load, DIA_STATUS_INVALID_ARGUMENT or DIA_STATUS_CANCELLED.
 */
DIA_API dia_status dia_benchmark_run(dia_benchmark *benchmark, const char *path, const dia_benchmark_params *params);

/** All runs as a JSON object (docs/performance.md). Borrowed until the next run; NULL for NULL. */
DIA_API const char *dia_benchmark_json(const dia_benchmark *benchmark);

/** All runs as tables of plain text. Borrowed until the next run; NULL for NULL. */
DIA_API const char *dia_benchmark_table(const dia_benchmark *benchmark);

/** The time of a step against the position, a line for each run, as an SVG. Borrowed until the next run; NULL for NULL. */
DIA_API const char *dia_benchmark_plot(const dia_benchmark *benchmark);

#ifdef __cplusplus
}
#endif

#endif /* DIA_H */
