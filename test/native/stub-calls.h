// How every call begins: it may have to fail, and what it needs must be there.
#pragma once
#include "stub-state.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

#define CALL()                                                                                                         \
  if (failsNow()) return settings.failCode;                                                                            \
  if (!initialized) return violation("%s before cuInit", __func__), NOT_INITIALIZED
#define IN_CONTEXT()                                                                                                   \
  CALL();                                                                                                              \
  if (!current || current->kind != CONTEXT) return violation("%s: no context is current", __func__), INVALID_CONTEXT
#define FIND(name, handle, kind)                                                                                       \
  Object *name = find(handle, kind, __func__);                                                                         \
  if (!name) return INVALID_HANDLE
/** What gives something back does so even when it has an error to tell, unless the device is lost. */
#define GIVING_BACK()                                                                                                  \
  bool fails = failsNow();                                                                                             \
  if (lost()) return settings.failCode
