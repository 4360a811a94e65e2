// What this network's checks are about, in words: what each looks at, what its red costs, what to do.
import { namedIn } from "../check-words.ts";

const RPCS = "Put an RPC of Arbitrum Sepolia that works into networks.blindference.rpcUrls; two are better than one.";

export const CHECK_WORDS = {
  models: {
    title: "The models that are named can be run",
    looksAt: "networks.blindference.models: whether a model server of model_backend.yaml has each of them.",
    income: "Red: the ICL is told of no model, so no job comes. Yellow: none for the models that are missing.",
    mend: "fxn blindference models list shows which can be run. Name those, or give a model of model_backend.yaml that name as an alias. Then: fxn reload.",
  },
  keys: {
    title: "Keys of prompts can be had",
    looksAt:
      "networks.blindference.cofhe: whether there is what the keys of encrypted prompts are had from, in its mode.",
    income: "Red: no prompt can be read, so no job can be done.",
    mend: "Set networks.blindference.rpcUrls, or cofhe.mode and cofhe.endpoint, then: fxn reload.",
  },
  icl: {
    title: "The ICL lists this node",
    looksAt: "Whether the ICL (the network's coordinator) at networks.blindference.url answers, and lists this node.",
    income: "Red: it hands out the jobs, and gives this node none.",
    mend: "A running node attests itself, again and again. By hand, with the reason: fxn blindference attest. No answer? See networks.blindference.url.",
  },
  certificate: {
    title: "There is a certificate",
    looksAt: "The certificate that the ICL has given this node for its attestation, and when it ends.",
    income: "Red: without one no job comes. Yellow: it ends within hours, and should have been renewed.",
    mend: "Renew it by hand, with the reason where it fails: fxn blindference attest. Why the node did not is in its log: fxn service logs.",
  },
  rpc: {
    title: "The chain can be read",
    looksAt: "Whether an RPC of networks.blindference.rpcUrls answers with the chain's latest block.",
    income:
      "Red: neither stake nor failures can be seen, and no job is led whose key is stored on chain. Yellow: no RPC is named, and it goes by its own count of failures.",
    mend: RPCS,
  },
  leading: {
    title: "This node can lead a job",
    looksAt:
      "What a leader needs: keys, a place for answers, the PromptKeyStore, and ETH for the gas of storing a key.",
    income: "Yellow: it only verifies what others answer, and earns nothing as a leader.",
    mend: "The message names what is missing, and the hint its setting. ETH? Send some to the account: fxn wallet balance shows what there is.",
  },
  store: {
    title: "The PromptKeyStore is the coordinator's",
    looksAt:
      "The contract at networks.blindference.promptKeyStore: whether it is there, and which coordinator it names.",
    income:
      "Red: no key is found or stored there, so jobs are declined. Yellow: so it is where it is not the one that the ICL uses.",
    mend: "Set networks.blindference.promptKeyStore to the address that the ICL's operator names, then: fxn reload.",
  },
  stake: {
    title: "The stake is not at risk",
    looksAt:
      "What BlindferenceStaking has of this node's account: the stake, and how many claims in a row were not kept.",
    income: "Yellow: nothing is staked; or failures are counted, of which the third in a row takes all of the stake.",
    mend: "Stake: fxn blindference staking stake 1000. Failures? Mend what else is red or yellow here first; a job that is delivered, or a vote, ends the row.",
  },
  registered: {
    title: "The node is registered on chain",
    looksAt: "Whether NodeRegistry has this node's account.",
    income: "Yellow: jobs come only where the ICL does not read the chain.",
    mend: "Register it: fxn blindference attest --register-on-chain.",
  },
  availability: {
    title: "The chain's record lets it into quorums",
    looksAt: "Whether the record of availability on chain is valid, and until when as far as this node knows.",
    income: "Yellow: where the ICL reads the chain, this node is drawn into no quorum once there is none.",
    mend: "Write a new one, for 30 days: fxn blindference attest --register-on-chain. A running node renews the one that it has written.",
  },
  payments: {
    title: "The payment service answers",
    looksAt: "Whether the service at networks.blindference.paymentUrl tells what this node has earned.",
    income: "Yellow: jobs are done and paid all the same; fxn earnings learns of them later.",
    mend: "Wait, or correct networks.blindference.paymentUrl, then: fxn reload.",
  },
} as const;

export const named = namedIn("blindference", CHECK_WORDS);
