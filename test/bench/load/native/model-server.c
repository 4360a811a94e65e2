// The bench's model server: one answer of 1 KB to every POST, or a stream whose events say when they were sent.
// model-server <events of a stream> <microseconds between them>; prints its port and serves until standard input ends.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "http.h"

#define ANSWER_BYTES 1024
#define FIRST_EVENTS 256

struct connection {
  int fd;
  struct http request;
  /** Events still to send; in the queue while there are any. */
  int events;
  bool usage;
  int64_t due;
  struct connection *before, *after;
};

static int epoll, listener, events_of_a_stream;
static int64_t gap;
/** Streams in the order in which they are due: all have the same gap, so that a new one is always the last. */
static struct connection *first, *last;

static char answer[ANSWER_BYTES + 256];
static size_t answer_length;

static const char *const MODELS =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 59\r\n\r\n"
    "{\"object\":\"list\",\"data\":[{\"id\":\"tiny\",\"object\":\"model\"}]}  ";
static const char *const STREAM_HEAD =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
#define EVENT "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"tiny\","

static void make_answer(void) {
  static const char before[] =
      "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"tiny\",\"choices\":[{\"index\":0,"
      "\"message\":{\"role\":\"assistant\",\"content\":\"";
  static const char after[] =
      "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":160,\"total_tokens\":260}}";
  char text[TEXT_BYTES];
  answer_text(text);
  size_t json = sizeof before - 1 + TEXT_BYTES + sizeof after - 1;
  answer_length = (size_t)snprintf(
      answer, sizeof answer, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s%.*s%s%*s", ANSWER_BYTES,
      before, TEXT_BYTES, text, after, (int)(ANSWER_BYTES - json), "");
}

static void unqueue(struct connection *c) {
  if (c->before) c->before->after = c->after;
  else first = c->after;
  if (c->after) c->after->before = c->before;
  else last = c->before;
}

static void enqueue(struct connection *c, int64_t due) {
  c->due = due;
  c->before = last;
  c->after = NULL;
  if (last) last->after = c;
  else first = c;
  last = c;
}

static void end(struct connection *c) {
  if (c->events > 0) unqueue(c);
  close(c->fd);
  free(c);
}

/** All of it fits into the socket's buffer, or the reader is no good. */
static bool sent(struct connection *c, const char *bytes, size_t length) {
  return send(c->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static size_t add_chunk(char *to, const char *json) {
  return (size_t)sprintf(to, "%zx\r\n%s\r\n", strlen(json), json);
}

/** The next event, and after the last one what ends the stream. */
static bool send_event(struct connection *c) {
  char out[2048], event[512];
  snprintf(event, sizeof event, EVENT "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"" TIME_MARK
           "%019lld\"},\"finish_reason\":null}]}\n\n", (long long)nanoseconds());
  size_t length = add_chunk(out, event);
  if (c->events == 1) {
    length += add_chunk(out + length, EVENT "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    if (c->usage)
      length += add_chunk(out + length, EVENT "\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50,\"total_tokens\":150}}\n\n");
    length += add_chunk(out + length, "data: [DONE]\n\n");
    length += (size_t)sprintf(out + length, "0\r\n\r\n");
  }
  return sent(c, out, length);
}

/** Sends what is due; milliseconds until the next, -1 for none. */
static int send_due(void) {
  while (first) {
    int64_t wait = first->due - nanoseconds();
    if (wait > 0) return (int)((wait + 999999) / 1000000);
    struct connection *c = first;
    bool good = send_event(c);
    unqueue(c);
    if (--c->events > 0) enqueue(c, c->due + gap);
    if (!good) end(c);
  }
  return -1;
}

static bool says(const char *body, const char *key) {
  const char *at = strstr(body, key);
  return at && strncmp(at + strlen(key) + strspn(at + strlen(key), ": "), "true", 4) == 0;
}

static bool answer_to(struct connection *c) {
  const struct http *request = &c->request;
  if (strncmp(request->head, "POST", 4) != 0) return sent(c, MODELS, strlen(MODELS));
  if (!says(request->body, "\"stream\"")) return sent(c, answer, answer_length);
  c->usage = says(request->body, "\"include_usage\"");
  if (!sent(c, STREAM_HEAD, strlen(STREAM_HEAD))) return false;
  c->events = events_of_a_stream;
  if (!send_event(c)) return c->events = 0, false;
  if (--c->events > 0) enqueue(c, nanoseconds() + gap);
  return true;
}

static bool read_requests(struct connection *c) {
  char bytes[16384];
  ssize_t count = recv(c->fd, bytes, sizeof bytes, 0);
  if (count < 0) return errno == EAGAIN;
  if (count == 0) return false;
  for (size_t at = 0; at < (size_t)count;) {
    at += http_feed(&c->request, bytes + at, (size_t)count - at);
    if (c->request.state == HTTP_BROKEN) return false;
    if (c->request.state == HTTP_WHOLE) {
      if (!answer_to(c)) return false;
      http_reset(&c->request);
    }
  }
  return true;
}

static void watch(int fd, void *data) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(void) {
  int fd, one = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *c = calloc(1, sizeof *c);
    c->fd = fd;
    watch(fd, c);
  }
}

int main(int count, char **words) {
  if (count != 3) return fprintf(stderr, "model-server <events> <microseconds>\n"), 2;
  events_of_a_stream = atoi(words[1]);
  gap = atoll(words[2]) * 1000;
  make_answer();

  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  epoll = epoll_create1(0);
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4096) != 0) return perror("listen"), 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  static char listening, parent;
  watch(listener, &listening);
  watch(STDIN_FILENO, &parent);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  for (;;) {
    struct epoll_event ready[FIRST_EVENTS];
    int found = epoll_wait(epoll, ready, FIRST_EVENTS, send_due());
    for (int i = 0; i < found; i++) {
      void *who = ready[i].data.ptr;
      if (who == &parent) return 0;
      if (who == &listening) accept_all();
      else if (!read_requests(who)) end(who);
    }
  }
}
