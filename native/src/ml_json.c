/* The structure of a JSON text: values, containers, commas. One step reads one piece; strings and numbers are in ml_json_text.c. */
#include <string.h>

#include "ml_json_state.h"

int ml_json_fail(ml_json *json, int error)
{
    json->state = ML_JSON_FAILED;
    json->error = (uint8_t)error;
    return ML_JSON_ERROR;
}

void ml_json_value_done(ml_json *json)
{
    json->state = json->depth == 0 ? ML_JSON_DONE : ML_JSON_AFTER_VALUE;
}

static int in_object(const ml_json *json)
{
    uint32_t level = json->depth - 1u;
    return (int)((json->stack[level >> 5] >> (level & 31)) & 1);
}

static int open_container(ml_json *json, uint32_t object)
{
    if (json->depth == ML_JSON_MAX_DEPTH) return ml_json_fail(json, ML_JSON_TOO_DEEP);
    uint32_t level = json->depth++;
    uint32_t bit = 1u << (level & 31);
    json->stack[level >> 5] = (json->stack[level >> 5] & ~bit) | (object ? bit : 0);
    json->state = object ? ML_JSON_AT_FIRST_KEY : ML_JSON_AT_FIRST_ITEM;
    return object ? ML_JSON_OBJECT_START : ML_JSON_ARRAY_START;
}

static int close_container(ml_json *json)
{
    int token = in_object(json) ? ML_JSON_OBJECT_END : ML_JSON_ARRAY_END;
    json->depth--;
    ml_json_value_done(json);
    return token;
}

static int begin_literal(ml_json *json, int token)
{
    json->literal = (uint8_t)token;
    json->literal_at = 0;
    json->state = ML_JSON_IN_LITERAL;
    return ML_JSON_AGAIN;
}

static int literal(ml_json *json, ml_json_input *input)
{
    const char *word = json->literal == ML_JSON_TRUE ? "true" : json->literal == ML_JSON_FALSE ? "false" : "null";
    while (input->at < input->end)
    {
        if (*input->at != (uint8_t)word[json->literal_at]) return ml_json_fail(json, ML_JSON_BAD_SYNTAX);
        input->at++;
        if (word[++json->literal_at] == 0)
        {
            ml_json_value_done(json);
            return json->literal;
        }
    }
    return ML_JSON_NONE;
}

static int begin_value(ml_json *json, ml_json_input *input)
{
    uint8_t c = *input->at;
    switch (c)
    {
    case '{': input->at++; return open_container(json, 1);
    case '[': input->at++; return open_container(json, 0);
    case '"':
        input->at++;
        ml_json_begin_string(json, 0);
        return ML_JSON_AGAIN;
    case 't': return begin_literal(json, ML_JSON_TRUE);
    case 'f': return begin_literal(json, ML_JSON_FALSE);
    case 'n': return begin_literal(json, ML_JSON_NULL);
    default:
        if (c != '-' && (c < '0' || c > '9')) return ml_json_fail(json, ML_JSON_BAD_SYNTAX);
        ml_json_begin_number(json);
        return ML_JSON_AGAIN;
    }
}

