// HTTP/1.1 messages as they come off a socket, for the bench's own programs: a head, and a body by length or in chunks.
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum http_state {
  HTTP_HEAD,
  HTTP_LENGTH,
  HTTP_CHUNK_SIZE,
  HTTP_CHUNK,
  HTTP_CHUNK_END,
  HTTP_TRAILERS,
  HTTP_WHOLE,
  HTTP_BROKEN
};

struct http {
  enum http_state state;
  /** Of the body or of the chunk, still to come. */
  uint64_t left;
  size_t head_used, body_used, line_used;
  /** Both end in a zero byte. What has been read of the body may be taken out of it at any time. */
  char head[8192], body[16384];
  char line[32];
};

static void http_reset(struct http *m) {
  m->state = HTTP_HEAD;
  m->head_used = m->body_used = m->line_used = 0;
  m->head[0] = m->body[0] = 0;
}

/** What follows the header's name, up to the end of its line; NULL when it is not there. */
static const char *http_header(const struct http *m, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strchr(m->head, '\n'); line; line = strchr(line, '\n')) {
    line++;
    if (strncasecmp(line, name, length) == 0 && line[length] == ':') return line + length + 1 + strspn(line + length + 1, " ");
  }
  return NULL;
}

static bool http_header_is(const struct http *m, const char *name, const char *value) {
  const char *found = http_header(m, name);
  return found && strncasecmp(found, value, strlen(value)) == 0;
}

/** A head without either framing has no body: the bench's peers do not end bodies by closing. */
static void http_begin_body(struct http *m) {
  const char *length = http_header(m, "content-length");
  m->left = length ? strtoull(length, NULL, 10) : 0;
  if (http_header_is(m, "transfer-encoding", "chunked")) m->state = HTTP_CHUNK_SIZE;
  else m->state = m->left > 0 ? HTTP_LENGTH : HTTP_WHOLE;
}

static size_t http_take_head(struct http *m, const char *from, size_t count) {
  size_t room = sizeof m->head - 1 - m->head_used;
  size_t copied = count < room ? count : room;
  memcpy(m->head + m->head_used, from, copied);
  m->head[m->head_used + copied] = 0;
  const char *end = strstr(m->head + (m->head_used > 3 ? m->head_used - 3 : 0), "\r\n\r\n");
  if (!end) {
    m->head_used += copied;
    if (copied == room) m->state = HTTP_BROKEN;
    return copied;
  }
  size_t taken = (size_t)(end + 4 - m->head) - m->head_used;
  m->head_used += taken;
  m->head[m->head_used] = 0;
  http_begin_body(m);
  return taken;
}

static size_t http_take_body(struct http *m, const char *from, size_t count) {
  size_t taken = count < m->left ? count : (size_t)m->left;
  if (taken > sizeof m->body - 1 - m->body_used) {
    m->state = HTTP_BROKEN;
    return count;
  }
  memcpy(m->body + m->body_used, from, taken);
  m->body_used += taken;
  m->body[m->body_used] = 0;
  m->left -= taken;
  if (m->left == 0) m->state = m->state == HTTP_LENGTH ? HTTP_WHOLE : HTTP_CHUNK_END;
  return taken;
}

static void http_end_line(struct http *m) {
  bool empty = m->line_used == 0;
  m->line[m->line_used] = 0;
  m->line_used = 0;
  if (m->state == HTTP_CHUNK_SIZE) {
    m->left = strtoull(m->line, NULL, 16);
    m->state = m->left > 0 ? HTTP_CHUNK : HTTP_TRAILERS;
  } else if (m->state == HTTP_CHUNK_END) m->state = empty ? HTTP_CHUNK_SIZE : HTTP_BROKEN;
  else if (empty) m->state = HTTP_WHOLE;
}

static size_t http_take_line(struct http *m, const char *from, size_t count) {
  for (size_t at = 0; at < count; at++) {
    if (from[at] == '\n') {
      http_end_line(m);
      return at + 1;
    }
    // Of a longer line, such as a trailer, only that it is not empty matters.
    if (from[at] != '\r' && m->line_used < sizeof m->line - 1) m->line[m->line_used++] = from[at];
  }
  return count;
}

/** Takes what belongs to this message and appends to head and body. Returns how many bytes that were. */
static size_t http_feed(struct http *m, const char *from, size_t count) {
  size_t at = 0;
  while (at < count && m->state < HTTP_WHOLE) {
    size_t (*take)(struct http *, const char *, size_t) = http_take_line;
    if (m->state == HTTP_HEAD) take = http_take_head;
    else if (m->state == HTTP_LENGTH || m->state == HTTP_CHUNK) take = http_take_body;
    at += take(m, from + at, count - at);
  }
  return at;
}

#endif
