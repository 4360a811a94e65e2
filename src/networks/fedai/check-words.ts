// What this network's checks are about, in words: what each looks at, what its red costs, what to do.
import { namedIn } from "../check-words.ts";

export const CHECK_WORDS = {
  models: {
    title: "Models are offered with their context windows",
    looksAt:
      "Which models of model_backend.yaml are offered, whether a server of them works, and whether the context window of each is known.",
    income:
      "Red: nothing can be answered, so no work comes. Yellow: prompts that do not fit fail, and routers count that against this node.",
    mend: "See which server is left out, and why: fxn status. Name models in model_backend.yaml, and their contextWindow in networks.fedai.models.",
  },
  endpoint: {
    title: "The announced address is one that routers take",
    looksAt: "networks.fedai.endpoint: whether it is set where routers are named, is a public address, and is https.",
    income:
      "Red: no router hears of this node, so none sends work. Yellow: routers of the public network may refuse it, or prompts travel in the clear.",
    mend: "Set networks.fedai.endpoint to the https URL at which routers reach this node, then: fxn reload.",
  },
  router: {
    title: "The router answers, its clock is near ours, and it has this node registered",
    looksAt:
      "GET /health of one router of networks.fedai.routers, the time that it tells, and how the last registration there ended. The first router is fedai.router, the second fedai.router-2.",
    income: "This router sends no work. It is red where no other router has this node registered: then none comes.",
    mend: "No answer: correct networks.fedai.routers, or ask the router's operator. Another time: turn NTP on. Not registered: the router's word is in the message; correct nodeId or endpoint of networks.fedai.",
  },
  callers: {
    title: "Only who is listed may call",
    looksAt: "networks.fedai.access: whether only the keys that are listed are served, or everybody.",
    income: "Yellow: strangers use this machine, and nothing makes them pay unless payments are required.",
    mend: "Set networks.fedai.access.open to false and name who may call: routers[].key, access.allow or access.follow. Is it meant so? Then put fedai.callers into alerts.exclude.",
  },
  payments: {
    title: "Payments are verified",
    looksAt:
      "networks.fedai.payments: where payments are required, whether receipts are verified and fees have a limit.",
    income:
      "Yellow: an answer may be given for a receipt that is worth nothing, or a router may keep most of a payment.",
    mend: "Set networks.fedai.payments.verify.url, and feeMaxBps or feeMaxSats, then: fxn reload.",
  },
} as const;

export const named = namedIn("fedai", CHECK_WORDS);
