/* Shared by ml_json.c (structure), ml_json_text.c (strings, numbers) and ml_json_keys.c (key table). */
#ifndef ML_JSON_STATE_H
#define ML_JSON_STATE_H

#include "ml_json.h"

/* What comes next. */
enum
{
    ML_JSON_AT_VALUE = 0,
    ML_JSON_AT_FIRST_ITEM, /* a value or ] */
    ML_JSON_AT_FIRST_KEY,  /* a key or } */
    ML_JSON_AT_KEY,
    ML_JSON_AT_COLON,
    ML_JSON_AFTER_VALUE,   /* , or the end of the container */
    ML_JSON_IN_STRING,
    ML_JSON_IN_NUMBER,
    ML_JSON_IN_LITERAL,
    ML_JSON_DONE,
    ML_JSON_FAILED
};

/* Between steps only: the token is not complete, but there may be more input. */
#define ML_JSON_AGAIN (-1)

typedef struct ml_json_input
{
    const uint8_t *at;
    const uint8_t *end;
} ml_json_input;

int ml_json_fail(ml_json *json, int error);
/* The value just read is complete. */
void ml_json_value_done(ml_json *json);

void ml_json_begin_string(ml_json *json, int is_key);
int ml_json_string(ml_json *json, ml_json_input *input);
void ml_json_begin_number(ml_json *json);
int ml_json_number(ml_json *json, ml_json_input *input);
/* 1 when the number read so far is a whole one. */
int ml_json_number_complete(ml_json *json);

/* The id of the key in the token buffer, -1 when it is not in the table. */
int ml_json_find_key(const ml_json *json);

static inline uint8_t *ml_json_buffer(ml_json *json)
{
    return (uint8_t *)json + json->token_at;
}

#endif
