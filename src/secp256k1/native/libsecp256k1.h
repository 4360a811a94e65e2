/*
 * What is taken from Bitcoin Core's libsecp256k1 (MIT), as the npm package secp256k1 carries it: field, scalars and points.
 * -I leads to its sources (build/native.ts). What is ours stands on it, and only ever sees public data: nothing is
 * constant in time.
 */
#ifndef FXN_LIBSECP256K1_H
#define FXN_LIBSECP256K1_H

/* Wide products where the machine has them; elsewhere (WebAssembly, and FXN_NARROW in tests) 64 bits hold a product. */
#if defined(__SIZEOF_INT128__) && !defined(__wasm__) && !defined(FXN_NARROW)
#define HAVE___INT128 1
#define USE_FIELD_5X52 1
#define USE_SCALAR_4X64 1
#else
#define USE_FIELD_10X26 1
#define USE_SCALAR_8X32 1
#define USE_EXTERNAL_ASM 1
#endif
#define USE_NUM_NONE 1
#define USE_FIELD_INV_BUILTIN 1
#define USE_SCALAR_INV_BUILTIN 1
#define USE_ENDOMORPHISM 1

#include "include/secp256k1.h"

#include "src/util.h"
#if defined(USE_FIELD_10X26)
#include "field-10x26.h"
#endif

#include "src/field_impl.h"
#include "src/group_impl.h"
#include "src/scalar_impl.h"

typedef secp256k1_fe fe;
typedef secp256k1_scalar scalar;
typedef secp256k1_ge affine;
typedef secp256k1_gej jacobian;
typedef secp256k1_ge_storage packed;

#endif
