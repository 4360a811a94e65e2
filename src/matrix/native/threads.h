/* Threads and a steady clock, on each system; none where there are no threads (wasm). */
#ifndef FXN_THREADS_H
#define FXN_THREADS_H

#if defined(_WIN32)
#include <windows.h>
typedef HANDLE thread;
typedef LPTHREAD_START_ROUTINE entry;
#define ENTRY DWORD WINAPI
static inline int start_thread(thread *t, entry run, void *with) {
  *t = CreateThread(NULL, 0, run, with, 0, NULL);
  return *t != NULL;
}
static inline void join_thread(thread t) {
  WaitForSingleObject(t, INFINITE);
  CloseHandle(t);
}
static inline void pause_thread(void) { SwitchToThread(); }
static inline double now_ms(void) {
  LARGE_INTEGER ticks, per_second;
  QueryPerformanceCounter(&ticks);
  QueryPerformanceFrequency(&per_second);
  return (double)ticks.QuadPart * 1000 / (double)per_second.QuadPart;
}

#elif defined(__wasm__)
typedef int thread;
typedef void *(*entry)(void *);
#define ENTRY void *
static inline int start_thread(thread *t, entry run, void *with) { return (void)t, (void)run, (void)with, 0; }
static inline void join_thread(thread t) { (void)t; }
static inline void pause_thread(void) {}
static inline double now_ms(void) { return 0; /* the caller has a clock */ }

#else
#include <pthread.h>
#include <sched.h>
#include <time.h>
typedef pthread_t thread;
typedef void *(*entry)(void *);
#define ENTRY void *
static inline int start_thread(thread *t, entry run, void *with) { return pthread_create(t, NULL, run, with) == 0; }
static inline void join_thread(thread t) { pthread_join(t, NULL); }
static inline void pause_thread(void) { sched_yield(); }
static inline double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
#endif

#endif
