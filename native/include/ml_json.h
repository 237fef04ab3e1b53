/*
 * Incremental JSON scanner (RFC 8259, strict). Input may be cut at any byte; the document never exists as a whole in memory.
 *
 * All state is one block of memory that the caller owns and that holds no pointer, so it may be moved between calls:
 *
 *   | struct ml_json | hash slots u16 x (mask + 1) | key offsets u16 x key_count | keys, one length byte each | token buffer |
 *
 * Nothing is allocated. Limits: nesting 64; a key of the table 255 bytes; a string or number longer than the token buffer is read to its end
 * and marked truncated, cut at a whole UTF-8 character. Raw text that is not UTF-8 is refused; an escaped surrogate without its other
 * half becomes U+FFFD, as Go's decoder does.
 */
#ifndef ML_JSON_H
#define ML_JSON_H

#include <stddef.h>
#include <stdint.h>

/* Tokens, the same numbers as JsonToken.cs. */
enum
{
    ML_JSON_NONE = 0, /* needs more input */
    ML_JSON_OBJECT_START = 1,
    ML_JSON_OBJECT_END = 2,
    ML_JSON_ARRAY_START = 3,
    ML_JSON_ARRAY_END = 4,
    ML_JSON_KEY = 5,
    ML_JSON_STRING = 6,
    ML_JSON_NUMBER = 7,
    ML_JSON_TRUE = 8,
    ML_JSON_FALSE = 9,
    ML_JSON_NULL = 10,
    ML_JSON_END = 11,
    ML_JSON_ERROR = 12
};

/* Errors, the same numbers as JsonError.cs. */
enum
{
    ML_JSON_OK = 0,
    ML_JSON_BAD_SYNTAX = 1,
    ML_JSON_BAD_STRING = 2, /* a control character or an unknown escape */
    ML_JSON_BAD_UTF8 = 3,
    ML_JSON_BAD_NUMBER = 4,
    ML_JSON_TOO_DEEP = 5,
    ML_JSON_INCOMPLETE = 6 /* finish came before the value was complete */
};

#define ML_JSON_MAX_DEPTH 64
#define ML_JSON_MIN_TOKEN 32

typedef struct ml_json
{
    /* set by init */
    uint32_t slot_mask;
    uint32_t key_count;
    uint32_t offsets_at;
    uint32_t keys_at;
    uint32_t token_at;
    uint32_t token_capacity;
    /* the document so far; 64-bit values are halves because a managed array promises an alignment of 4 only */
    uint32_t offset;   /* bytes consumed since reset, stops at 2^31 - 1 */
    uint32_t stack[2]; /* one bit a level: 1 = object */
    uint8_t depth;
    uint8_t state;
    uint8_t finished;
    uint8_t error;
    /* the token being read */
    uint8_t is_key;
    uint8_t truncated;
    uint8_t escape;      /* 1 = behind a backslash, 2..5 = hex digits of \u still wanted + 1 */
    uint8_t utf8_left;   /* continuation bytes wanted */
    uint8_t utf8_low;    /* range of the next one */
    uint8_t utf8_high;
    uint8_t literal;     /* token number of the literal */
    uint8_t literal_at;
    uint8_t number_part;
    uint8_t negative;
    uint8_t integral;
    uint8_t saturated;
    uint16_t code_unit;  /* of the \u escape being read */
    uint16_t surrogate;  /* first half that waits for its second; 0 = none */
    uint32_t token_count;
    uint32_t magnitude[2];
    int32_t key_id;
    /* skipping */
    uint8_t skipping;
    uint8_t skip_depth;
    uint8_t last_token;
    uint8_t reserved;
} ml_json;

/* Bytes of the block for keys packed as below. 0 when the table is too big: more than 4096 keys or 32 KB of names. */
size_t ml_json_size(const uint8_t *keys, size_t keys_count, size_t token_capacity);
/* keys: for each key a length byte and its UTF-8 bytes; ids count from 0. The block is aligned to 4. 0, or -1 when the size is wrong. */
int ml_json_init(ml_json *json, size_t size, const uint8_t *keys, size_t keys_count, size_t token_capacity);
/* A new document; keys and buffer stay. */
void ml_json_reset(ml_json *json);
/* Scans on until a token is complete or the input is used up; *consumed says how far. After ERROR every call gives ERROR. */
int ml_json_read(ml_json *json, const uint8_t *bytes, size_t count, size_t *consumed);
/* No more input comes: ends a number at the top level, makes everything unfinished an error. */
void ml_json_finish(ml_json *json);
/* After KEY: the value is skipped; after OBJECT_START or ARRAY_START: the rest of the container with its end. Otherwise nothing. */
void ml_json_skip(ml_json *json);
/* The text of the last KEY, STRING or NUMBER. */
const uint8_t *ml_json_token(const ml_json *json, size_t *count);
/* The last number when it was integral, cut to the range of int64 (saturated says so); 0 otherwise. */
int64_t ml_json_int64(const ml_json *json);

#endif
