// The bench's load: sends prepared requests over kept connections, checks every answer, and prints what it took as JSON.
// load <port> <file> <connections> <seconds> <once|again> <events of a stream, 0 for plain answers>
// The file has the requests as they go out, each after its length (4 bytes, little endian). "once" sends each at most
// once, for servers that remember nonces; "again" begins anew at the end.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.h"
#include "http.h"

#define READY_EVENTS 256
/** Of answers after the end of the sending; what comes later is a failure. */
#define PATIENCE 30000000000LL
#define STATUSES 600

struct connection {
  int fd;
  struct http answer;
  int64_t sent;
  int events;
  bool busy, done;
};

/** Times in nanoseconds. */
struct times {
  int64_t *all;
  size_t used, room;
};

static int epoll, port, events_wanted;
static bool again;
static const unsigned char *file, *next, *file_end;
static int64_t stop_at;
static char text[TEXT_BYTES];
static struct times latencies, first_tokens, lags;
static long closed, wrong, unanswered, statuses[STATUSES];
static int busy;
static int64_t finished_at;

static void add(struct times *times, int64_t time) {
  if (times->used == times->room) {
    times->room = times->room ? times->room * 2 : 65536;
    times->all = realloc(times->all, times->room * sizeof *times->all);
  }
  times->all[times->used++] = time;
}

static void complain(const struct connection *c, const char *what) {
  static bool said;
  if (!said) fprintf(stderr, "%s: %s%s\n", what, c->answer.head, c->answer.body);
  said = true;
}

static void connect_to(struct connection *c) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1;
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("connect");
    exit(1);
  }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
}

/** Sends the next request, if there is one and time for it. */
static void send_next(struct connection *c) {
  int64_t now = nanoseconds();
  if (next == file_end && again) next = file;
  if (next == file_end || now >= stop_at) return;
  uint32_t length;
  memcpy(&length, next, sizeof length);
  http_reset(&c->answer);
  c->events = 0;
  c->done = false;
  c->sent = now;
  c->busy = true;
  busy++;
  if (send(c->fd, next + sizeof length, length, MSG_NOSIGNAL) != (ssize_t)length) perror("send");
  next += sizeof length + length;
}

/** The whole text is in the body. */
static bool has_text(const struct http *answer) {
  const char *at = memchr(answer->body, TEXT_MARK, answer->body_used);
  return at && answer->body + answer->body_used - at >= TEXT_BYTES && memcmp(at, text, TEXT_BYTES) == 0;
}

static void read_line(struct connection *c, const char *line, int64_t now) {
  const char *time = strstr(line, TIME_MARK);
  if (time) {
    add(&lags, now - strtoll(time + strlen(TIME_MARK), NULL, 10));
    if (c->events++ == 0) add(&first_tokens, now - c->sent);
  } else if (strcmp(line, "data: [DONE]") == 0) c->done = true;
}

/** Takes the lines that are whole out of the body. */
static void read_events(struct connection *c) {
  struct http *answer = &c->answer;
  int64_t now = nanoseconds();
  char *line = answer->body, *end;
  while ((end = strchr(line, '\n'))) {
    *end = 0;
    if (end > line && end[-1] == '\r') end[-1] = 0;
    read_line(c, line, now);
    line = end + 1;
  }
  answer->body_used -= (size_t)(line - answer->body);
  memmove(answer->body, line, answer->body_used + 1);
}

static void reconnect(struct connection *c) {
  close(c->fd);
  connect_to(c);
}

static void finish(struct connection *c) {
  finished_at = nanoseconds();
  c->busy = false;
  busy--;
}

static void answered(struct connection *c) {
  finish(c);
  int status = atoi(c->answer.head + strlen("HTTP/1.1 "));
  bool good = events_wanted > 0 ? c->done && c->events == events_wanted : has_text(&c->answer);
  if (status != 200) {
    statuses[status > 0 && status < STATUSES ? status : 0]++;
    complain(c, "status");
  } else if (!good) {
    wrong++;
    complain(c, "wrong answer");
  } else add(&latencies, finished_at - c->sent);
  if (http_header_is(&c->answer, "connection", "close")) reconnect(c);
  send_next(c);
}

static void lost(struct connection *c) {
  if (c->busy) {
    finish(c);
    closed++;
    complain(c, "closed");
  }
  reconnect(c);
  send_next(c);
}

static void receive(struct connection *c) {
  char bytes[8192];
  ssize_t count = recv(c->fd, bytes, sizeof bytes, 0);
  if (count < 0 && errno == EAGAIN) return;
  // Bytes that nobody asked for break a connection as its end does.
  if (count <= 0 || !c->busy) return lost(c);
  size_t taken = http_feed(&c->answer, bytes, (size_t)count);
  if (events_wanted > 0 && c->answer.state > HTTP_HEAD) read_events(c);
  if (c->answer.state == HTTP_BROKEN || taken < (size_t)count) return lost(c);
  if (c->answer.state == HTTP_WHOLE) answered(c);
}

static int ascending(const void *a, const void *b) {
  int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

/** Nearest rank, in microseconds. */
static double share(const struct times *times, double of) {
  size_t rank = (size_t)(of * (double)times->used + 0.999999);
  return (double)times->all[rank > 0 ? rank - 1 : 0] / 1e3;
}

static void print_times(const char *name, struct times *times) {
  if (times->used == 0) return;
  qsort(times->all, times->used, sizeof *times->all, ascending);
  printf("\"%s\":{\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f},", name, share(times, 0.5), share(times, 0.99), share(times, 1));
}

static void print_all(int64_t begun) {
  printf("{\"good\":%zu,\"seconds\":%.6f,", latencies.used, (double)(finished_at - begun) / 1e9);
  print_times("latency", &latencies);
  print_times("firstToken", &first_tokens);
  print_times("lag", &lags);
  printf("\"closed\":%ld,\"wrong\":%ld,\"unanswered\":%ld,\"statuses\":{", closed, wrong, unanswered);
  const char *comma = "";
  for (int status = 0; status < STATUSES; status++) {
    if (statuses[status] == 0) continue;
    printf("%s\"%d\":%ld", comma, status, statuses[status]);
    comma = ",";
  }
  printf("}}\n");
}

static void open_file(const char *path) {
  int fd = open(path, O_RDONLY);
  struct stat about;
  if (fd < 0 || fstat(fd, &about) != 0 || about.st_size == 0) {
    perror(path);
    exit(1);
  }
  next = file = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  file_end = file + about.st_size;
}

int main(int count, char **words) {
  if (count != 7) return fprintf(stderr, "load <port> <file> <connections> <seconds> <once|again> <events>\n"), 2;
  port = atoi(words[1]);
  open_file(words[2]);
  int connections = atoi(words[3]);
  again = strcmp(words[5], "again") == 0;
  events_wanted = atoi(words[6]);
  answer_text(text);
  epoll = epoll_create1(0);

  struct connection *all = calloc((size_t)connections, sizeof *all);
  for (int i = 0; i < connections; i++) connect_to(&all[i]);
  int64_t begun = nanoseconds();
  finished_at = begun;
  stop_at = begun + (int64_t)(atof(words[4]) * 1e9);
  for (int i = 0; i < connections; i++) send_next(&all[i]);
  while (busy > 0 && nanoseconds() < stop_at + PATIENCE) {
    struct epoll_event ready[READY_EVENTS];
    int found = epoll_wait(epoll, ready, READY_EVENTS, 100);
    for (int i = 0; i < found; i++) receive(ready[i].data.ptr);
  }
  unanswered = busy;
  print_all(begun);
  return 0;
}
