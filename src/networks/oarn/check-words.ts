// What this network's checks are about, in words: what each looks at, what its red costs, what to do.
import { namedIn } from "../check-words.ts";

export const CHECK_WORDS = {
  compute: {
    title: "There is something to work with",
    looksAt:
      "Which models of model_backend.yaml serve tasks, which kinds of model files may be run (networks.oarn.compute), and whether their sandbox can be made.",
    income: "Red: no task fits, so none is claimed. Yellow: tasks with model files are left to others.",
    mend: "Name models in model_backend.yaml, or frameworks in networks.oarn.compute; for model files install bubblewrap. Then: fxn reload.",
  },
  discovery: {
    title: "The chain and its task registries are there",
    looksAt:
      "Whether the RPCs of networks.oarn.blockchain answer, on the right chain, and the contracts of the task registries are found by them.",
    income:
      "Red: no task is seen, and what is done cannot be submitted. Yellow: tasks of the registries that are not found are missed.",
    mend: "Put an RPC of that chain that works into networks.oarn.blockchain.rpcUrls, two are better; or correct networks.oarn.discovery. Then: fxn reload.",
  },
  registries: {
    title: "The task registries take claims",
    looksAt: "Whether the owner of a task registry has paused it.",
    income: "Red: nobody can claim a task, you neither. Yellow: none of the paused registries.",
    mend: "Wait: only its owner can end the pause, and the node goes on by itself then.",
  },
  funds: {
    title: "There is ETH for gas",
    looksAt: "How much ETH the network's account has on that chain, for the gas of claims and submissions.",
    income: "Red: no task can be claimed, and none that is done can be submitted. Yellow: so it will be soon.",
    mend: "Send ETH of that chain to the account that the message names. What there is: fxn wallet balance.",
  },
  storage: {
    title: "Results can be stored",
    looksAt: "Whether the IPFS node or the upload service of networks.oarn.storage takes results now.",
    income: "Red: no task is claimed, since a result that cannot be stored is paid by nobody.",
    mend: "Start the IPFS node of networks.oarn.storage.ipfsApi, or set another, or uploadUrl and uploadToken. Then: fxn reload.",
  },
} as const;

export const named = namedIn("oarn", CHECK_WORDS);
