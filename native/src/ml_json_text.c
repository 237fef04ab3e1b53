/* Strings (escapes, UTF-8) and numbers of a JSON text, resumable at every byte. */
#include <string.h>

#include "ml_json_state.h"

/* Appends whole pieces; what does not fit any more is dropped and marked. */
static void store(ml_json *json, const uint8_t *bytes, size_t count)
{
    if (json->skipping || json->truncated) return;
    size_t room = json->token_capacity - json->token_count;
    if (count > room)
    {
        count = room;
        json->truncated = 1;
    }
    memcpy(ml_json_buffer(json) + json->token_count, bytes, count);
    json->token_count += (uint32_t)count;
}

static void store_code_point(ml_json *json, uint32_t c)
{
    uint8_t utf8[4];
    size_t count;
    if (c < 0x80)
    {
        utf8[0] = (uint8_t)c;
        count = 1;
    }
    else if (c < 0x800)
    {
        utf8[0] = (uint8_t)(0xc0 | (c >> 6));
        utf8[1] = (uint8_t)(0x80 | (c & 63));
        count = 2;
    }
    else if (c < 0x10000)
    {
        utf8[0] = (uint8_t)(0xe0 | (c >> 12));
        utf8[1] = (uint8_t)(0x80 | ((c >> 6) & 63));
        utf8[2] = (uint8_t)(0x80 | (c & 63));
        count = 3;
    }
    else
    {
        utf8[0] = (uint8_t)(0xf0 | (c >> 18));
        utf8[1] = (uint8_t)(0x80 | ((c >> 12) & 63));
        utf8[2] = (uint8_t)(0x80 | ((c >> 6) & 63));
        utf8[3] = (uint8_t)(0x80 | (c & 63));
        count = 4;
    }
    store(json, utf8, count);
}

/* A first half that got no second one. */
static void drop_surrogate(ml_json *json)
{
    if (json->surrogate == 0) return;
    json->surrogate = 0;
    store_code_point(json, 0xfffd);
}

static void end_code_unit(ml_json *json)
{
    uint32_t unit = json->code_unit;
    if (unit >= 0xdc00 && unit < 0xe000 && json->surrogate != 0)
    {
        store_code_point(json, 0x10000 + (((uint32_t)json->surrogate - 0xd800) << 10) + (unit - 0xdc00));
        json->surrogate = 0;
        return;
    }
    drop_surrogate(json);
    if (unit >= 0xd800 && unit < 0xdc00) json->surrogate = (uint16_t)unit;
    else store_code_point(json, unit >= 0xdc00 && unit < 0xe000 ? 0xfffd : unit);
}

/* One byte behind a backslash; 0, or -1 when it is no escape of RFC 8259 section 7. */
static int escape(ml_json *json, uint8_t c)
{
    if (json->escape > 1)
    {
        uint32_t digit = c >= '0' && c <= '9' ? c - (uint32_t)'0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10u : 16u;
        if (digit == 16) return -1;
        json->code_unit = (uint16_t)((json->code_unit << 4) | digit);
        if (--json->escape == 1)
        {
            json->escape = 0;
            end_code_unit(json);
        }
        return 0;
    }
    if (c == 'u')
    {
        json->escape = 5;
        json->code_unit = 0;
        return 0;
    }
    uint8_t plain;
    switch (c)
    {
    case '"': case '\\': case '/': plain = c; break;
    case 'b': plain = 8; break;
    case 'f': plain = 12; break;
    case 'n': plain = 10; break;
    case 'r': plain = 13; break;
    case 't': plain = 9; break;
    default: return -1;
    }
    json->escape = 0;
    drop_surrogate(json);
    store(json, &plain, 1);
    return 0;
}

/* First byte of a longer UTF-8 sequence (RFC 3629 section 4): how many follow, and the range of the next. 0, or -1. */
static int utf8_lead(ml_json *json, uint8_t c)
{
    if (c < 0xc2 || c > 0xf4) return -1;
    json->utf8_left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    json->utf8_low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    json->utf8_high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return 0;
}

static int utf8_next(ml_json *json, uint8_t c)
{
    if (c < json->utf8_low || c > json->utf8_high) return -1;
    json->utf8_left--;
    json->utf8_low = 0x80;
    json->utf8_high = 0xbf;
    return 0;
}

/* A buffer that ran full may end inside a character. */
static void cut_to_character(ml_json *json)
{
    const uint8_t *buffer = ml_json_buffer(json);
    uint32_t start = json->token_count;
    while (start > 0 && (buffer[start - 1] & 0xc0) == 0x80) start--;
    if (start == 0 || buffer[start - 1] < 0xc0) return;
    start--;
    uint32_t whole = buffer[start] < 0xe0 ? 2 : buffer[start] < 0xf0 ? 3 : 4;
    if (json->token_count - start < whole) json->token_count = start;
}

