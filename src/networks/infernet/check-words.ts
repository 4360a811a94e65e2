// What this network's checks are about, in words: what each looks at, what its red costs, what to do.
import { namedIn } from "../check-words.ts";

export const CHECK_WORDS = {
  models: {
    title: "There are models to offer",
    looksAt:
      "Which models of model_backend.yaml are fit to be offered (for chats, with an id that is no path), and whether a server of them works.",
    income:
      "Red: the control plane is told that this node is offline, so no job comes. Yellow: none for the models that are left out.",
    mend: "See which server is left out, and why: fxn status. Give models whose ids are paths an alias in model_backend.yaml, then: fxn reload.",
  },
  registered: {
    title: "The control plane knows this node's key",
    looksAt:
      "What the control plane at networks.infernet.url has of this node, and whether it still publishes an address of it.",
    income: "Red: no job can be asked for. Yellow: jobs come; only an address is public that you do not want to be.",
    mend: "A running node registers itself within a minute. Does it not? See networks.infernet.url and the log (fxn service logs), or try it by hand: fxn infernet register.",
  },
  clock: {
    title: "This machine's clock is the control plane's",
    looksAt: "How far the control plane's clock is from this machine's, by its last answers.",
    income: "Yellow: jobs come, since requests follow the control plane's time.",
    mend: "Set this machine's clock, and keep it so: turn NTP on.",
  },
  advertise: {
    title: "What is published is what the configuration says",
    looksAt:
      "networks.infernet.advertise, address and p2p: whether they fit together, and whether the p2p port is open.",
    income: "Yellow: jobs are asked for and come without it.",
    mend: "Set networks.infernet.address, or turn advertise and p2p off, then: fxn reload.",
  },
  payout: {
    title: "There is an address for payouts",
    looksAt: "Which payout addresses the control plane has of this node, and whether one of them is the default.",
    income: "Yellow: jobs come and are done, and nobody knows where to pay for them.",
    mend: "Set one: fxn infernet payout set COIN ADDRESS. See what there is: fxn infernet payout list.",
  },
} as const;

export const named = namedIn("infernet", CHECK_WORDS);
