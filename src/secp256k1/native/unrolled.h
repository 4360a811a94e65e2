/* `unrolled for (…)`: arrays with a fixed number of entries stay in registers. */
#ifndef FXN_UNROLLED_H
#define FXN_UNROLLED_H
#define unrolled _Pragma("clang loop unroll(full)")
#endif