static int end_string(ml_json *json)
{
    drop_surrogate(json);
    if (json->truncated) cut_to_character(json);
    if (!json->is_key)
    {
        ml_json_value_done(json);
        return ML_JSON_STRING;
    }
    json->state = ML_JSON_AT_COLON;
    json->key_id = json->skipping || json->truncated ? -1 : ml_json_find_key(json);
    return ML_JSON_KEY;
}

void ml_json_begin_string(ml_json *json, int is_key)
{
    json->state = ML_JSON_IN_STRING;
    json->is_key = (uint8_t)is_key;
    json->token_count = 0;
    json->truncated = 0;
}

int ml_json_string(ml_json *json, ml_json_input *input)
{
    const uint8_t *p = input->at;
    const uint8_t *end = input->end;
    int error = 0;
    while (p < end)
    {
        if (json->utf8_left > 0)
        {
            if (utf8_next(json, *p) != 0) { error = ML_JSON_BAD_UTF8; break; }
            store(json, p++, 1);
            continue;
        }
        if (json->escape > 0)
        {
            if (escape(json, *p) != 0) { error = ML_JSON_BAD_STRING; break; }
            p++;
            continue;
        }
        const uint8_t *start = p;
        while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') p++;
        if (p > start)
        {
            drop_surrogate(json);
            store(json, start, (size_t)(p - start));
            continue;
        }
        if (*p == '"')
        {
            input->at = p + 1;
            return end_string(json);
        }
        if (*p == '\\')
        {
            json->escape = 1;
            p++;
            continue;
        }
        if (*p < 0x20) { error = ML_JSON_BAD_STRING; break; }
        if (utf8_lead(json, *p) != 0) { error = ML_JSON_BAD_UTF8; break; }
        drop_surrogate(json);
        store(json, p++, 1);
    }
    input->at = p;
    return error != 0 ? ml_json_fail(json, error) : ML_JSON_NONE;
}

/* Numbers (RFC 8259 section 6): which part has been read. */
enum
{
    NOTHING,
    MINUS,
    ZERO,
    DIGITS,
    POINT,
    FRACTION,
    EXPONENT,
    EXPONENT_SIGN,
    EXPONENT_DIGITS
};

void ml_json_begin_number(ml_json *json)
{
    json->state = ML_JSON_IN_NUMBER;
    json->number_part = NOTHING;
    json->negative = 0;
    json->integral = 1;
    json->saturated = 0;
    json->magnitude[0] = 0;
    json->magnitude[1] = 0;
    json->token_count = 0;
    json->truncated = 0;
}

/* The part that follows with this character, or -1 when the number cannot go on with it. */
static int next_part(int part, uint8_t c)
{
    int digit = c >= '0' && c <= '9';
    switch (part)
    {
    case NOTHING: if (c == '-') return MINUS; /* fall through */
    case MINUS: return c == '0' ? ZERO : digit ? DIGITS : -1;
    case DIGITS: if (digit) return DIGITS; /* fall through */
    case ZERO: return c == '.' ? POINT : (c | 32) == 'e' ? EXPONENT : -1;
    case POINT: return digit ? FRACTION : -1;
    case FRACTION: return digit ? FRACTION : (c | 32) == 'e' ? EXPONENT : -1;
    case EXPONENT: if (c == '+' || c == '-') return EXPONENT_SIGN; /* fall through */
    default: return digit ? EXPONENT_DIGITS : -1;
    }
}

/* magnitude = magnitude * 10 + digit, held at the largest int64 of its sign. */
static void add_digit(ml_json *json, uint32_t digit)
{
    uint64_t most = (uint64_t)INT64_MAX + json->negative;
    uint64_t value = ((uint64_t)json->magnitude[1] << 32) | json->magnitude[0];
    if (json->saturated || value > (most - digit) / 10)
    {
        json->saturated = 1;
        value = most;
    }
    else
    {
        value = value * 10 + digit;
    }
    json->magnitude[0] = (uint32_t)value;
    json->magnitude[1] = (uint32_t)(value >> 32);
}

int ml_json_number_complete(ml_json *json)
{
    int part = json->number_part;
    if (part != ZERO && part != DIGITS && part != FRACTION && part != EXPONENT_DIGITS) return 0;
    if (!json->integral) json->saturated = 0;
    ml_json_value_done(json);
    return 1;
}

int ml_json_number(ml_json *json, ml_json_input *input)
{
    const uint8_t *start = input->at;
    while (input->at < input->end)
    {
        uint8_t c = *input->at;
        int part = next_part(json->number_part, c);
        if (part < 0)
        {
            store(json, start, (size_t)(input->at - start));
            return ml_json_number_complete(json) ? ML_JSON_NUMBER : ml_json_fail(json, ML_JSON_BAD_NUMBER);
        }
        if (part == MINUS) json->negative = 1;
        else if (part == DIGITS) add_digit(json, c - '0');
        else if (part == POINT || part == EXPONENT) json->integral = 0;
        json->number_part = (uint8_t)part;
        input->at++;
    }
    store(json, start, (size_t)(input->at - start));
    return ML_JSON_NONE;
}
