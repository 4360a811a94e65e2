// What the bench's model server says, for it to send and for the load to look for.
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stdint.h>
#include <string.h>
#include <time.h>

/** The text of the answer: no gateway may lose any of it, however it writes the JSON anew. */
#define TEXT_BYTES 640
/** Begins the text, and is nowhere else in an answer. */
#define TEXT_MARK '~'
/** Before the nanoseconds at which an event was sent, 19 digits of them, as the event's text. */
#define TIME_MARK "~t="

static void answer_text(char text[TEXT_BYTES]) {
  for (int i = 0; i < TEXT_BYTES; i++) text[i] = (char)(i % 8 == 7 ? ' ' : 'a' + i % 26);
  text[0] = TEXT_MARK;
}

/** The same clock in every process of the machine. */
static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#endif