/* States between values: the next byte that is no white space decides. */
static int structure(ml_json *json, ml_json_input *input)
{
    while (input->at < input->end && (*input->at == ' ' || *input->at == '\n' || *input->at == '\r' || *input->at == '\t')) input->at++;
    if (input->at == input->end) return json->state == ML_JSON_DONE ? ML_JSON_END : ML_JSON_NONE;
    uint8_t c = *input->at;
    switch (json->state)
    {
    case ML_JSON_AT_FIRST_ITEM:
        if (c != ']') return begin_value(json, input);
        input->at++;
        return close_container(json);
    case ML_JSON_AT_VALUE: return begin_value(json, input);
    case ML_JSON_AT_FIRST_KEY:
        if (c == '}')
        {
            input->at++;
            return close_container(json);
        }
        /* fall through */
    case ML_JSON_AT_KEY:
        if (c != '"') break;
        input->at++;
        ml_json_begin_string(json, 1);
        return ML_JSON_AGAIN;
    case ML_JSON_AT_COLON:
        if (c != ':') break;
        input->at++;
        json->state = ML_JSON_AT_VALUE;
        return ML_JSON_AGAIN;
    case ML_JSON_AFTER_VALUE:
        if (c == ',')
        {
            input->at++;
            json->state = in_object(json) ? ML_JSON_AT_KEY : ML_JSON_AT_VALUE;
            return ML_JSON_AGAIN;
        }
        if (c != (in_object(json) ? '}' : ']')) break;
        input->at++;
        return close_container(json);
    default: break; /* DONE: something behind the document */
    }
    return ml_json_fail(json, ML_JSON_BAD_SYNTAX);
}

static int step(ml_json *json, ml_json_input *input)
{
    switch (json->state)
    {
    case ML_JSON_IN_STRING: return ml_json_string(json, input);
    case ML_JSON_IN_NUMBER: return ml_json_number(json, input);
    case ML_JSON_IN_LITERAL: return literal(json, input);
    case ML_JSON_FAILED: return ML_JSON_ERROR;
    default: return structure(json, input);
    }
}

/* The input is used up and no more comes. */
static int at_the_end(ml_json *json)
{
    if (json->state == ML_JSON_IN_NUMBER && json->depth == 0 && ml_json_number_complete(json)) return ML_JSON_NUMBER;
    return ml_json_fail(json, ML_JSON_INCOMPLETE);
}

/* 1 while the token belongs to a value that is being skipped. */
static int skipped(ml_json *json, int token)
{
    if (!json->skipping || token == ML_JSON_NONE || token == ML_JSON_ERROR || token == ML_JSON_END) return 0;
    int completes = token != ML_JSON_OBJECT_START && token != ML_JSON_ARRAY_START && token != ML_JSON_KEY;
    if (completes && json->depth == json->skip_depth) json->skipping = 0;
    return 1;
}

int ml_json_read(ml_json *json, const uint8_t *bytes, size_t count, size_t *consumed)
{
    ml_json_input input = {bytes, bytes + count};
    int token;
    do
    {
        do token = step(json, &input);
        while (token == ML_JSON_AGAIN);
        if (token == ML_JSON_NONE && json->finished) token = at_the_end(json);
    } while (skipped(json, token));

    size_t used = (size_t)(input.at - bytes);
    *consumed = used;
    json->offset = used > 0x7fffffffu - json->offset ? 0x7fffffffu : json->offset + (uint32_t)used;
    if (token != ML_JSON_NONE) json->last_token = (uint8_t)token;
    return token;
}

void ml_json_finish(ml_json *json)
{
    json->finished = 1;
}

void ml_json_skip(ml_json *json)
{
    if (json->last_token == ML_JSON_KEY) json->skip_depth = json->depth;
    else if (json->last_token != ML_JSON_OBJECT_START && json->last_token != ML_JSON_ARRAY_START) return;
    else json->skip_depth = (uint8_t)(json->depth - 1);
    json->skipping = 1;
    json->last_token = ML_JSON_NONE;
}

void ml_json_reset(ml_json *json)
{
    size_t kept = offsetof(ml_json, offset);
    memset((uint8_t *)json + kept, 0, sizeof *json - kept);
    json->key_id = -1;
}

const uint8_t *ml_json_token(const ml_json *json, size_t *count)
{
    *count = json->token_count;
    return (const uint8_t *)json + json->token_at;
}

int64_t ml_json_int64(const ml_json *json)
{
    uint64_t magnitude = ((uint64_t)json->magnitude[1] << 32) | json->magnitude[0];
    if (!json->integral) return 0;
    if (!json->negative) return (int64_t)magnitude;
    return magnitude > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)magnitude;
}
